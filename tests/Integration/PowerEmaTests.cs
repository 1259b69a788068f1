using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Integration;

/// <summary>Power-function averages in a run's life: kept, listed, forked, deleted; models made of them; and a run that chooses its precision.</summary>
public sealed class PowerEmaTests : IDisposable
{
    private const string Configuration = """{"training": {"powerEma": [0.05, 0.1], "powerEmaEvery": 2}}""";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_WithPowerEma_KeepsAveragesOfWhichModelsAreMade()
    {
        await using var session = await OpenAsync();
        var undisturbed = await TrainAsync(session, "undisturbed", Request(6));
        Assert.Equal([2, 4, 6], undisturbed.Averages.Select(kept => kept.Iteration));
        var paused = await TrainAsync(session, "paused", Request(6) with { StopAt = 3 });
        Assert.Equal([2], paused.Averages.Select(kept => kept.Iteration));
        var run = session.Grains.TrainingRun("paused");
        await run.ResumeAsync(Token);
        var done = await run.FollowAsync(_ => { }, Token);
        Assert.Equal([2, 4, 6], done.Averages.Select(kept => kept.Iteration));
        Assert.Equal(await DigestsAsync(session, undisturbed), await DigestsAsync(session, done));      // bit by bit, over the pause

        var wide = await ReconstructAsync(session, "wide", new ModelReconstruction { Run = "paused", SigmaRel = 0.15 });
        var again = await ReconstructAsync(session, "again", new ModelReconstruction { Run = "undisturbed", SigmaRel = 0.15 });
        Assert.Equal((wide.Digest, 6), (again.Digest, again.Iterations));
        Assert.Contains("training run paused, average of relative width 0.15 at iteration 6", wide.Lineage, StringComparison.Ordinal);
        var kept = await ReconstructAsync(session, "kept", new ModelReconstruction { Run = "paused", SigmaRel = 0.1, Iteration = 4 });
        Assert.Equal(await TensorsAsync(session, done.Averages[1].Artifact, "power_ema_0.1.safetensors"), await TensorsAsync(session, kept.Snapshot, "weights.safetensors"));
        Assert.Contains("wide", (await session.Grains.ModelsAsync(Token)).Select(model => model.Name));
        string id = $"s1_{wide.Digest}_seed=1_flux=3.5mJy_w=0_heun=2_f32";
        Assert.NotNull((await session.Grains.FetchSampleAsync(id, cancellationToken: Token)).Fits);

        Assert.Contains("it has those of the iterations 2, 4, 6", await FailureAsync(session, new ModelReconstruction { Run = "paused", SigmaRel = 0.1, Iteration = 3 }), StringComparison.Ordinal);
        Assert.Contains("0.01 to 0.25", await FailureAsync(session, new ModelReconstruction { Run = "paused", SigmaRel = 0.5 }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fork_AndDelete_OfARunWithAverages_LeaveEachRunItsOwn()
    {
        await using var session = await OpenAsync();
        var source = await TrainAsync(session, "source", Request(6) with { CheckpointEvery = 2, MilestoneEvery = 2 });
        var fork = session.Grains.TrainingRun("fork");
        await fork.ForkAsync(new TrainingFork { From = "source", Iteration = 4, Request = source.Request! }, Token);
        var forked = await fork.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Paused, forked.State);
        Assert.Equal([2, 4], forked.Averages.Select(kept => kept.Iteration));
        await session.Grains.TrainingRun("source").DeleteAsync(Token);
        Assert.Equal(forked.Averages.Select(kept => kept.Artifact).Order(StringComparer.Ordinal), await AveragesAsync(session));
        await fork.ResumeAsync(Token);
        Assert.Equal(WorkState.Done, (await fork.FollowAsync(_ => { }, Token)).State);
        await ReconstructAsync(session, "model", new ModelReconstruction { Run = "fork", SigmaRel = 0.15 });
        await fork.DeleteAsync(Token);
        Assert.Empty(await AveragesAsync(session));
        Assert.NotNull(await session.Grains.GetGrain<IModelGrain>("model").GetAsync(Token));
    }

    [Fact]
    public async Task Reconstruct_OfARunWithoutAverages_SaysHowTheyAreKept()
    {
        await using var session = await OpenAsync();
        await TrainAsync(session, "plain", Request(2) with { Configuration = null });
        Assert.Contains("powerEma", await FailureAsync(session, new ModelReconstruction { Run = "plain", SigmaRel = 0.1 }), StringComparison.Ordinal);
        Assert.Contains("no training run", await FailureAsync(session, new ModelReconstruction { Run = "nobody", SigmaRel = 0.1 }), StringComparison.Ordinal);
    }

    /// <summary>The recipes of checkpoint and model name the precision that was chosen, never Auto, and it stays over a pause.</summary>
    [Fact]
    public async Task Run_WithPrecisionAuto_KeepsWhatItChose()
    {
        await using var session = await OpenAsync();
        var paused = await TrainAsync(session, "auto", Request(4) with { Configuration = """{"training": {"precision": "Auto"}}""", StopAt = 2 });
        string? chosen = await PrecisionAsync(session, paused.Checkpoint!.Artifact);
        Assert.Contains(chosen, new[] { null, "BFloat16" });         // Float32 is not written
        var run = session.Grains.TrainingRun("auto");
        await run.ResumeAsync(Token);
        var done = await run.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Done, done.State);
        Assert.Equal([chosen, chosen], [await PrecisionAsync(session, done.Checkpoint!.Artifact), await PrecisionAsync(session, done.Snapshot!)]);
    }

    private static async Task<string?> PrecisionAsync(Session session, string artifact) =>
        (await session.Artifacts.FindAsync(artifact, Token))!.Recipe.Parameters["training"]!["Precision"]?.GetValue<string>();

    private async Task<Session> OpenAsync()
    {
        var session = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var dataset = session.Grains.GetGrain<IDatasetGrain>("small");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        Assert.Equal(WorkState.Done, (await dataset.FollowAsync(_ => { }, Token)).State);
        return session;
    }

    private static TrainingRequest Request(long iterations) => new()
    {
        Dataset = "small",
        Preset = "demo",
        Iterations = iterations,
        BatchSize = 2,
        CheckpointEvery = 1000,
        ValidateEvery = 1000,
        SampleGrids = 0,
        Configuration = Configuration,
    };

    private static async Task<TrainingStatus> TrainAsync(Session session, string name, TrainingRequest request)
    {
        var run = session.Grains.TrainingRun(name);
        await run.StartAsync(request, Token);
        var status = await run.FollowAsync(_ => { }, Token);
        Assert.True(status.State is WorkState.Done or WorkState.Paused, $"{status.State}: {status.Error}");
        return status;
    }

    private static async Task<ModelImportStatus> MakeAsync(Session session, string name, ModelReconstruction request)
    {
        var model = session.Grains.Model(name);
        var status = await model.StartReconstructionAsync(request, Token);
        while (status.State == WorkState.Running)
            status = await model.WaitImportAsync(TimeSpan.FromSeconds(5), Token);
        return status;
    }

    private static async Task<ModelEntry> ReconstructAsync(Session session, string name, ModelReconstruction request)
    {
        var status = await MakeAsync(session, name, request);
        Assert.True(status.State == WorkState.Done, status.Error);
        return status.Model!;
    }

    private static async Task<string> FailureAsync(Session session, ModelReconstruction request)
    {
        var status = await MakeAsync(session, "failing", request);
        Assert.Equal(WorkState.Failed, status.State);
        return status.Error!;
    }

    private static async Task<List<string>> AveragesAsync(Session session)
    {
        var ids = new List<string>();
        await foreach (var manifest in session.Artifacts.ListAsync("averages", Token))
            ids.Add(manifest.Id);
        ids.Sort(StringComparer.Ordinal);
        return ids;
    }

    private static async Task<List<string>> DigestsAsync(Session session, TrainingStatus status)
    {
        var digests = new List<string>();
        foreach (var kept in status.Averages)
            digests.Add((await session.Artifacts.FindAsync(kept.Artifact, Token))!.ContentDigest);
        return digests;
    }

    /// <summary>Digests of the file's tensors, whatever its header says.</summary>
    private static async Task<string> TensorsAsync(Session session, string artifact, string file)
    {
        using var opened = SafetensorsFile.Open(Path.Combine(await session.Artifacts.GetDirectoryAsync(artifact, Token), file));
        return string.Join(' ', opened.Entries.Keys.Select(name => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(opened.Bytes(name)))));
    }
}
