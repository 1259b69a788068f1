using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains.Evaluation;

/// <inheritdoc cref="IEvaluationGrain"/>
[GrainType("evaluation")]
internal sealed partial class EvaluationGrain(
    [PersistentState("evaluation", GrainStorageNames.Default)] IPersistentState<EvaluationState> state,
    EvaluationRunner runner,
    WakeUp wakeUp,
    ILogger<EvaluationGrain> logger) : Grain, IEvaluationGrain, IRemindable
{
    private static readonly TimeSpan _longestWork = TimeSpan.FromDays(7);          // 50,000 samples on a CPU
    private readonly CancellationTokenSource _deactivated = new();
    private Watched<EvaluationStatus> _status = null!;

    private string Name => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "an evaluation");
        _status = new Watched<EvaluationStatus>(StatusFromState());
        if (wakeUp.SurvivesSilos && state.State.Running != null)
            GoOn();
        return Task.CompletedTask;
    }

    /// <summary>Being awake is all it takes: an activation goes on with what is under way.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => state.State.Running == null ? wakeUp.CancelAsync(this) : Task.CompletedTask;

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _deactivated.Cancel();
        return Task.CompletedTask;
    }

    public async Task<EvaluationStatus> StartAsync(EvaluationRequest request, CancellationToken cancellationToken = default)
    {
        if (_status.Value.State == WorkState.Running)
        {
            return state.State.Running == request
                ? _status.Value
                : throw new UserErrorException(ErrorKind.Conflict, Name, $"Evaluation '{Name}' is under way with other settings: wait for it, or use another name.");
        }
        await state.ReplaceAsync(state.State with { Running = request, Failure = null }, Name, cancellationToken);
        await wakeUp.SetAsync(this);
        GoOn();
        return _status.Value;
    }

    public Task<EvaluationStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(_status.Value);

    public IAsyncEnumerable<EvaluationStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default) =>
        _status.WatchAsync(afterVersion, status => status.Version, status => status.State != WorkState.Running, cancellationToken);

    private EvaluationStatus StatusFromState()
    {
        var status = new EvaluationStatus { Name = Name, State = state.State.Artifact == null ? WorkState.None : WorkState.Done, Version = 0, Request = state.State.Request, Artifact = state.State.Artifact, Generated = state.State.Generated };
        return state.State switch
        {
            { Running: { } running } => status with { State = WorkState.Interrupted, Request = running, Error = "It was interrupted: ask again." },
            { Failure: { } failure } => status with { State = WorkState.Failed, Error = failure },
            _ => status,
        };
    }

    private void GoOn()
    {
        Change(status => status with { State = WorkState.Running, Request = state.State.Running, Phase = "looking at both sets", Done = 0, Total = 0, Error = null });
        _ = RunInBackgroundAsync(state.State.Running!);
    }

    private async Task RunInBackgroundAsync(EvaluationRequest request)
    {
        try
        {
            DelayDeactivation(_longestWork);
            var outcome = await runner.RunAsync(request, GrainFactory, (phase, done, total) => Change(status => status with { Phase = phase, Done = done, Total = total }), _deactivated.Token);
            await state.ReplaceAsync(new EvaluationState { Request = request, Artifact = outcome.Artifact, Generated = outcome.Generated }, Name, _deactivated.Token);
            await wakeUp.CancelAsync(this);
            Change(status => status with { State = WorkState.Done, Phase = "done", Artifact = outcome.Artifact, Generated = outcome.Generated, WasUpToDate = outcome.WasUpToDate });
        }
        catch (OperationCanceledException) when (_deactivated.IsCancellationRequested)
        {
            // The silo stops: the state says what was under way.
        }
        catch (Exception error)
        {
            if (!UserErrors.IsExpected(error))
                LogFailed(error, Name);
            await FailAsync(error.Message);
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>The result before it stays, and asking again starts anew. Whoever is told so finds it so later: it is stored first.</summary>
    private async Task FailAsync(string reason)
    {
        try
        {
            await state.ReplaceAsync(state.State with { Running = null, Failure = reason }, Name, CancellationToken.None);
            await wakeUp.CancelAsync(this);
        }
        catch (Exception error)
        {
            LogFailed(error, Name);                          // it is shown all the same, and later as interrupted
        }
        Change(status => status with { State = WorkState.Failed, Error = reason });
    }

    private void Change(Func<EvaluationStatus, EvaluationStatus> change)
    {
        var current = _status.Value;
        _status.Set(change(current) with { Version = current.Version + 1 });
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Evaluation {Name} failed")]
    private partial void LogFailed(Exception error, string name);
}

internal sealed record EvaluationState
{
    /// <summary>What was asked for when <see cref="Artifact"/> was made.</summary>
    public EvaluationRequest? Request { get; init; }

    /// <summary>The last result.</summary>
    public string? Artifact { get; init; }

    /// <summary>The generated set of it.</summary>
    public string? Generated { get; init; }

    /// <summary>What is under way.</summary>
    public EvaluationRequest? Running { get; init; }

    /// <summary>Why the last attempt failed, if it did.</summary>
    public string? Failure { get; init; }
}
