using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Training;

/// <inheritdoc cref="ITrainingRunGrain"/>
[GrainType("training-run")]
internal sealed partial class TrainingRunGrain(
    [PersistentState("run", GrainStorageNames.Default)] IPersistentState<TrainingRunState> state,
    WakeUp wakeUp,
    ILogger<TrainingRunGrain> logger) : Grain, ITrainingRunGrain, IRemindable
{
    private static readonly TimeSpan _longestSilence = TimeSpan.FromHours(12);   // of a trainer: a validation on a CPU takes its time
    private static readonly TimeSpan _trainerCheck = TimeSpan.FromSeconds(5);
    private readonly HashSet<int> _members = [];
    private Watched<TrainingStatus> _status = null!;
    private bool _pauseRequested;
    private bool _handOverRequested;
    private IGrainTimer? _trainerWatch;

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "a training run");
        _status = new Watched<TrainingStatus>(StatusFromState());
        if (state.State.State == WorkState.Running && wakeUp.SurvivesSilos)
            WatchTrainers();
        return Task.CompletedTask;
    }

    /// <summary>Being awake is all it takes: an activation looks after its trainers.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => state.State.State == WorkState.Running ? Task.CompletedTask : wakeUp.CancelAsync(this);

    public async Task<TrainingStatus> StartAsync(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        if (state.State.Request is { } existing)
        {
            return existing == request
                ? _status.Value
                : throw new UserErrorException(ErrorKind.Conflict, Name,
                    $"Training run '{Name}' exists already with other settings ({Describe(existing)}): resume it, or use another name.");
        }
        var options = CheckedOptions(request);
        var dataset = await GrainFactory.GetGrain<IDatasetGrain>(request.Dataset).GetStatusAsync(cancellationToken);
        if (dataset.Artifact is null)
        {
            throw new UserErrorException(ErrorKind.NotFound, request.Dataset,
                $"Data set '{request.Dataset}' is not there to train on (its state is {dataset.State}): make it with 'radiodiffusion dataset build {request.Dataset}'.");
        }
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Runs).AddAsync(Name, cancellationToken);
        return await BeginGenerationAsync(new TrainingRunState
        {
            Request = request,
            DatasetArtifact = dataset.Artifact,
            DatasetDigest = dataset.Digest!,
            InitialSnapshot = await SnapshotOfAsync(request.InitialModel, cancellationToken),
            TotalIterations = options.Iterations,
        }, cancellationToken);
    }

    public async Task<TrainingStatus> ResumeAsync(CancellationToken cancellationToken = default)
    {
        if (state.State.Request == null)
            throw new UserErrorException(ErrorKind.NotFound, Name, $"There is no training run '{Name}': 'radiodiffusion train list' shows those there are.");
        if (_status.Value.State is WorkState.Running or WorkState.Done)
            return _status.Value;
        return await BeginGenerationAsync(state.State, cancellationToken);
    }

    public Task<TrainingStatus> PauseAsync(CancellationToken cancellationToken = default)
    {
        _pauseRequested = _status.Value.State == WorkState.Running;
        return Task.FromResult(_status.Value);
    }

    public Task HandOverAsync(CancellationToken cancellationToken = default)
    {
        if (wakeUp.SurvivesSilos)
            _handOverRequested = _status.Value.State == WorkState.Running;
        else
            return PauseAsync(cancellationToken);
        return Task.CompletedTask;
    }

    public Task<TrainingStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(_status.Value);

    public IAsyncEnumerable<TrainingStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default) =>
        _status.WatchAsync(afterVersion, status => status.Version, status => status.StandsStill, cancellationToken);

    public Task<TrainerAssignment> JoinAsync(int rank, long generation, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(generation))
            return Task.FromResult(new TrainerAssignment { Accepted = false });
        _members.Add(rank);
        return Task.FromResult(new TrainerAssignment
        {
            Accepted = true,
            Request = state.State.Request,
            DatasetArtifact = state.State.DatasetArtifact,
            DatasetDigest = state.State.DatasetDigest,
            Checkpoint = state.State.Checkpoint,
            InitialSnapshot = state.State.InitialSnapshot,
        });
    }

    public Task<TrainerOrder> ReportAsync(TrainerReport report, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(report.Generation))
            return Task.FromResult(TrainerOrder.EndAtOnce);
        _members.Add(report.Rank);                           // it may have joined an earlier activation of this grain
        DelayDeactivation(_longestSilence);
        Change(status => status with
        {
            State = WorkState.Running,
            Iteration = report.Iteration,
            Loss = report.Loss,
            ValidationLoss = double.IsNaN(report.ValidationLoss) ? status.ValidationLoss : report.ValidationLoss,
            ImagesPerSecond = report.ImagesPerSecond,
            Error = null,
            TimeLeft = report.TimeLeft,
        });
        return Task.FromResult(_pauseRequested || _handOverRequested ? TrainerOrder.CheckpointAndEnd : TrainerOrder.GoOn);
    }

    public async Task<bool> CommitCheckpointAsync(long generation, CommittedCheckpoint checkpoint, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(generation))
            return false;
        await state.ReplaceAsync(state.State with { Checkpoint = checkpoint }, Name, cancellationToken);
        Change(status => status with { Checkpoint = checkpoint, Iteration = checkpoint.Iteration });
        return true;
    }

    public async Task EndAsync(TrainerEnd end, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(end.Generation))
            return;
        _members.Remove(end.Rank);
        if (_handOverRequested && !_pauseRequested && end is { Snapshot: null, Error: null })
        {
            _handOverRequested = false;                      // the run goes on as soon as its next trainers have a silo
            LogHandedOver(Name, _status.Value.Iteration);
            return;
        }
        try
        {
            await StoreEndAsync(end, cancellationToken);
        }
        catch (Exception error)
        {
            // Stored, the run is running still; nobody must wait for it, and a resume goes on from its checkpoint.
            string reason = end.Error is { } first && first != error.Message ? $"{first} {error.Message}" : error.Message;
            Change(status => status with { State = WorkState.Failed, Error = reason, TimeLeft = null });
            throw;
        }
        StopWatchingTrainers();
        await wakeUp.CancelAsync(this);
        LogEnded(Name, state.State.State, _status.Value.Iteration);
        Change(status => status with
        {
            State = state.State.State,
            Snapshot = end.Snapshot,
            Error = end.Error,
            TimeLeft = null,
        });
        DelayDeactivation(TimeSpan.Zero);
    }

    private async Task StoreEndAsync(TrainerEnd end, CancellationToken cancellationToken)
    {
        if (end.Snapshot is { } snapshot)
        {
            await GrainFactory.GetGrain<IModelGrain>(state.State.Request!.ModelName ?? Name)
                .RegisterAsync(snapshot, $"training run {Name} on data set {state.State.Request.Dataset} ({state.State.DatasetArtifact})", cancellationToken);
        }
        await state.ReplaceAsync(state.State with
        {
            State = end.Snapshot != null ? WorkState.Done : end.Error != null ? WorkState.Failed : WorkState.Paused,
            Snapshot = end.Snapshot,
            Error = end.Error,
        }, Name, cancellationToken);
    }

    /// <summary>Where work survives its silo: looks every few seconds whether the trainers are there, and begins a new generation when they are not.</summary>
    private void WatchTrainers()
    {
        if (wakeUp.SurvivesSilos)
            _trainerWatch ??= this.RegisterGrainTimer(LookAfterTrainersAsync, new GrainTimerCreationOptions { DueTime = _trainerCheck, Period = _trainerCheck, KeepAlive = true });
    }

    private void StopWatchingTrainers()
    {
        _trainerWatch?.Dispose();
        _trainerWatch = null;
    }

    private async Task LookAfterTrainersAsync(CancellationToken cancellationToken)
    {
        if (state.State.State != WorkState.Running)
            return;
        try
        {
            for (int rank = 0; rank < state.State.Request!.Workers; rank++)
            {
                var activity = await TrainerOf(rank).GetActivityAsync(state.State.Generation, cancellationToken);
                if (activity == TrainerActivity.Leaving)
                    return;                                  // its silo is on the point of leaving: a little later
                if (activity == TrainerActivity.Idle)
                {
                    await BeginGenerationAsync(state.State, cancellationToken);
                    return;
                }
            }
        }
        catch (Exception error) when (Outages.IsOutage(error) || error is OrleansException)
        {
            LogTrainersNotReached(error, Name);              // no silo has a device, or one died just now: tried again
        }
    }

    private ITrainerGrain TrainerOf(int rank) => GrainFactory.GetGrain<ITrainerGrain>($"{Name}/{rank}");

    /// <summary>A new generation of trainers: written first, so that whatever the one before still says is refused.</summary>
    private async Task<TrainingStatus> BeginGenerationAsync(TrainingRunState before, CancellationToken cancellationToken)
    {
        await state.ReplaceAsync(
            before with { Generation = before.Generation + 1, State = WorkState.Running, Error = null, Resumptions = ResumptionsAfter(before) }, Name, cancellationToken);
        DelayDeactivation(_longestSilence);
        _pauseRequested = _handOverRequested = false;
        _members.Clear();
        await wakeUp.SetAsync(this);
        WatchTrainers();
        LogGeneration(Name, state.State.Generation, state.State.Checkpoint?.Iteration ?? 0);
        Change(_ => StatusFromState() with { State = WorkState.Running });
        try
        {
            for (int rank = 0; rank < state.State.Request!.Workers; rank++)
                await TrainerOf(rank).StartAsync(state.State.Generation, cancellationToken);
        }
        catch (OrleansException error) when (!ErrorReasons.IsKnown(error))
        {
            await StayWithoutTrainersAsync(error);
        }
        return _status.Value;
    }

    private static IReadOnlyList<long> ResumptionsAfter(TrainingRunState before) => before.Checkpoint is { } checkpoint && !before.Resumptions.Contains(checkpoint.Iteration)
        ? before.Resumptions.Append(checkpoint.Iteration).ToArray()
        : before.Resumptions;

    /// <summary>No silo took the trainers: in a cluster this is tried again until one does, else nobody waits for it.</summary>
    private async Task StayWithoutTrainersAsync(OrleansException error)
    {
        LogTrainersNotReached(error, Name);
        const string Reason = "no silo with a device can be reached: start one with --device cpu or --device cuda:0";
        if (wakeUp.SurvivesSilos)
        {
            Change(status => status with { Error = $"Waiting for trainers: {Reason}." });
            return;
        }
        await state.ReplaceAsync(state.State with { State = WorkState.Paused, Error = $"Paused: {Reason}, then resume the run." }, Name, CancellationToken.None);
        Change(status => StatusFromState() with { Version = status.Version });
        throw new UserErrorException(ErrorKind.Conflict, Name, $"Training run '{Name}' cannot be trained: {Reason}, then resume the run.");
    }

    private bool IsCurrent(long generation) => state.State.Generation == generation && state.State.State == WorkState.Running;

    /// <summary>What is stored; a run that is stored as running has no trainers until one joins.</summary>
    private TrainingStatus StatusFromState() => new()
    {
        Name = Name,
        State = state.State.State == WorkState.Running && !wakeUp.SurvivesSilos ? WorkState.Interrupted : state.State.State,
        Version = 0,
        Request = state.State.Request,
        Iteration = state.State.Checkpoint?.Iteration ?? 0,
        TotalIterations = state.State.TotalIterations,
        Generation = state.State.Generation,
        Checkpoint = state.State.Checkpoint,
        ResumedAt = state.State.Checkpoint?.Iteration ?? 0,
        Snapshot = state.State.Snapshot,
        Error = state.State.Error,
        Resumptions = state.State.Resumptions,
    };

    private void Change(Func<TrainingStatus, TrainingStatus> change)
    {
        long version = _status.Value.Version + 1;
        _status.Set(change(_status.Value) with { Version = version });
    }

    private async Task<string?> SnapshotOfAsync(string? model, CancellationToken cancellationToken) =>
        model == null ? null : (await GrainFactory.GetGrain<IModelGrain>(model).GetAsync(cancellationToken)).Snapshot;

    private TrainingOptions CheckedOptions(TrainingRequest request)
    {
        if (request.SampleGrids < 0)
            throw new UserErrorException(ErrorKind.Invalid, Name, $"The number of sample grids of a run should be 0 or more, but it is {request.SampleGrids}.");
        if (request.Workers != 1)
        {
            throw new UserErrorException(ErrorKind.Invalid, Name,
                $"A run has one trainer so far, but {request.Workers} were asked for: leave --workers out.");
        }
        try
        {
            Names.Check(request.ModelName ?? Name, "a model");
            return TrainingSetup.OptionsFor(request);
        }
        catch (Exception error) when (error is RadioDiffusionException or ArgumentException)
        {
            throw UserErrors.From(error, Name, ErrorKind.Invalid);
        }
    }

    private static string Describe(TrainingRequest request) =>
        $"data set {request.Dataset}, preset {request.Preset}, seed {request.Seed}, iterations {request.Iterations?.ToString() ?? "of the preset"}";

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name}: generation {Generation} begins at iteration {Iteration}")]
    private partial void LogGeneration(string name, long generation, long iteration);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name} is handed over at iteration {Iteration}")]
    private partial void LogHandedOver(string name, long iteration);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The trainers of run {Name} cannot be reached")]
    private partial void LogTrainersNotReached(Exception error, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name} is {State} at iteration {Iteration}")]
    private partial void LogEnded(string name, WorkState state, long iteration);
}

internal sealed record TrainingRunState
{
    public TrainingRequest? Request { get; init; }

    public WorkState State { get; init; }

    public long Generation { get; init; }

    public string DatasetArtifact { get; init; } = "";

    public string DatasetDigest { get; init; } = "";

    /// <summary>The snapshot that training begins with; null for random weights.</summary>
    public string? InitialSnapshot { get; init; }

    public long TotalIterations { get; init; }

    public CommittedCheckpoint? Checkpoint { get; init; }

    public string? Snapshot { get; init; }

    public string? Error { get; init; }

    public IReadOnlyList<long> Resumptions { get; init; } = [];
}
