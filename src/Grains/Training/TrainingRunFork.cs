using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains.Training;

// A run's beginning from another one's checkpoint: what is to be copied is written down first, then copied behind the calls, each copy recorded when it is there.
internal sealed partial class TrainingRunGrain
{
    private readonly CancellationTokenSource _deactivated = new();
    private bool _isCopying;

    /// <summary>Whether copies are missing, be they under way or not, or the last one was only just made.</summary>
    private bool IsForking => _isCopying || state.State.ToCopy.Count > 0;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public async Task<TrainingStatus> ForkAsync(TrainingFork fork, CancellationToken cancellationToken = default)
    {
        if (state.State.Request != null && state.State.Fork != fork)
        {
            throw new UserErrorException(ErrorKind.Conflict, Name, IsForking
                ? $"Training run '{Name}' is being made from run '{state.State.Fork!.From}' with other settings{Progress()}: wait for it, or use another name."
                : $"Training run '{Name}' exists already: use another name.");
        }
        if (_isCopying || (state.State.Request != null && !IsForking))
            return _status.Value;
        // Without a copy of the checkpoint the plan may be out of date: the other run may have a later checkpoint by now, and that one not any more.
        var plan = state.State.Checkpoint == null ? await PlanAsync(fork, cancellationToken) : state.State;
        await state.ReplaceAsync(plan with { State = WorkState.Interrupted, Error = null }, Name, cancellationToken);
        await wakeUp.SetAsync(this);
        GoOnCopying();
        return _status.Value;
    }

    private async Task<TrainingRunState> PlanAsync(TrainingFork fork, CancellationToken cancellationToken)
    {
        var options = CheckedOptions(fork.Request);
        if (fork.From == Name)
            throw new UserErrorException(ErrorKind.Invalid, Name, $"Run '{Name}' cannot be made from itself.");
        var source = await GrainFactory.GetGrain<ITrainingRunGrain>(fork.From).GetStatusAsync(cancellationToken);
        if (source.IsForkUnfinished)
            throw new UserErrorException(ErrorKind.Conflict, fork.From, $"Run '{fork.From}' is itself still being made from another one: wait for it.");
        var kept = source.Checkpoints;
        var checkpoint = fork.Iteration is { } iteration ? kept.FirstOrDefault(one => one.Iteration == iteration) : source.Checkpoint;
        if (checkpoint == null)
        {
            string there = kept.Count == 0 ? "it has none" : $"it has those of the iterations {string.Join(", ", kept.Select(one => one.Iteration))}";
            throw new UserErrorException(ErrorKind.NotFound, fork.From, $"Run '{fork.From}' has no checkpoint {(fork.Iteration is { } asked ? $"of iteration {asked} " : "")}to begin with: {there}.");
        }
        var averages = options.PowerEma is { Count: > 0 } ? source.Averages.Where(one => one.Iteration <= checkpoint.Iteration) : [];
        return (await NewStateAsync(fork.Request, options, cancellationToken)) with { Fork = fork, ForkedFrom = checkpoint.Artifact, ToCopy = [checkpoint, .. averages] };
    }

    private void GoOnCopying()
    {
        _isCopying = true;
        TellWhatIsCopied();
        _ = CopyInBackgroundAsync();
    }

    /// <summary>The checkpoint first, since the other run may give it up; its averages stay.</summary>
    private async Task CopyInBackgroundAsync()
    {
        try
        {
            DelayDeactivation(_longestSleep);
            while (state.State.ToCopy is [var next, ..])
            {
                // Not on the grain's thread: it answers meanwhile. What an earlier attempt stored is found again.
                var copy = await Task.Run(() => CheckpointCopies.CopyAsync(store, next, Name, _deactivated.Token), _deactivated.Token);
                await state.ReplaceAsync(state.State.WithCopy(copy), Name, _deactivated.Token);
                if (state.State.ToCopy.Count > 0)
                    TellWhatIsCopied();
            }
            await wakeUp.CancelAsync(this);                  // before anybody can resume the run, which sets the reminder again
            _isCopying = false;
            LogForked(Name, state.State.Fork!.From, state.State.Checkpoint!.Iteration);
            Change(_ => StatusFromState());
        }
        catch (OperationCanceledException) when (_deactivated.IsCancellationRequested)
        {
            // The silo stops: the state says what is still to be copied.
        }
        catch (Exception error)
        {
            if (!UserErrors.IsExpected(error))
                LogForkFailed(error, Name);
            await FailForkAsync(error.Message);
        }
        finally
        {
            _isCopying = false;
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>Stored first: whoever is told so finds it so later. What was copied stays, and asking again goes on.</summary>
    private async Task FailForkAsync(string reason)
    {
        string error = $"It could not be made from run '{state.State.Fork!.From}'{Progress()}: {reason} Fork it again with the same settings to go on.";
        try
        {
            await state.ReplaceAsync(state.State with { State = WorkState.Failed, Error = error }, Name, CancellationToken.None);
            await wakeUp.CancelAsync(this);
        }
        catch (Exception notStored)
        {
            LogForkFailed(notStored, Name);                  // it is shown all the same, and later as interrupted
        }
        _isCopying = false;
        Change(_ => StatusFromState() with { State = WorkState.Failed, Error = error });
    }

    private void RefuseIfForking()
    {
        if (!IsForking)
            return;
        string from = state.State.Fork!.From;
        throw new UserErrorException(ErrorKind.Conflict, Name, _isCopying
            ? $"Training run '{Name}' is still being made from run '{from}'{Progress()}: wait until it is paused."
            : $"Training run '{Name}' was not wholly made from run '{from}'{Progress()}: fork it again with the same settings, or delete it.");
    }

    private void TellWhatIsCopied() => Change(_ => StatusFromState() with { State = WorkState.Running, Error = null, Note = WhatIsCopied() });

    private string WhatIsCopied()
    {
        int done = state.State.Averages.Count;
        return state.State.Checkpoint == null ? "copying the checkpoint" : $"copying averages {done + 1} of {done + state.State.ToCopy.Count}";
    }

    private string Progress()
    {
        int done = state.State.Averages.Count + (state.State.Checkpoint == null ? 0 : 1);
        return $" ({done} of {done + state.State.ToCopy.Count} copied)";
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name} is made from run {From} at iteration {Iteration}")]
    private partial void LogForked(string name, string from, long iteration);

    [LoggerMessage(Level = LogLevel.Error, Message = "Making training run {Name} from another one failed")]
    private partial void LogForkFailed(Exception error, string name);
}
