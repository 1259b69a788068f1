using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Integration;

/// <summary>What can be done with a run: stop it somewhere, keep some of its checkpoints, change its trainers, fork it, delete it; and what happens when its last checkpoint is damaged.</summary>
public sealed class TrainingLifeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_StoppedAtAnIteration_PausesThereAndEndsAsIfItHadNot()
    {
        await using var session = await OpenAsync();
        var undisturbed = await TrainAsync(session, "undisturbed", Request(8));
        var stopped = await TrainAsync(session, "stopped", Request(8) with { StopAt = 3 });
        Assert.Equal((WorkState.Paused, 3), (stopped.State, stopped.Checkpoint!.Iteration));
        var run = session.Grains.GetGrain<ITrainingRunGrain>("stopped");
        await run.StopAtAsync(5, Token);
        await run.ResumeAsync(Token);
        var again = await run.FollowAsync(_ => { }, Token);
        Assert.Equal((WorkState.Paused, 5), (again.State, again.Checkpoint!.Iteration));
        await run.ResumeAsync(Token);
        var done = await run.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Done, done.State);
        Assert.Equal(undisturbed.Snapshot, done.Snapshot);
        Assert.Equal([3, 5], done.Resumptions);
    }

    [Fact]
    public async Task Run_KeepsTheLastCheckpointsAndTheMilestones()
    {
        await using var session = await OpenAsync();
        var done = await TrainAsync(session, "keeper", Request(9) with { CheckpointEvery = 1, KeepCheckpoints = 2, MilestoneEvery = 4 });
        Assert.Equal([4, 8, 9], done.Checkpoints.Select(kept => kept.Iteration));
        Assert.Equal(done.Checkpoints.Select(kept => kept.Artifact).Order(StringComparer.Ordinal), (await CheckpointsAsync(session)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Fork_OfAKeptCheckpoint_GoesItsOwnWay()
    {
        await using var session = await OpenAsync();
        var source = await TrainAsync(session, "source", Request(6) with { CheckpointEvery = 2, MilestoneEvery = 2 });
        var same = session.Grains.GetGrain<ITrainingRunGrain>("same");
        await same.ForkAsync(new TrainingFork { From = "source", Iteration = 2, Request = source.Request! }, Token);
        var paused = await same.FollowAsync(_ => { }, Token);
        Assert.Equal((WorkState.Paused, 2), (paused.State, paused.Checkpoint!.Iteration));
        await same.ResumeAsync(Token);
        Assert.Equal(source.Snapshot, (await same.FollowAsync(_ => { }, Token)).Snapshot);

        var other = session.Grains.GetGrain<ITrainingRunGrain>("other");
        await other.ForkAsync(new TrainingFork { From = "source", Iteration = 2, Request = source.Request! with { LearningRate = 0.01 } }, Token);
        await other.FollowAsync(_ => { }, Token);
        await other.ResumeAsync(Token);
        var done = await other.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Done, done.State);
        Assert.NotEqual(source.Snapshot, done.Snapshot);

        var error = await Assert.ThrowsAsync<UserErrorException>(() => session.Grains.GetGrain<ITrainingRunGrain>("none").ForkAsync(new TrainingFork { From = "source", Iteration = 3, Request = source.Request! }, Token));
        Assert.Contains("2, 4, 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fork_WithAnotherNetwork_FailsNamingTheDifference()
    {
        await using var session = await OpenAsync();
        var source = await TrainAsync(session, "source", Request(2));
        var fork = session.Grains.GetGrain<ITrainingRunGrain>("fork");
        await fork.ForkAsync(new TrainingFork { From = "source", Request = source.Request! with { Configuration = """{"network": {"initialChannels": 32}}""", Iterations = 4 } }, Token);
        await fork.FollowAsync(_ => { }, Token);
        await fork.ResumeAsync(Token);
        var failed = await fork.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Failed, failed.State);
        Assert.Contains("InitialChannels 16 instead of 32", failed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Delete_OfARunThatStandsStill_TakesItsCheckpointsAndLeavesItsModel()
    {
        await using var session = await OpenAsync();
        var done = await TrainAsync(session, "gone", Request(2));
        var run = session.Grains.GetGrain<ITrainingRunGrain>("gone");
        await run.DeleteAsync(Token);
        Assert.Equal(WorkState.None, (await run.GetStatusAsync(Token)).State);
        Assert.Empty(await CheckpointsAsync(session));
        Assert.NotNull(await session.Artifacts.FindAsync(done.Snapshot!, Token));
        Assert.DoesNotContain("gone", await session.Grains.GetGrain<INameIndexGrain>(INameIndexGrain.Runs).ListAsync(Token));
        await Assert.ThrowsAsync<UserErrorException>(() => run.ResumeAsync(Token));
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("flipped")]
    [InlineData("without manifest")]
    public async Task Run_WhoseLastCheckpointIsDamaged_GoesOnFromTheOneBeforeAndSaysSo(string damage)
    {
        TrainingStatus paused, undisturbed;
        await using (var session = await OpenAsync())
        {
            undisturbed = await TrainAsync(session, "undisturbed", Request(8));
            paused = await TrainAsync(session, "damaged", Request(8) with { CheckpointEvery = 2, StopAt = 5 });
        }
        Damage(paused.Checkpoint!.Artifact, damage);
        await using (var session = await OpenAsync())
        {
            var run = session.Grains.GetGrain<ITrainingRunGrain>("damaged");
            await run.ResumeAsync(Token);
            var done = await run.FollowAsync(_ => { }, Token);
            Assert.True(done.State == WorkState.Done, $"{done.State}: {done.Error}");
            Assert.Equal(undisturbed.Snapshot, done.Snapshot);
            Assert.Contains("checkpoint of iteration 5 cannot be used", done.Note, StringComparison.Ordinal);
            Assert.Contains(4, done.Resumptions);
        }
    }

    [Fact]
    public async Task Run_WhoseTrainersAreChanged_GoesOnWithThemFromACheckpoint()
    {
        await using var session = await OpenAsync();
        var run = session.Grains.GetGrain<ITrainingRunGrain>("scaled");
        await run.StartAsync(Request(100_000) with { CheckpointEvery = 5, Configuration = """{"training": {"threads": 1}}""" }, Token);
        await UntilAsync(run, status => status.Checkpoint != null);
        await run.ScaleAsync(2, 2, Token);
        var two = await UntilAsync(run, status => status.Trainers.Count == 2 && status.Iteration > status.ResumedAt);
        Assert.True(two.ResumedAt > 0);
        await run.ScaleAsync(1, 1, Token);
        var one = await UntilAsync(run, status => status.Trainers.Count == 1 && status.ResumedAt > two.ResumedAt);
        await run.PauseAsync(Token);
        var paused = await run.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Paused, paused.State);
        Assert.True(paused.Checkpoint!.Iteration >= one.ResumedAt);
    }

    [Fact]
    public async Task Checkpoint_RejectedByATrainerOfAnOldGeneration_Stays()
    {
        await using var session = await OpenAsync();
        var paused = await TrainAsync(session, "fenced", Request(8) with { CheckpointEvery = 2, StopAt = 5 });
        var run = session.Grains.GetGrain<ITrainingRunGrain>("fenced");
        foreach (long generation in new[] { paused.Generation - 1, paused.Generation })
            Assert.False(await run.RejectCheckpointAsync(generation, paused.Checkpoint!.Artifact, "it says so", Token));
        Assert.Equal(paused.Checkpoint, (await run.GetStatusAsync(Token)).Checkpoint);
    }

    [Fact]
    public async Task Workers_OutOfRange_AreRefused()
    {
        await using var session = await OpenAsync();
        foreach (var request in new[] { Request(2) with { Workers = 0 }, Request(2) with { MinWorkers = 2 }, Request(2) with { KeepCheckpoints = 0 }, Request(2) with { StopAt = 0 } })
            Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<UserErrorException>(() => session.Grains.GetGrain<ITrainingRunGrain>("wrong").StartAsync(request, Token))).Kind);
    }

    private void Damage(string artifact, string damage)
    {
        string folder = Directory.GetDirectories(_folder.File("store"), artifact, SearchOption.AllDirectories).Single();
        string file = damage == "without manifest" ? Path.Combine(folder, "artifact.json") : Path.Combine(folder, "ema.safetensors");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);      // artifacts are read-only
        }
        if (damage == "without manifest")
        {
            File.Delete(file);
            return;
        }
        using var stream = new FileStream(file, FileMode.Open);
        if (damage == "cut")
        {
            stream.SetLength(stream.Length / 2);
            return;
        }
        stream.Position = stream.Length - 10;
        int there = stream.ReadByte();
        stream.Position--;
        stream.WriteByte((byte)(there ^ 1));
    }

    private async Task<Session> OpenAsync()
    {
        bool isNew = !Directory.Exists(_folder.File("store"));
        var session = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        if (!isNew)
            return session;
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var dataset = session.Grains.GetGrain<IDatasetGrain>("small");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        Assert.Equal(WorkState.Done, (await dataset.FollowAsync(_ => { }, Token)).State);
        return session;
    }

    private static TrainingRequest Request(long iterations) =>
        new() { Dataset = "small", Preset = "demo", Iterations = iterations, BatchSize = 2, CheckpointEvery = 1000, ValidateEvery = 1000, SampleGrids = 0 };

    private static async Task<TrainingStatus> TrainAsync(Session session, string name, TrainingRequest request)
    {
        var run = session.Grains.GetGrain<ITrainingRunGrain>(name);
        await run.StartAsync(request, Token);
        return await run.FollowAsync(_ => { }, Token);
    }

    private static async Task<TrainingStatus> UntilAsync(ITrainingRunGrain run, Func<TrainingStatus, bool> isReached)
    {
        await foreach (var status in run.WatchAsync(-1, Token))
        {
            if (isReached(status))
                return status;
            Assert.True(status.State == WorkState.Running, $"{status.State}: {status.Error}");
        }
        throw new InvalidOperationException("The run has ended.");
    }

    private static async Task<List<string>> CheckpointsAsync(Session session)
    {
        var ids = new List<string>();
        await foreach (var manifest in session.Artifacts.ListAsync("checkpoint", Token))
            ids.Add(manifest.Id);
        return ids;
    }
}
