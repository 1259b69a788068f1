using Orleans.Runtime;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Grains.Interfaces.Tests;

/// <summary>Watching through outages, by a clock of the test's own.</summary>
public class WatchingTests
{
    private readonly InstantTime _time = new();
    private readonly List<long> _seen = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Follow_OfARunThatStandsStill_ReturnsAtOnce()
    {
        var run = new FakeRun(_ => [Status(3, WorkState.Done)]);
        Assert.Equal(WorkState.Done, (await FollowAsync(run)).State);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task Follow_NewActivationThatBeganAtVersionZero_EndsWithWhatItSays()
    {
        int streams = 0;
        var run = new FakeRun(after => ++streams == 1
            ? Then([Status(249), Status(250)], new EnumerationAbortedException("gone"))
            : after < 0 ? [Status(0, WorkState.Interrupted)] : [])
        { Now = Status(0, WorkState.Interrupted) };
        Assert.Equal(WorkState.Interrupted, (await FollowAsync(run)).State);
        Assert.Equal([249, 250, 0], _seen);
    }

    [Fact]
    public async Task Follow_NewActivationThatIsRunning_GoesOnFromItsVersions()
    {
        int streams = 0;
        var run = new FakeRun(after => ++streams == 1
            ? Then([Status(250)], new SiloUnavailableException("gone"))
            : after == 1 ? [Status(2), Status(3, WorkState.Done)] : [])
        { Now = Status(1) };
        Assert.Equal(3, (await FollowAsync(run)).Version);
        Assert.Equal([250, 1, 2, 3], _seen);
    }

    [Fact]
    public async Task Follow_SiloThatStaysAway_GivesUpAfterAboutAMinuteOfLongerAndLongerPauses()
    {
        int asked = 0;
        var run = new FakeRun(_ => Then([], new SiloUnavailableException("silo is gone"))) { Asked = () => asked++, Unreachable = true };
        await Assert.ThrowsAsync<SiloUnavailableException>(() => FollowAsync(run));
        Assert.InRange(_time.Pauses.Sum(pause => pause.TotalSeconds), 60, 70);
        Assert.Equal(_time.Pauses.Order(), _time.Pauses);
        Assert.InRange(asked, 5, 20);
    }

    [Fact]
    public async Task Follow_StreamsThatAreEmptyForEver_DoesNotSpin()
    {
        var run = new FakeRun(_ => []) { Now = Status(5) };
        await Assert.ThrowsAsync<TimeoutException>(() => FollowAsync(run));
        Assert.InRange(_seen.Count, 5, 20);
    }

    [Fact]
    public async Task Follow_ErrorOfTheRunItself_IsThrownAtOnce()
    {
        var run = new FakeRun(_ => Then([], new UserErrorException(ErrorKind.NotFound, "run", "There is no such run.")));
        await Assert.ThrowsAsync<UserErrorException>(() => FollowAsync(run));
        Assert.Empty(_time.Pauses);
    }

    private Task<TrainingStatus> FollowAsync(ITrainingRunGrain run) => run.FollowAsync(status => _seen.Add(status.Version), _time, Token);

    private static TrainingStatus Status(long version, WorkState state = WorkState.Running) => new() { Name = "run", State = state, Version = version };

    private static IEnumerable<TrainingStatus> Then(TrainingStatus[] first, Exception error)
    {
        foreach (var status in first)
            yield return status;
        throw error;
    }

    /// <summary>A run that says what the test wants.</summary>
    private sealed class FakeRun(Func<long, IEnumerable<TrainingStatus>> items) : ITrainingRunGrain
    {
        public TrainingStatus Now { get; init; } = Status(0);

        public bool Unreachable { get; init; }

        public Action Asked { get; init; } = () => { };

        public Task<TrainingStatus> GetStatusAsync(CancellationToken cancellationToken = default)
        {
            Asked();
            return Unreachable ? Task.FromException<TrainingStatus>(new SiloUnavailableException("gone")) : Task.FromResult(Now);
        }

        public async IAsyncEnumerable<TrainingStatus> WatchAsync(long afterVersion,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            foreach (var status in items(afterVersion))
                yield return status;
        }

        public Task<TrainingStatus> StartAsync(TrainingRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainingStatus> ResumeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainingStatus> PauseAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainingStatus> StopAtAsync(long iteration, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainingStatus> ScaleAsync(int workers, int minWorkers, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainingStatus> ForkAsync(TrainingFork fork, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task DeleteAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainerAssignment> JoinAsync(TrainerOffer offer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainerOrder> BeatAsync(string place, long generation, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainerAnswer> ReportAsync(TrainerReport report, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainerAnswer> CommitCheckpointAsync(long generation, CommittedCheckpoint checkpoint, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<MeetingAnswer> MeetAsync(TrainerDelivery delivery, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<TrainerAnswer> CommitAveragesAsync(long generation, CommittedCheckpoint averages, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<bool> RejectCheckpointAsync(long generation, string artifact, string reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task LostAsync(string place, string incarnation, string reason, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task EndAsync(TrainerEnd end, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task HandOverAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
