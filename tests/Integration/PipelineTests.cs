using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

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
            id = SampleIds.For(model, new SampleParameters("run", Flux: 3.5, Steps: 3));
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
            Assert.NotNull(status.Checkpoint);
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

    private static async Task<DatasetStatus> BuildAsync(Session session, string mosaics, string catalogue)
    {
        var dataset = session.Grains.GetGrain<IDatasetGrain>("small");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        return await dataset.FollowAsync(_ => { }, Token);
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
