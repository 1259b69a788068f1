using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Training;

/// <inheritdoc cref="ITrainingRunGrain"/>
[GrainType("training-run")]
internal sealed partial class TrainingRunGrain(
    [PersistentState("run", GrainStorageNames.Default)] IPersistentState<TrainingRunState> state,
    WakeUp wakeUp,
    IArtifactStore store,
    IOptions<TrainerPatience> patience,
    ILogger<TrainingRunGrain> logger) : Grain, ITrainingRunGrain, IRemindable
{
    private static readonly TimeSpan _longestSleep = TimeSpan.FromHours(12);   // of this grain, while its trainers validate on a CPU
    private Watched<TrainingStatus> _status = null!;
    private bool _pauseRequested;
    private bool _handOverRequested;

    private string Name => this.GetPrimaryKeyString();

    /// <summary>Whether it trains, or is about to.</summary>
    private bool IsRunning => _status.Value.State == WorkState.Running && !_isCopying;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "a training run");
        _status = new Watched<TrainingStatus>(StatusFromState());
        if (state.State.State == WorkState.Running)
        {
            _roster.Form(state.State.Group);
            if (wakeUp.SurvivesSilos)
                WatchTrainers();
        }
        else if (IsForking && state.State.State == WorkState.Interrupted && wakeUp.SurvivesSilos)
        {
            GoOnCopying();
        }
        return Task.CompletedTask;
    }

    /// <summary>Being awake is all it takes: an activation looks after its trainers, or goes on copying.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => state.State.State == WorkState.Running || _isCopying ? Task.CompletedTask : wakeUp.CancelAsync(this);

    public async Task<TrainingStatus> StartAsync(TrainingRequest request, CancellationToken cancellationToken = default)
    {
        RefuseIfForking();
        if (state.State.Request is { } existing)
        {
            return existing == request
                ? _status.Value
                : throw new UserErrorException(ErrorKind.Conflict, Name,
                    $"Training run '{Name}' exists already with other settings ({Describe(existing)}): resume it, or use another name.");
        }
        var options = CheckedOptions(request);
        return await BeginAsync(await NewStateAsync(request, options, cancellationToken), cancellationToken);
    }

    private async Task<TrainingRunState> NewStateAsync(TrainingRequest request, TrainingOptions options, CancellationToken cancellationToken)
    {
        var dataset = await GrainFactory.GetGrain<IDatasetGrain>(request.Dataset).GetStatusAsync(cancellationToken);
        if (dataset.Artifact is null)
        {
            throw new UserErrorException(ErrorKind.NotFound, request.Dataset,
                $"Data set '{request.Dataset}' is not there to train on (its state is {dataset.State}): make it with 'radiodiffusion dataset build {request.Dataset}'.");
        }
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Runs).AddAsync(Name, cancellationToken);
        return new TrainingRunState
        {
            Request = request,
            DatasetArtifact = dataset.Artifact,
            DatasetDigest = dataset.Digest!,
            InitialSnapshot = await InitialSnapshotAsync(request, cancellationToken),
            TotalIterations = options.Iterations,
            Workers = request.Workers,
            MinWorkers = request.MinWorkers ?? request.Workers,
            StopAt = request.StopAt ?? 0,
        };
    }

    public async Task<TrainingStatus> ResumeAsync(CancellationToken cancellationToken = default)
    {
        RefuseIfAbsent();
        RefuseIfForking();
        if (_status.Value.State is WorkState.Running or WorkState.Done)
            return _status.Value;
        bool isPastStop = state.State.Checkpoint is { } checkpoint && checkpoint.Iteration >= state.State.StopAt;
        return await BeginAsync(isPastStop ? state.State with { StopAt = 0 } : state.State, cancellationToken);
    }

    public Task<TrainingStatus> PauseAsync(CancellationToken cancellationToken = default)
    {
        RefuseIfForking();
        _pauseRequested = IsRunning;
        return Task.FromResult(_status.Value);
    }

    public async Task<TrainingStatus> StopAtAsync(long iteration, CancellationToken cancellationToken = default)
    {
        RefuseIfAbsent();
        RefuseIfForking();
        if (iteration < 0 || iteration > state.State.TotalIterations)
            throw new UserErrorException(ErrorKind.Invalid, Name, $"Run '{Name}' can be stopped after an iteration from 1 to {state.State.TotalIterations}, or 0 for none, but {iteration} was asked for.");
        if (_status.Value.State != WorkState.Done)
            await state.ReplaceAsync(state.State with { StopAt = iteration }, Name, cancellationToken);
        return _status.Value;
    }

    public async Task<TrainingStatus> ScaleAsync(int workers, int minWorkers, CancellationToken cancellationToken = default)
    {
        RefuseIfAbsent();
        RefuseIfForking();
        CheckWorkers(workers, minWorkers);
        if (_status.Value.State == WorkState.Done)
            return _status.Value;
        await state.ReplaceAsync(state.State with { Workers = workers, MinWorkers = minWorkers }, Name, cancellationToken);
        Change(status => status with { Workers = workers, MinWorkers = minWorkers });
        _lastLook = 0;                                       // new trainers start at once
        return _status.Value;
    }

    public async Task DeleteAsync(CancellationToken cancellationToken = default)
    {
        RefuseIfAbsent();
        if (_isCopying)
            RefuseIfForking();
        if (IsRunning)
            throw new UserErrorException(ErrorKind.Conflict, Name, $"Training run '{Name}' is running: pause it first ('radiodiffusion train pause {Name}').");
        await CheckpointCopies.DeleteAllAsync(store, Name, cancellationToken);
        await TrainerMeetings.DeleteAsync(store, Name, before: long.MaxValue, cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Runs).RemoveAsync(Name, cancellationToken);
        await state.ClearStateAsync(cancellationToken);
        state.State = new TrainingRunState();
        Change(_ => StatusFromState());
        DeactivateOnIdle();
    }

    public Task HandOverAsync(CancellationToken cancellationToken = default)
    {
        if (IsForking)
            return Task.CompletedTask;                       // it has no trainers
        if (!wakeUp.SurvivesSilos)
            return IsRunning && !_roster.HasGroup ? PauseWithoutTrainersAsync(null, cancellationToken) : PauseAsync(cancellationToken);
        _handOverRequested = IsRunning && _roster.HasGroup;
        return Task.CompletedTask;
    }

    public Task<TrainingStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(_status.Value);

    public IAsyncEnumerable<TrainingStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default) =>
        _status.WatchAsync(afterVersion, status => status.Version, status => status.StandsStill, cancellationToken);

    public async Task EndAsync(TrainerEnd end, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(end.Generation))
            return;
        _roster.Disband();
        bool isAtStop = state.State.StopAt > 0 && _status.Value.Iteration >= state.State.StopAt;
        if (_handOverRequested && !_pauseRequested && !isAtStop && end is { Snapshot: null, Error: null })
        {
            _handOverRequested = false;                      // the run goes on as soon as its next trainers have a silo
            LogHandedOver(Name, _status.Value.Iteration);
            return;
        }
        await StandStillAsync(end, cancellationToken);
    }

    private async Task StandStillAsync(TrainerEnd end, CancellationToken cancellationToken)
    {
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
        await DeleteMeetingsAsync(cancellationToken);
        Change(status => status with
        {
            State = state.State.State,
            Snapshot = end.Snapshot,
            Error = end.Error,
            TimeLeft = null,
            Trainers = [],
        });
        DelayDeactivation(TimeSpan.Zero);
    }

    private async Task DeleteMeetingsAsync(CancellationToken cancellationToken)
    {
        if (state.State.Meeting == null)
            return;
        try
        {
            await TrainerMeetings.DeleteAsync(store, Name, before: long.MaxValue, cancellationToken);
        }
        catch (Exception error) when (Outages.IsOutage(error))
        {
            // Whoever resumes or deletes the run does it again.
        }
    }

    private Task FailAsync(string reason, CancellationToken cancellationToken)
    {
        _roster.Disband();
        return StandStillAsync(new TrainerEnd { Rank = 0, Generation = state.State.Generation, Error = reason }, cancellationToken);
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

    /// <summary>Starts the run's trainers, or starts them again; they come to this grain by themselves.</summary>
    private async Task<TrainingStatus> BeginAsync(TrainingRunState before, CancellationToken cancellationToken)
    {
        await state.ReplaceAsync(before with { State = WorkState.Running, Group = [], Error = null, Note = null }, Name, cancellationToken);
        DelayDeactivation(_longestSleep);
        _pauseRequested = _handOverRequested = false;
        _lossesInARow = 0;
        _roster.Disband();
        _withoutGroupSince = TimeProvider.System.GetTimestamp();
        await wakeUp.SetAsync(this);
        WatchTrainers();
        Change(_ => StatusFromState() with { State = WorkState.Running });
        try
        {
            for (int place = 0; place < state.State.Workers; place++)
                await TrainerOf(place).StartAsync(state.State.Workers, cancellationToken);
            _lastLook = TimeProvider.System.GetTimestamp();
        }
        catch (OrleansException error) when (!ErrorReasons.IsKnown(error))
        {
            StayWithoutTrainers(error);
        }
        return _status.Value;
    }

    /// <summary>No silo took the trainers: this is tried again until one does, and workers from elsewhere may come meanwhile.</summary>
    private void StayWithoutTrainers(OrleansException error)
    {
        LogTrainersNotReached(error, Name);
        Change(status => status with { Error = $"Waiting for trainers: no silo with a device can be reached. Start one with --device cpu or --device cuda:0, or 'radiodiffusion worker --run {Name}' elsewhere." });
    }

    private async Task<TrainingStatus> PauseWithoutTrainersAsync(string? reason, CancellationToken cancellationToken)
    {
        await state.ReplaceAsync(state.State with { State = WorkState.Paused, Error = reason }, Name, cancellationToken);
        StopWatchingTrainers();
        await wakeUp.CancelAsync(this);
        Change(_ => StatusFromState());
        return _status.Value;
    }

    private void RefuseIfAbsent()
    {
        if (state.State.Request == null)
            throw new UserErrorException(ErrorKind.NotFound, Name, $"There is no training run '{Name}': 'radiodiffusion train list' shows those there are.");
    }

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
        Error = state.State.Error ?? (IsForking ? $"Making it from run '{state.State.Fork!.From}' was interrupted{Progress()}: fork it again with the same settings to go on." : null),
        IsForkUnfinished = IsForking,
        Resumptions = state.State.Resumptions,
        Trainers = [.. _roster.Members],
        Workers = state.State.Workers,
        MinWorkers = state.State.MinWorkers,
        Note = state.State.Note,
        Checkpoints = state.State.Checkpoints,
        Averages = state.State.Averages,
    };

    private void Change(Func<TrainingStatus, TrainingStatus> change)
    {
        long version = _status.Value.Version + 1;
        _status.Set(change(_status.Value) with { Version = version });
    }

    private async Task<string?> InitialSnapshotAsync(TrainingRequest request, CancellationToken cancellationToken)
    {
        if (request.InitialModel is not { } name)
            return null;
        var model = await GrainFactory.GetGrain<IModelGrain>(name).GetAsync(cancellationToken);
        bool isClassifier = TrainingConfiguration.Of(request.Preset, request.Configuration).Network.Kind == NetworkKind.Classifier;
        return model.IsClassifier == isClassifier
            ? model.Snapshot
            : throw new UserErrorException(ErrorKind.Invalid, name, $"Run '{Name}' trains {Kind(isClassifier)}, but model '{name}', which it should begin with, is {Kind(model.IsClassifier)}: their networks have nothing in common.");

        static string Kind(bool isClassifier) => isClassifier ? "a classifier" : "a model that makes images";
    }

    private TrainingOptions CheckedOptions(TrainingRequest request)
    {
        if (request.SampleGrids < 0)
            throw new UserErrorException(ErrorKind.Invalid, Name, $"The number of sample grids of a run should be 0 or more, but it is {request.SampleGrids}.");
        CheckWorkers(request.Workers, request.MinWorkers ?? request.Workers);
        if (request.KeepCheckpoints < 1 || request.MilestoneEvery < 0 || request.StopAt < 1)
        {
            throw new UserErrorException(ErrorKind.Invalid, Name,
                $"A run keeps at least 1 checkpoint, milestones every 0 or more iterations, and stops at 1 or later, but asked for were {request.KeepCheckpoints}, {request.MilestoneEvery} and {request.StopAt}.");
        }
        try
        {
            Names.Check(request.ModelName ?? Name, "a model");
            var options = TrainingSetup.OptionsFor(request);
            return options.Distillation == null || request.InitialModel != null
                ? options
                : throw new RadioDiffusionException("A student (training option Distillation) begins with the weights of its teacher, but no model to begin with is named: name it (train start --from-model).");
        }
        catch (Exception error) when (error is RadioDiffusionException or ArgumentException)
        {
            throw UserErrors.From(error, Name, ErrorKind.Invalid);
        }
    }

    private void CheckWorkers(int workers, int minWorkers)
    {
        if (minWorkers < 1 || workers < minWorkers || workers > 1024)
            throw new UserErrorException(ErrorKind.Invalid, Name, $"A run has from 1 to 1024 trainers, and no more at least than at most, but {minWorkers} to {workers} were asked for.");
    }

    private static string Describe(TrainingRequest request) =>
        $"data set {request.Dataset}, preset {request.Preset}, seed {request.Seed}, iterations {request.Iterations?.ToString() ?? "of the preset"}";

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name} is handed over at iteration {Iteration}")]
    private partial void LogHandedOver(string name, long iteration);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name} is {State} at iteration {Iteration}")]
    private partial void LogEnded(string name, WorkState state, long iteration);
}
