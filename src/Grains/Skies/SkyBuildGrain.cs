using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <inheritdoc cref="ISkyBuildGrain"/>
/// <remarks>What is stored is the plan and up to where all tiles are done; a tile itself is done when it is in the store. So a build that is killed does again at most what was under way.</remarks>
[GrainType("sky-build")]
internal sealed partial class SkyBuildGrain(
    [PersistentState("build", GrainStorageNames.Default)] IPersistentState<SkyBuildState> state,
    SkyBuildEstimator estimator,
    SkyBuilder builder,
    SkyAllsky allsky,
    WakeUp wakeUp,
    TimeProvider time,
    ILogger<SkyBuildGrain> logger) : Grain, ISkyBuildGrain, IRemindable
{
    private static readonly TimeSpan _betweenRecords = TimeSpan.FromSeconds(5), _betweenChanges = TimeSpan.FromMilliseconds(200), _longestWork = TimeSpan.FromDays(365);
    private readonly CancellationTokenSource _deactivated = new();
    private CancellationTokenSource _stop = new();
    private Watched<SkyBuildStatus> _status = null!;
    private SkyBuildProgress? _progress;
    private Task _work = Task.CompletedTask;
    private Task _recording = Task.CompletedTask;
    private long _recorded, _told, _began, _doneBefore, _fromStore;

    private string Sky => this.GetPrimaryKeyString().Split('/')[0];

    private string Id => this.GetPrimaryKeyString().Split('/')[^1];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _fromStore = state.State.FromStore;
        _status = new Watched<SkyBuildStatus>(StatusFromState());
        bool isUnderWay = state.State is { Plan: not null, State: WorkState.Running };
        if (isUnderWay && wakeUp.SurvivesSilos)
            GoOn();
        else if (isUnderWay)
            Change(status => status with { State = WorkState.Interrupted, Error = "It was interrupted: ask again." });
        return Task.CompletedTask;
    }

    /// <summary>Being awake is all it takes: an activation goes on with what is under way.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => state.State.State == WorkState.Running ? Task.CompletedTask : wakeUp.CancelAsync(this);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        _stop.Cancel();
        return Task.CompletedTask;
    }

    public async Task<SkyBuildStatus> StartAsync(SkyBuildPlan plan, CancellationToken cancellationToken = default)
    {
        bool isRunning = !_work.IsCompleted && !_stop.IsCancellationRequested && state.State.State == WorkState.Running;
        bool onlyEstimates = state.State.Plan is { EstimateOnly: true };
        if ((isRunning && (!onlyEstimates || plan.EstimateOnly)) || state.State is { State: WorkState.Done, Plan: not null })
            return _status.Value;
        _stop.Cancel();
        await _work;
        await state.ReplaceAsync(state.State with { Plan = plan, State = WorkState.Running, Error = null, Estimate = plan.EstimateOnly ? null : state.State.Estimate }, Id, cancellationToken);
        await wakeUp.SetAsync(this);
        GoOn();
        return _status.Value;
    }

    public Task<SkyBuildStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(Known());

    public IAsyncEnumerable<SkyBuildStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default)
    {
        Known();
        return _status.WatchAsync(afterVersion, status => status.Version, status => status.State != WorkState.Running, cancellationToken);
    }

    public async Task<SkyBuildStatus> CancelAsync(CancellationToken cancellationToken = default)
    {
        Known();
        _stop.Cancel();
        await _work;
        if (state.State.State is WorkState.Running)
        {
            await state.ReplaceAsync(Recorded() with { State = WorkState.Paused }, Id, cancellationToken);
            await wakeUp.CancelAsync(this);
            Change(_ => StatusFromState());
        }
        return _status.Value;
    }

    public Task<string> CoverageAsync(int order, CancellationToken cancellationToken = default)
    {
        Known();
        var moc = Progress().Coverage(order);
        return Task.FromResult(moc.IsEmpty ? "" : moc.ToString());
    }

    public async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        if (state.State.Plan != null)
            await CancelAsync(cancellationToken);
        await state.ClearStateAsync(cancellationToken);
        DeactivateOnIdle();
    }

    private SkyBuildStatus Known()
    {
        if (state.State.Plan != null)
            return _status.Value;
        DeactivateOnIdle();
        throw new UserErrorException(ErrorKind.NotFound, this.GetPrimaryKeyString(), $"The sky '{Sky}' has no build '{Id}': 'radiodiffusion sky builds {Sky}' shows those there are.");
    }

    private SkyBuildProgress Progress()
    {
        var plan = state.State.Plan!;
        return _progress ??= new SkyBuildProgress(SkyArea.Parse(plan.Area), plan.FromOrder, plan.ToOrder, state.State.Finished);
    }

    private void GoOn()
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_deactivated.Token);
        _progress = null;                                    // from what is stored
        _doneBefore = Progress().Done;
        _began = time.GetTimestamp();
        Change(_ => StatusFromState());
        _work = RunAsync(state.State.Plan!, _stop.Token);
    }

    private async Task RunAsync(SkyBuildPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            DelayDeactivation(_longestWork);
            if (state.State.Estimate == null)
                await EstimateAsync(plan, cancellationToken);
            if (!plan.EstimateOnly)
                await MakeAsync(plan, cancellationToken);
            await _recording;
            string? error = state.State.Error;
            var outcome = plan.EstimateOnly ? WorkState.Paused : Progress().Failed > 0 ? WorkState.Failed : WorkState.Done;
            await EndAsync(outcome, error);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Cancelled, or the silo stops: the state says what was under way.
            if (!_deactivated.IsCancellationRequested)
                await _recording;
        }
        catch (Exception error)
        {
            if (!UserErrors.IsExpected(error))
                LogFailed(error, this.GetPrimaryKeyString());
            await FailAsync(ErrorReasons.MessageOf(error));
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    private async Task EstimateAsync(SkyBuildPlan plan, CancellationToken cancellationToken)
    {
        var estimate = await estimator.EstimateAsync(plan, GrainFactory, phase => Change(status => status with { Phase = phase }), cancellationToken);
        await state.ReplaceAsync(state.State with { Estimate = estimate }, Id, cancellationToken);
        _began = time.GetTimestamp();
        Change(status => status with { Estimate = estimate });
    }

    private async Task MakeAsync(SkyBuildPlan plan, CancellationToken cancellationToken)
    {
        var progress = Progress();
        Change(status => status with { Phase = "making tiles" });
        await builder.BuildAsync(plan.Digest, progress, GrainFactory, OnDoneAsync, cancellationToken);
        if (progress.Failed == 0 && plan.FromOrder == 0)
        {
            Change(status => status with { Phase = "joining the tiles of order 0 to Allsky" });
            await allsky.PutAsync(plan.Digest, SkyArea.Parse(plan.Area), cancellationToken);
        }

        Task OnDoneAsync(bool fromStore, Exception? problem)
        {
            _fromStore += fromStore ? 1 : 0;
            if (problem != null && state.State.Error == null)
                state.State = state.State with { Error = ErrorReasons.MessageOf(problem) };
            if (time.GetElapsedTime(_told) >= _betweenChanges || progress.Done + progress.Failed == progress.Total)
                Tell(progress);
            if (_recording.IsCompleted && time.GetElapsedTime(_recorded) >= _betweenRecords)
                _recording = RecordAsync(cancellationToken);
            return _recording.IsFaulted ? _recording : Task.CompletedTask;
        }
    }

    private void Tell(SkyBuildProgress progress)
    {
        _told = time.GetTimestamp();
        double seconds = time.GetElapsedTime(_began).TotalSeconds;
        long made = progress.Done - _doneBefore;
        Change(status => status with
        {
            TilesDone = progress.Done,
            TilesFailed = progress.Failed,
            TilesFromStore = _fromStore,
            InFlight = progress.InFlight,
            Order = progress.Order,
            Error = state.State.Error,
            SecondsLeft = made > 0 ? (progress.Total - progress.Done) * seconds / made : null,
        });
    }

    /// <summary>Up to where all is done: what is under way now is looked up again after a crash.</summary>
    private async Task RecordAsync(CancellationToken cancellationToken)
    {
        _recorded = time.GetTimestamp();
        await state.ReplaceAsync(Recorded(), Id, cancellationToken);
    }

    private SkyBuildState Recorded() => state.State with { Finished = Progress().Finished, FromStore = _fromStore };

    private async Task EndAsync(WorkState outcome, string? error)
    {
        await state.ReplaceAsync(Recorded() with { State = outcome, Error = error }, Id, _deactivated.Token);
        Change(_ => StatusFromState());
        await wakeUp.CancelAsync(this);
    }

    /// <summary>Whoever is told so finds it so later: it is stored first.</summary>
    private async Task FailAsync(string reason)
    {
        try
        {
            await state.ReplaceAsync(Recorded() with { State = WorkState.Failed, Error = reason }, Id, CancellationToken.None);
            await wakeUp.CancelAsync(this);
        }
        catch (Exception error)
        {
            LogFailed(error, this.GetPrimaryKeyString());     // it is shown all the same, and later as interrupted
        }
        Change(_ => StatusFromState() with { State = WorkState.Failed, Error = reason });
    }

    private SkyBuildStatus StatusFromState()
    {
        var stored = state.State;
        var status = new SkyBuildStatus { Sky = Sky, Id = Id, State = stored.State, Version = 0 };
        if (stored.Plan is not { } plan)
            return status;
        var progress = Progress();
        return status with
        {
            Phase = stored.State switch
            {
                WorkState.Done => "done",
                WorkState.Paused => plan.EstimateOnly ? "estimated" : "stopped",
                _ => "",
            },
            SquareDegrees = SkyArea.Parse(plan.Area).AreaSquareDegrees,
            FromOrder = plan.FromOrder,
            ToOrder = plan.ToOrder,
            TilesDone = progress.Done,
            TilesTotal = progress.Total,
            TilesFromStore = _fromStore,
            TilesFailed = progress.Failed,
            Order = progress.Order,
            Error = stored.Error,
            Estimate = stored.Estimate,
        };
    }

    private void Change(Func<SkyBuildStatus, SkyBuildStatus> change) => _status.Set(change(_status.Value) with { Version = _status.Value.Version + 1 });

    [LoggerMessage(Level = LogLevel.Error, Message = "The build {Build} failed")]
    private partial void LogFailed(Exception error, string build);
}

internal sealed record SkyBuildState
{
    /// <summary>Null before it was started.</summary>
    public SkyBuildPlan? Plan { get; init; }

    public WorkState State { get; init; }

    /// <summary>All tiles before this one are done, in the order of <see cref="SkyBuildProgress"/>.</summary>
    public long Finished { get; init; }

    /// <summary>Tiles that were in the store already.</summary>
    public long FromStore { get; init; }

    /// <summary>Why the first tile failed, or the whole.</summary>
    public string? Error { get; init; }

    public SkyBuildEstimate? Estimate { get; init; }
}
