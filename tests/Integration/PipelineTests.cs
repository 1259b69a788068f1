using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Integration;

/// <summary>From mosaics to samples through real grains, threads and files, in this process.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task SmallSurvey_BuiltTrainedAndSampled_GivesTheSameBytesTwice()
    {
        string id;
        byte[] fits;
        await using (var session = await OpenAsync())
        {
            await BuildAsync(session);
            var run = await TrainAsync(session, iterations: 4);
            Assert.Equal(WorkState.Done, run.State);
            var model = await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token);
            Assert.True(model.NeedsFlux);
            id = SampleIds.For(model, new SampleParameters("run", Flux: 3.5, Steps: 3) { Solver = "heun", Precision = "f32" });
            Assert.Equal($"s1_{model.Digest}_seed=1_flux=3.5mJy_w=0.1_heun=3_f32", id);
            var sample = await session.Grains.FetchSampleAsync(id, Token);
            Assert.False(sample.FromStore);
            fits = sample.Fits!;
        }
        await using (var session = await OpenAsync())
        {
            var again = await session.Grains.FetchSampleAsync(id, Token);
            Assert.True(again.FromStore);
            Assert.Equal(fits, again.Fits);
        }
    }

    [Fact]
    public async Task Model_OfTwoValuesAndClasses_IsAskedForAllOfThem()
    {
        await using var session = await OpenAsync();
        await BuildAsync(session);
        var imported = await ImportInClassesAsync(session);
        Assert.True(imported.State == WorkState.Done, imported.Error);
        const string conditions = "{ \"conditions\": [{\"name\": \"snrSigma\", \"transform\": \"log\"}, {\"name\": \"peakFlux\"}] }";
        var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
        await run.StartAsync(Request(2) with { Dataset = "classes", Configuration = conditions, SampleGrids = 1 }, Token);
        var status = await run.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, status.Error);

        var model = await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token);
        Assert.Equal(["snrSigma", "peakFlux"], model.Conditions.Select(condition => condition.Name));
        Assert.Equal(["", "mJy/beam"], model.Conditions.Select(condition => condition.Unit));
        Assert.Equal(["FRI", "FRII"], model.Classes);
        double snr = model.Conditions[0].Range[1];
        var parameters = new SampleParameters("run", "FRII", 3.5, Steps: 2, Values: new Dictionary<string, double> { ["snrSigma"] = 12.5 }) { Solver = "heun", Precision = "f32" };
        string id = SampleIds.For(model, parameters);
        Assert.Equal($"s1_{model.Digest}_seed=1_class=FRII_flux=3.5mJy_snrSigma=12.5_w=0.1_heun=2_f32", id);
        var sample = await session.Grains.FetchSampleAsync(id, Token);
        string path = _folder.File("sample.fits");
        await File.WriteAllBytesAsync(path, sample.Fits!, Token);
        using (var file = FitsFile.Open(path))
        {
            var header = file.FirstImage().Header;
            Assert.Equal(("snrSigma", 12.5, 3.5, "FRII"), (header.GetString("COND1"), header.GetDouble("CONDV1"), header.GetDouble("PEAKFLUX"), header.GetString("CLASS")));
            Assert.Equal(id, header.GetString("SAMPLEID"));
        }

        Assert.Contains("needs snrSigma. It takes snrSigma (", Refusal(parameters with { Values = null }), StringComparison.Ordinal);
        Assert.Contains("needs peakFlux. It takes snrSigma (", Refusal(parameters with { Flux = null }), StringComparison.Ordinal);
        Assert.Contains("is not conditioned on LAS", Refusal(parameters with { Values = new Dictionary<string, double> { ["snrSigma"] = snr, ["LAS"] = 3 } }), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<UserErrorException>(() => session.Grains.FetchSampleAsync(id.Replace("_class=FRII", "", StringComparison.Ordinal), Token));
        Assert.Contains("should name a class", error.Message, StringComparison.Ordinal);

        string Refusal(SampleParameters wrong) => Assert.Throws<UserErrorException>(() => SampleIds.For(model, wrong)).Message;
    }

    [Fact]
    public async Task Run_ConditionedOnWhatTheDatasetHasNot_FailsNamingWhatItHas()
    {
        await using var session = await OpenAsync();
        await BuildAsync(session);
        var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
        var unknown = await Assert.ThrowsAsync<UserErrorException>(() => run.StartAsync(Request(1) with { Configuration = "{\"conditions\": [{\"name\": \"a colour\"}]}" }, Token));
        Assert.Contains("There is no condition 'a colour'. There are peakFlux", unknown.Message, StringComparison.Ordinal);
        await run.StartAsync(Request(1) with { Configuration = "{\"conditions\": [{\"name\": \"LAS\"}]}" }, Token);
        var status = await run.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Failed, status.State);
        Assert.Contains("no 'LAS'", status.Error, StringComparison.Ordinal);
        Assert.Contains("It has peakFlux, totalFlux, snrSigma", status.Error, StringComparison.Ordinal);
    }

    /// <summary>The images of the survey again, as FITS files in folders named after classes.</summary>
    private async Task<DatasetStatus> ImportInClassesAsync(Session session)
    {
        var survey = session.Grains.GetGrain<IDatasetGrain>("small");
        string images = _folder.File("classes");
        using (var set = await ReadAsync(session, await survey.GetStatusAsync(Token)))
        {
            for (int i = 0; i < set.Count; i++)
            {
                string folder = Directory.CreateDirectory(Path.Combine(images, i % 2 == 0 ? "FRI" : "FRII")).FullName;
                FitsWriter.WriteImage(Path.Combine(folder, $"{i:00}.fits"), set.Image(i).ToArray(), set.ImageSize, set.ImageSize, new FitsHeader());
            }
        }
        var dataset = session.Grains.GetGrain<IDatasetGrain>("classes");
        await dataset.ImportAsync(new DatasetImportRequest { Path = images }, Token);
        return await dataset.FollowAsync(_ => { }, Token);
    }

    [Fact]
    public async Task Sample_AskedForByManyAtOnce_IsComputedOnce()
    {
        await using var session = await OpenAsync();
        await BuildAsync(session);
        await TrainAsync(session, iterations: 1);
        var model = await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token);
        string id = SampleIds.For(model, new SampleParameters("run", Flux: 2, Steps: 2));
        var samples = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => session.Grains.FetchSampleAsync(id, Token)));
        Assert.All(samples, sample => Assert.Equal(samples[0].Fits, sample.Fits));
        int stored = 0;
        await foreach (var artifact in session.Artifacts.ListAsync("sample", Token))
            stored += artifact.Id == id ? 1 : 0;
        Assert.Equal(1, stored);
    }

    [Fact]
    public async Task Student_StoppedAndResumed_MakesItsSamplesInItsFewSteps()
    {
        await using var session = await OpenAsync();
        await BuildAsync(session);
        await TrainAsync(session, iterations: 1);
        var run = session.Grains.GetGrain<ITrainingRunGrain>("student");
        var request = Request(4) with { InitialModel = "run", StopAt = 2, SampleGrids = 1, Configuration = "{\"training\": {\"distillation\": {\"steps\": 3, \"sigmaMin\": 0.2}}}" };
        var error = await Assert.ThrowsAsync<UserErrorException>(() => run.StartAsync(request with { InitialModel = null }, Token));
        Assert.Contains("--from-model", error.Message, StringComparison.Ordinal);
        await run.StartAsync(request, Token);
        Assert.Equal((WorkState.Paused, 2), await StateAsync());
        await run.ResumeAsync(Token);
        Assert.Equal((WorkState.Done, 4), await StateAsync());

        var model = await session.Grains.GetGrain<IModelGrain>("student").GetAsync(Token);
        string usual = SampleIds.For(model, new SampleParameters("student", Flux: 2) { Precision = "f32" });
        Assert.Equal($"s1_{model.Digest}_seed=1_flux=2mJy_w=0_euler=3_f32_smin=0.2_rho=20", usual);
        Assert.Equal($"s1_{model.Digest}_seed=1_flux=2mJy_w=0_euler=5_f32", SampleIds.For(model, new SampleParameters("student", Flux: 2, Steps: 5) { Precision = "f32" }));
        Assert.Equal($"s1_{model.Digest}_seed=1_flux=2mJy_w=0.5_heun=25_f32", SampleIds.For(model, new SampleParameters("student", Flux: 2, Guidance: 0.5) { Solver = "heun", Precision = "f32" }));
        Assert.Equal(WorkState.Done, (await session.Grains.FetchSampleAsync(usual, Token)).State);

        async Task<(WorkState, long)> StateAsync()
        {
            var status = await run.FollowAsync(_ => { }, Token);
            Assert.True(status.Error == null, status.Error);
            return (status.State, status.Iteration);
        }
    }

    [Fact]
    public async Task Run_PausedAndResumed_EndsInTheModelOfAnUndisturbedRun()
    {
        string undisturbed, resumed;
        await using (var session = await OpenAsync())
        {
            await BuildAsync(session);
            undisturbed = (await TrainAsync(session, iterations: 6)).Snapshot!;
        }
        string otherStore = _folder.File("other");
        await using (var session = await OpenAsync(otherStore))
        {
            await BuildAsync(session);
            var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
            await run.StartAsync(Request(6), Token);
            await run.PauseAsync(Token);
            await run.FollowAsync(_ => { }, Token);
        }
        await using (var session = await OpenAsync(otherStore))
        {
            var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
            await run.ResumeAsync(Token);
            resumed = (await run.FollowAsync(_ => { }, Token)).Snapshot!;
        }
        Assert.Equal(undisturbed, resumed);                  // a snapshot's name is the digest of its bytes
    }

    [Fact]
    public async Task Run_WhoseCheckpointWasCutOff_FailsNamingTheFileAndLeavesTheRest()
    {
        await using (var session = await OpenAsync())
        {
            await BuildAsync(session);
            var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
            await run.StartAsync(Request(1000), Token);
            await run.PauseAsync(Token);
            Assert.Equal(WorkState.Paused, (await run.FollowAsync(_ => { }, Token)).State);
        }
        string weights = Directory.GetFiles(Store, "*.safetensors", SearchOption.AllDirectories).Where(path => path.Contains("checkpoint-", StringComparison.Ordinal)).Max()!;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(weights, UnixFileMode.UserRead | UnixFileMode.UserWrite);      // artifacts are read-only
        using (var stream = new FileStream(weights, FileMode.Open))
            stream.SetLength(stream.Length / 2);
        await using (var session = await OpenAsync())
        {
            var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
            await run.ResumeAsync(Token);
            var status = await run.FollowAsync(_ => { }, Token);
            Assert.Equal(WorkState.Failed, status.State);
            Assert.Contains(Path.GetFileName(weights), status.Error, StringComparison.Ordinal);
            Assert.NotNull(await session.Artifacts.FindAsync(status.Checkpoint!.Artifact, Token));     // the only one is not thrown away
            Assert.Equal(WorkState.Done, (await session.Grains.GetGrain<IDatasetGrain>("small").GetStatusAsync(Token)).State);
        }
    }

    [Fact]
    public async Task Run_StartedTwiceWithOtherSettings_IsAConflict()
    {
        await using var session = await OpenAsync();
        await BuildAsync(session);
        await TrainAsync(session, iterations: 1);
        var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
        Assert.Equal(WorkState.Done, (await run.StartAsync(Request(1), Token)).State);
        var error = await Assert.ThrowsAsync<UserErrorException>(() => run.StartAsync(Request(2), Token));
        Assert.Equal(ErrorKind.Conflict, error.Kind);
    }

    [Fact]
    public async Task Run_OnADatasetThatIsNotThere_SaysSo()
    {
        await using var session = await OpenAsync();
        var error = await Assert.ThrowsAsync<UserErrorException>(() => session.Grains.GetGrain<ITrainingRunGrain>("run").StartAsync(Request(1), Token));
        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Contains("small", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dataset_WithOneMosaicCutOff_KeepsTheOtherAndReportsIt()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string damaged = Path.Combine(mosaics, "B.fits");
        byte[] bytes = await File.ReadAllBytesAsync(damaged, Token);
        await File.WriteAllBytesAsync(damaged, bytes[..(bytes.Length / 2)], Token);
        await using var session = await OpenAsync();
        var dataset = session.Grains.GetGrain<IDatasetGrain>("small");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        var status = await dataset.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Done, status.State);
        Assert.Contains("B.fits", Assert.Single(status.Problems), StringComparison.Ordinal);
        Assert.InRange(status.Selected, 1, 20);
        Assert.Equal(status.Rows, status.Selected + status.Removed.Sum(cut => cut.Count));
    }

    [Fact]
    public async Task Dataset_WhoseRebuildFails_StaysWhatItWas()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        DatasetStatus built;
        await using (var session = await OpenAsync())
        {
            built = await BuildAsync(session, mosaics, catalogue);
            var failed = await BuildAsync(session, mosaics, _folder.File("typo.csv"));
            Assert.Equal(WorkState.Failed, failed.State);
            Assert.Contains("typo.csv", failed.Error, StringComparison.Ordinal);
            Assert.Equal((built.Artifact, built.Selected, built.Request), (failed.Artifact, failed.Selected, failed.Request));
        }
        await using (var session = await OpenAsync())
        {
            var later = await session.Grains.GetGrain<IDatasetGrain>("small").GetStatusAsync(Token);
            Assert.Equal((built.Artifact, WorkState.Failed), (later.Artifact, later.State));
            Assert.Equal(WorkState.Done, (await TrainAsync(session, iterations: 1)).State);
        }
    }

    [Fact]
    public async Task Runs_OfTheSameSettings_KeepTheirOwnCheckpoints()
    {
        await using var session = await OpenAsync();
        await BuildAsync(session);
        var first = session.Grains.GetGrain<ITrainingRunGrain>("first");
        await first.StartAsync(Request(1000), Token);
        await first.PauseAsync(Token);
        var paused = await first.FollowAsync(_ => { }, Token);
        await TrainAsync(session, iterations: paused.Checkpoint!.Iteration + 6);
        Assert.NotNull(await session.Artifacts.FindAsync(paused.Checkpoint.Artifact, Token));
        await first.ResumeAsync(Token);
        await first.PauseAsync(Token);
        Assert.Equal(WorkState.Paused, (await first.FollowAsync(_ => { }, Token)).State);
    }

    [Fact]
    public async Task Mosaics_OfAnotherPixelSizeOrUnit_AreLeftOutOrConverted()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await using var session = await OpenAsync();
        float[] before = await PeaksAsync(session, await BuildAsync(session, mosaics, catalogue));

        Rewrite(Path.Combine(mosaics, "B.fits"), 1000, header => header.Set("BUNIT", "mJy/beam"));
        var converted = await BuildAsync(session, mosaics, catalogue);
        Assert.Empty(converted.Problems);
        float[] after = await PeaksAsync(session, converted);
        Assert.Equal(before.Length, after.Length);
        for (int i = 0; i < before.Length; i++)
            Assert.Equal(before[i], after[i], 1e-6 * before[i]);

        Rewrite(Path.Combine(mosaics, "B.fits"), 1, header => header.Set("CDELT2", 3 * header.GetDouble("CDELT2")!.Value));
        var other = await BuildAsync(session, mosaics, catalogue);
        Assert.Contains("B.fits", Assert.Single(other.Problems), StringComparison.Ordinal);
        Assert.Equal(1, other.TilesTotal);
    }

    [Fact]
    public async Task Datasets_OfSourcesAloneAndOfBackground_ShowNothingElse()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path, sourcesPerMosaic: 6);
        await using var session = await OpenAsync();
        var request = new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 };
        var all = await BuildAsync(session, "all", request);
        var sources = await BuildAsync(session, "sources", request with { Content = DatasetContent.SourceOnly });
        Assert.Equal((all.Selected, all.TilesTotal), (sources.Selected, sources.TilesUpToDate));
        using (var whole = await ReadAsync(session, all))
        using (var only = await ReadAsync(session, sources))
        {
            int zeros = 0;
            for (int i = 0; i < whole.Count; i++)
            {
                for (int pixel = 0; pixel < whole.Image(i).Length; pixel++)
                {
                    float kept = only.Image(i)[pixel];
                    zeros += kept == 0 ? 1 : 0;
                    Assert.True(kept == 0 || kept == whole.Image(i)[pixel]);
                }
            }
            Assert.InRange(zeros, whole.Count * SmallSurvey.CutoutSize * SmallSurvey.CutoutSize / 2, whole.Count * SmallSurvey.CutoutSize * SmallSurvey.CutoutSize - whole.Count);
        }

        var background = await BuildAsync(session, "background", request with { Content = DatasetContent.Background, BackgroundsPerMosaic = 20 });
        Assert.Equal(40, background.Rows);
        Assert.InRange(background.Selected, 10, 40);
        using (var empty = await ReadAsync(session, background))
        {
            Assert.All(Enumerable.Range(0, empty.Count), i => Assert.True(empty.PeakFlux(i) < 1e-3, "Noise of 0.1 mJy/beam has no pixel of 1 mJy/beam."));
            // Noise is negative as often as not.
            int negative = Enumerable.Range(0, empty.Count).Sum(i => empty.Image(i).ToArray().Count(pixel => pixel < 0));
            Assert.InRange(negative / (double)(empty.Count * SmallSurvey.CutoutSize * SmallSurvey.CutoutSize), 0.35, 0.65);
        }
    }

    [Fact]
    public async Task Dataset_ThatCanBeTurnedByAnyAngle_TrainsANetworkOfTheImagesSize()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await using var session = await OpenAsync();
        var status = await BuildAsync(session, "small", new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2, AnyAngle = true });
        using (var set = await ReadAsync(session, status))
            Assert.True(set.ImageSize == SmallSurvey.CutoutSize && set.StoredSize > set.ImageSize);
        Assert.Equal(WorkState.Done, (await TrainAsync(session, iterations: 2)).State);
        Assert.Equal(SmallSurvey.CutoutSize, (await session.Grains.GetGrain<IModelGrain>("run").GetAsync(Token)).ImageSize);
    }

    [Fact]
    public async Task Dataset_WithOneMoreMosaic_CutsOnlyTheNewOne()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string second = Path.Combine(mosaics, "B.fits"), aside = _folder.File("B.fits");
        File.Move(second, aside);
        await using var session = await OpenAsync();
        Assert.Equal(1, (await BuildAsync(session, mosaics, catalogue)).TilesTotal);
        File.Move(aside, second);
        var both = await BuildAsync(session, mosaics, catalogue);
        Assert.Equal((2, 1), (both.TilesTotal, both.TilesUpToDate));
    }

    [Fact]
    public async Task Session_OnAStoreThatAnotherOneOwns_ConnectsToIt()
    {
        await using var owner = await OpenAsync();
        await BuildAsync(owner);
        await using var second = await OpenAsync();
        Assert.False(second.IsEmbedded);
        Assert.Equal(WorkState.Done, (await second.Grains.GetGrain<IDatasetGrain>("small").GetStatusAsync(Token)).State);
    }

    private Task<Session> OpenAsync(string? store = null) => Session.OpenAsync(store ?? Store, null, false, Token);

    private async Task BuildAsync(Session session)
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        Assert.Equal(WorkState.Done, (await BuildAsync(session, mosaics, catalogue)).State);
    }

    private static Task<DatasetStatus> BuildAsync(Session session, string mosaics, string catalogue) =>
        BuildAsync(session, "small", new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 });

    private static async Task<DatasetStatus> BuildAsync(Session session, string name, DatasetRequest request)
    {
        var dataset = session.Grains.GetGrain<IDatasetGrain>(name);
        await dataset.BuildAsync(request, Token);
        return await dataset.FollowAsync(_ => { }, Token);
    }

    private static async Task<TrainingSetReader> ReadAsync(Session session, DatasetStatus status) =>
        TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(status.Artifact ?? throw new InvalidOperationException(status.Error), Token));

    private static async Task<float[]> PeaksAsync(Session session, DatasetStatus dataset)
    {
        using var set = await ReadAsync(session, dataset);
        return [.. Enumerable.Range(0, set.Count).Select(set.PeakFlux)];
    }

    /// <summary>Writes a mosaic anew with its pixels multiplied and its header changed.</summary>
    private static void Rewrite(string path, float factor, Action<FitsHeader> change)
    {
        float[] pixels;
        FitsHeader header;
        int width, height;
        using (var file = FitsFile.Open(path))
        {
            var image = file.FirstImage();
            (header, width, height) = (image.Header, image.Width, image.Height);
            pixels = new float[width * height];
            image.ReadPixels(0, 0, width, height, pixels);
        }
        change(header);
        FitsWriter.WriteImage(path, [.. pixels.Select(pixel => pixel * factor)], width, height, header);
    }

    private static TrainingRequest Request(long iterations) =>
        new() { Dataset = "small", Preset = "small", Iterations = iterations, BatchSize = 2, CheckpointEvery = 2, ValidateEvery = 2 };

    private static async Task<TrainingStatus> TrainAsync(Session session, long iterations)
    {
        var run = session.Grains.GetGrain<ITrainingRunGrain>("run");
        await run.StartAsync(Request(iterations), Token);
        return await run.FollowAsync(_ => { }, Token);
    }
}
