using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;
using Orleans.TestingHost;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Grains.Surveys;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Tests.Training;

/// <summary>A fork answers before anything is copied, goes on after its end in the middle, and is one fork however often it is asked for.</summary>
public sealed class TrainingForkTests : IDisposable
{
    private static readonly TrainingRequest _request = new() { Dataset = "set", Preset = "demo", Configuration = """{"training": {"powerEma": [0.05], "powerEmaEvery": 2}}""" };
    private static readonly TrainingFork _fork = new() { From = "source", Iteration = 4, Request = _request with { LearningRate = 0.01 } };
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fork_ReturnsWhileItCopies_AndRefusesWhatNeedsAWholeRun()
    {
        await using var silo = await OpenAsync();
        silo.Store.Hold();
        var run = silo.Run("fork");
        var status = await run.ForkAsync(_fork, Token);
        Assert.Equal((WorkState.Running, true, "copying the checkpoint"), (status.State, status.IsForkUnfinished, status.Note));
        Assert.Equal(status.Version, (await run.ForkAsync(_fork, Token)).Version);
        foreach (Func<Task> other in new Func<Task>[]
        {
            () => run.ForkAsync(_fork with { Iteration = null }, Token), () => run.ForkAsync(_fork with { Request = _request }, Token), () => run.ResumeAsync(Token),
            () => run.StartAsync(_fork.Request, Token), () => run.PauseAsync(Token), () => run.ScaleAsync(2, 2, Token), () => run.StopAtAsync(6, Token), () => run.DeleteAsync(Token),
        })
        {
            var error = await Assert.ThrowsAsync<UserErrorException>(other);
            Assert.Equal(ErrorKind.Conflict, error.Kind);
            Assert.Contains("being made from run 'source'", error.Message, StringComparison.Ordinal);
            Assert.Contains("(0 of 3 copied)", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<UserErrorException>(() => silo.Run("other").ForkAsync(_fork with { From = "fork" }, Token))).Kind);

        var seen = new List<string?>();
        silo.Store.Release();
        var done = await run.FollowAsync(one => seen.Add(one.Note), Token);
        Assert.Equal((WorkState.Paused, false, 4), (done.State, done.IsForkUnfinished, done.Checkpoint!.Iteration));
        Assert.Equal([2, 4], done.Averages.Select(kept => kept.Iteration));
        Assert.Null(done.Note);
        Assert.Equal(["fork", "fork", "fork"], await silo.OwnersAsync(done.Averages.Append(done.Checkpoint)));
        Assert.Equal(done.Version, (await run.ForkAsync(_fork, Token)).Version);
        Assert.Contains("exists already", (await Assert.ThrowsAsync<UserErrorException>(() => run.ForkAsync(_fork with { Iteration = null }, Token))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Fork_ThatEndedInTheMiddle_GoesOn(bool survivesSilos)
    {
        await using var silo = await OpenAsync(survivesSilos);
        silo.Store.Hold(after: 1);
        var run = silo.Run("fork");
        await run.ForkAsync(_fork, Token);
        await UntilAsync(run, status => status.Note == "copying averages 1 of 2");
        await silo.Store.Held;
        await run.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        silo.Store.Release();
        if (!survivesSilos)
        {
            var interrupted = await run.GetStatusAsync(Token);
            Assert.Equal((WorkState.Interrupted, true, 4), (interrupted.State, interrupted.IsForkUnfinished, interrupted.Checkpoint!.Iteration));
            Assert.Contains("(1 of 3 copied)", interrupted.Error, StringComparison.Ordinal);
            Assert.Contains("not wholly made from run 'source'", (await Assert.ThrowsAsync<UserErrorException>(() => run.ResumeAsync(Token))).Message, StringComparison.Ordinal);
            Assert.Equal(ErrorKind.Conflict, (await Assert.ThrowsAsync<UserErrorException>(() => run.ForkAsync(_fork with { Request = _request }, Token))).Kind);
            await run.ForkAsync(_fork, Token);
        }
        var done = await run.FollowAsync(_ => { }, Token);
        Assert.Equal((WorkState.Paused, null), (done.State, done.Error));
        Assert.Equal([2, 4], done.Averages.Select(kept => kept.Iteration));
        Assert.Equal(1, silo.Store.Stored(TrainingSetup.CheckpointKind));
    }

    [Fact]
    public async Task Fork_WhoseStoreFails_SaysWhyAndGoesOnWhenAskedAgain()
    {
        await using var silo = await OpenAsync();
        silo.Store.Fail(after: 2);
        var run = silo.Run("fork");
        await run.ForkAsync(_fork, Token);
        var failed = await run.FollowAsync(_ => { }, Token);
        Assert.Equal(WorkState.Failed, failed.State);
        Assert.Contains("(2 of 3 copied): The disk is full.", failed.Error, StringComparison.Ordinal);
        silo.Store.Release();
        await run.ForkAsync(_fork, Token);
        var done = await run.FollowAsync(_ => { }, Token);
        Assert.Equal((WorkState.Paused, 2), (done.State, done.Averages.Count));
    }

    [Fact]
    public async Task Fork_ThatFailed_CanBeDeleted()
    {
        await using var silo = await OpenAsync();
        silo.Store.Fail(after: 1);
        var run = silo.Run("fork");
        await run.ForkAsync(_fork, Token);
        await run.FollowAsync(_ => { }, Token);
        await run.DeleteAsync(Token);
        Assert.Equal(WorkState.None, (await run.GetStatusAsync(Token)).State);
        Assert.Equal(1, await silo.CountAsync(TrainingSetup.CheckpointKind));
        silo.Store.Release();
        await run.ForkAsync(_fork with { Request = _request }, Token);
        Assert.Equal(WorkState.Paused, (await run.FollowAsync(_ => { }, Token)).State);
    }

    [Fact]
    public async Task Fork_OfWhatIsNotThere_LeavesNoRun()
    {
        await using var silo = await OpenAsync();
        var run = silo.Run("fork");
        Assert.Contains("those of the iterations 4", (await Assert.ThrowsAsync<UserErrorException>(() => run.ForkAsync(_fork with { Iteration = 3 }, Token))).Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Invalid, (await Assert.ThrowsAsync<UserErrorException>(() => run.ForkAsync(_fork with { From = "fork" }, Token))).Kind);
        Assert.Equal(WorkState.None, (await run.GetStatusAsync(Token)).State);
    }

    private async Task<ForkSilo> OpenAsync(bool survivesSilos = false)
    {
        var silo = await ForkSilo.OpenAsync(_folder.Path, survivesSilos);
        var checkpoint = await silo.PutAsync(TrainingSetup.CheckpointKind, 4);
        CommittedCheckpoint[] averages = [await silo.PutAsync(TrainingSetup.AveragesKind, 2), await silo.PutAsync(TrainingSetup.AveragesKind, 4), await silo.PutAsync(TrainingSetup.AveragesKind, 6)];
        await silo.WriteAsync("dataset", "set", new DatasetState { Result = new DatasetStatus { Name = "set", State = WorkState.Done, Version = 0, Artifact = "dataset-0", Digest = "0" } });
        await silo.WriteAsync("run", "source", new TrainingRunState { Request = _request, State = WorkState.Paused, Averages = averages }.WithCheckpoint(checkpoint));
        return silo;
    }

    private static async Task UntilAsync(ITrainingRunGrain run, Func<TrainingStatus, bool> isReached)
    {
        await foreach (var status in run.WatchAsync(-1, Token))
        {
            if (isReached(status))
                return;
        }
        Assert.Fail("The run stands still.");
    }

    /// <summary>One silo whose artifacts can be held up.</summary>
    private sealed class ForkSilo(InProcessTestCluster cluster, HeldStore store) : IAsyncDisposable
    {
        public HeldStore Store => store;

        public static async Task<ForkSilo> OpenAsync(string folder, bool survivesSilos)
        {
            var store = new HeldStore(new LocalArtifactStore(Path.Combine(folder, "artifacts")));
            var builder = new InProcessTestClusterBuilder(1);
            builder.ConfigureHost(host => host.Logging.ClearProviders());
            builder.ConfigureSilo((_, silo) => silo.AddLocalGrainStorage(GrainStorageNames.Default, folder).UseInMemoryReminderService().Services
                .AddMessageSafety().AddRadioDiffusionGrains()
                .AddSingleton<IArtifactStore>(store).AddSingleton<IDeviceSlots, NoDevices>()
                .Configure<WakeUpOptions>(options => options.SurvivesSilos = survivesSilos));
            builder.ConfigureClient(client => client.Services.AddMessageSafety());
            var cluster = builder.Build();
            await cluster.DeployAsync();
            return new ForkSilo(cluster, store);
        }

        public ITrainingRunGrain Run(string name) => cluster.Client.GetGrain<ITrainingRunGrain>(name);

        public Task WriteAsync<T>(string state, string name, T value) =>
            cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress).GetRequiredKeyedService<IGrainStorage>(GrainStorageNames.Default)
                .WriteStateAsync(state, GrainId.Create(state == "run" ? "training-run" : state, name), new GrainState<T>(value));

        public async Task<CommittedCheckpoint> PutAsync(string kind, long iteration)
        {
            using var scratch = store.CreateScratchDirectory();
            await File.WriteAllTextAsync(Path.Combine(scratch.Path, "numbers"), $"{kind} {iteration}", Token);
            var recipe = new Recipe { Kind = kind, AlgorithmVersion = 1, Parameters = new JsonObject { ["run"] = "source", ["iteration"] = iteration } };
            await store.Inner.PutAsync(recipe.Id, recipe, scratch.Path, Token);
            return new CommittedCheckpoint(recipe.Id, iteration);
        }

        public async Task<List<string>> OwnersAsync(IEnumerable<CommittedCheckpoint> artifacts)
        {
            var owners = new List<string>();
            foreach (var one in artifacts)
                owners.Add((await store.FindAsync(one.Artifact, Token))!.Recipe.Parameters["run"]!.GetValue<string>());
            return owners;
        }

        public async Task<int> CountAsync(string kind)
        {
            int count = 0;
            await foreach (var _ in store.ListAsync(kind, Token))
                count++;
            return count;
        }

        public async ValueTask DisposeAsync()
        {
            store.Release();
            await cluster.DisposeAsync();
            store.Inner.Dispose();
        }
    }

    /// <summary>Stores so many artifacts, then holds the next one up, or fails, until it is released.</summary>
    private sealed class HeldStore(LocalArtifactStore inner) : IArtifactStore
    {
        private readonly List<string> _stored = [];
        private TaskCompletionSource _held = new(), _released = new();
        private int _left = int.MaxValue;
        private bool _fails;

        public LocalArtifactStore Inner => inner;

        /// <summary>Ends when somebody waits to store.</summary>
        public Task Held => _held.Task;

        public void Hold(int after = 0) => (_left, _fails, _held, _released) = (after, false, new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));

        public void Fail(int after) => (_left, _fails) = (after, true);

        public void Release()
        {
            _left = int.MaxValue;
            _released.TrySetResult();
        }

        public int Stored(string kind)
        {
            lock (_stored)
                return _stored.Count(one => one == kind);
        }

        public async Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, CancellationToken ct = default)
        {
            if (Interlocked.Decrement(ref _left) < 0)
            {
                if (_fails)
                    throw new IOException("The disk is full.");
                _held.TrySetResult();
                await _released.Task.WaitAsync(ct);
            }
            lock (_stored)
                _stored.Add(recipe.Kind);
            return await inner.PutAsync(id, recipe, directory, ct);
        }

        public Task<ArtifactManifest?> FindAsync(string id, CancellationToken ct = default) => inner.FindAsync(id, ct);

        public Task<ArtifactManifest> AdoptAsync(ArtifactManifest made, string directory, CancellationToken ct = default) => inner.AdoptAsync(made, directory, ct);

        public Task<string> GetDirectoryAsync(string id, CancellationToken ct = default) => inner.GetDirectoryAsync(id, ct);

        public Task<Stream> OpenReadAsync(string id, string file, CancellationToken ct = default) => inner.OpenReadAsync(id, file, ct);

        public IAsyncEnumerable<ArtifactManifest> ListAsync(string? kind = null, CancellationToken ct = default) => inner.ListAsync(kind, ct);

        public Task DeleteAsync(string id, CancellationToken ct = default) => inner.DeleteAsync(id, ct);

        public ScratchDirectory CreateScratchDirectory() => inner.CreateScratchDirectory();

        public string Describe() => inner.Describe();
    }

    private sealed class NoDevices : IDeviceSlots
    {
        public IReadOnlyList<IDeviceSlot> Slots => [];

        public IDedicatedThreads Cpu => throw new NotSupportedException();
    }
}
