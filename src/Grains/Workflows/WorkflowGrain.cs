using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <inheritdoc cref="IWorkflowGrain"/>
/// <remarks>Its state says what is under way; which targets are done, the store says. So a build that was cut off needs nothing but to be asked for again.</remarks>
[GrainType("workflow")]
internal sealed partial class WorkflowGrain(
    [PersistentState("workflow", GrainStorageNames.Default)] IPersistentState<WorkflowState> state,
    IArtifactStore store,
    WakeUp wakeUp,
    TimeProvider time,
    ILogger<WorkflowGrain> logger) : Grain, IWorkflowGrain, IRemindable
{
    private const int ChangesInAMessage = 300;
    private static readonly TimeSpan _longestWork = TimeSpan.FromDays(60), _betweenMessages = TimeSpan.FromMilliseconds(50);
    private readonly Dictionary<string, TargetStatus> _targets = [];
    private readonly Dictionary<string, long> _versions = [];
    private readonly List<string> _changes = [];             // names, in the order of their changes; the version is the place; empty for one of the whole
    private Watched<WorkflowStatus> _status = null!;
    private CancellationTokenSource _stop = new();
    private BuildRecord? _previous;                          // that of the build before
    private bool _isDeactivated;
    private bool _isCancelled;

    private string Name => this.GetPrimaryKeyString();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Names.Check(Name, "a study");
        bool goesOn = wakeUp.SurvivesSilos && state.State is { Running: not null, IsPaused: false };
        if (!goesOn)
            await RecordInterruptedAsync();
        _status = new Watched<WorkflowStatus>(StatusFromState());
        if (goesOn)
            GoOn();
    }

    /// <summary>Being awake is all it takes: an activation goes on with what is under way.</summary>
    public Task ReceiveReminder(string reminderName, TickStatus status) => state.State is { Running: not null, IsPaused: false } ? Task.CompletedTask : wakeUp.CancelAsync(this);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _isDeactivated = true;
        _stop.Cancel();
        return Task.CompletedTask;
    }

    public async Task<WorkflowStatus> StartAsync(WorkflowRequest request, CancellationToken cancellationToken = default)
    {
        if (request.AtATime is < 1 or > 10_000)
            throw new UserErrorException(ErrorKind.Invalid, Name, $"From 1 to 10000 targets run at a time, but {request.AtATime} were asked for.");
        if (_status.Value.State == WorkState.Running)
        {
            return state.State.Running == request
                ? PageAfter(-1)
                : throw new UserErrorException(ErrorKind.Conflict, Name, $"Study '{Name}' is being built from another file or with other settings: wait for it, stop it ('radiodiffusion study pause {Name}'), or give this one another name.");
        }
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Studies).AddAsync(Name, cancellationToken);
        await state.ReplaceAsync(state.State with { Running = request, Began = time.GetUtcNow(), IsPaused = false, Failure = null }, Name, cancellationToken);
        await wakeUp.SetAsync(this);
        GoOn();
        return PageAfter(-1);
    }

    public async Task<WorkflowStatus> ResumeAsync(CancellationToken cancellationToken = default)
    {
        if (_status.Value.State == WorkState.Running)
            return PageAfter(-1);
        return (state.State.Running ?? state.State.Last) is { } request
            ? await StartAsync(request, cancellationToken)
            : throw new UserErrorException(ErrorKind.NotFound, Name, $"There is no study '{Name}' to go on with: 'radiodiffusion study list' shows those there are.");
    }

    public async Task<WorkflowStatus> PauseAsync(CancellationToken cancellationToken = default)
    {
        if (_status.Value.State == WorkState.Running && !state.State.IsPaused)
        {
            await state.ReplaceAsync(state.State with { IsPaused = true }, Name, cancellationToken);
            _stop.Cancel();
        }
        return PageAfter(-1);
    }

    public async Task<WorkflowStatus> CancelAsync(CancellationToken cancellationToken = default)
    {
        if (_status.Value.State == WorkState.Running)
        {
            _isCancelled = true;
            _stop.Cancel();
        }
        else if (state.State.Running != null)
        {
            _previous = await BuildRecord.FindAsync(store, state.State.LastBuild, cancellationToken);
            string build = await RecordAsync(state.State.Running, WorkState.None, FromBefore(), null);
            await state.ReplaceAsync(new WorkflowState { Last = state.State.Running, LastBuild = build }, Name, cancellationToken);
            Change(StatusFromState());
        }
        return PageAfter(-1);
    }

    public Task<WorkflowStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Task.FromResult(PageAfter(-1));

    public async IAsyncEnumerable<WorkflowStatus> WatchAsync(long afterVersion, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var changed = _status.NextChange;
            var page = PageAfter(afterVersion);
            if (page.Version > afterVersion)
            {
                afterVersion = page.Version;
                yield return page;
                if (page.IsLast)
                    yield break;
                if (!page.HasMore)
                    await Task.Delay(_betweenMessages, cancellationToken);   // ten thousand small targets are told by the hundred
                continue;
            }
            if (page.IsLast)
                yield break;
            await changed.WaitAsync(cancellationToken);
        }
    }

    private WorkflowStatus StatusFromState()
    {
        var status = new WorkflowStatus { Name = Name, State = state.State.LastBuild == null ? WorkState.None : state.State.LastState, Version = 0, Request = state.State.Running ?? state.State.Last, LastBuild = state.State.LastBuild, Error = state.State.Failure };
        return state.State switch
        {
            { Running: not null, IsPaused: true } => status with { State = WorkState.Paused },
            { Running: not null } => status with { State = WorkState.Interrupted, Error = "It was interrupted: build it again to go on." },
            _ => status,
        };
    }

    private void GoOn()
    {
        _targets.Clear();
        _stop = new CancellationTokenSource();
        _isCancelled = false;
        Change(_status.Value with { State = WorkState.Running, Request = state.State.Running, Total = 0, Error = null });
        _ = RunInBackgroundAsync(state.State.Running!, _stop.Token);
    }

    private async Task RunInBackgroundAsync(WorkflowRequest request, CancellationToken stop)
    {
        try
        {
            DelayDeactivation(_longestWork);
            _previous = null;
            _previous = await BuildRecord.FindAsync(store, state.State.LastBuild, CancellationToken.None);
            Study? study = null;
            try
            {
                study = await StudyArtifact.ReadAsync(store, request.Study, stop);
                var targets = study.NeededFor(request.Targets?.Items.ToArray() ?? []);
                foreach (var target in targets)
                    _targets[target.Name] = new TargetStatus { Name = target.Name, Kind = target.Kind };
                targets.ToList().ForEach(target => Log(target.Name));
                Change(_status.Value with { Total = targets.Count });
                await new WorkflowRunner(store, GrainFactory, Name, Change).RunAsync(targets, study.Limits, request.AtATime, _previous, stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // It was stopped: what is done is in the store.
            }
            if (!_isDeactivated)
                await EndAsync(request, study == null ? FromBefore() : TargetsOf(study.Targets.Select(target => target.Name)), stop.IsCancellationRequested);
        }
        catch (Exception error)
        {
            if (_isDeactivated)
                return;                                      // the state says what was under way
            if (!UserErrors.IsExpected(error))
                LogFailed(error, Name);
            await FailAsync(request, error.Message);
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>For the record: what is known of targets that this build did not come to stays known.</summary>
    private BuiltTarget[] TargetsOf(IEnumerable<string> names)
    {
        var before = FromBefore().ToDictionary(target => target.Name);
        return [.. names.Select(name => Built(_targets.GetValueOrDefault(name), before.GetValueOrDefault(name))).OfType<BuiltTarget>()];
    }

    private BuiltTarget[] FromBefore() => [.. (_previous?.Targets ?? []).Select(target => target with { IsFromBefore = true })];

    private static BuiltTarget? Built(TargetStatus? now, BuiltTarget? before)
    {
        if (now == null)
            return before;
        var built = new BuiltTarget { Name = now.Name, Kind = now.Kind, State = now.State.ToString(), Reason = now.Reason, Error = now.Error, Log = now.Log };
        return now.Artifact == null
            ? built with { Artifact = before?.Artifact, Seconds = before?.Seconds ?? 0, Outputs = before?.Outputs }
            : built with { Artifact = now.Artifact, Seconds = now.Seconds, Outputs = OutputsOf(now) };
    }

    private static SortedDictionary<string, TargetOutput>? OutputsOf(TargetStatus target) => target.State is not (TargetState.Done or TargetState.UpToDate) ? null
        : new(target.Outputs.ToDictionary(output => output.Name, output => new TargetOutput(output.Value, output.Digest)), StringComparer.Ordinal);

    /// <summary>What became of it is stored before it is told.</summary>
    private async Task EndAsync(WorkflowRequest request, IReadOnlyList<BuiltTarget> targets, bool isStopped)
    {
        var end = isStopped ? (_isCancelled ? WorkState.None : WorkState.Paused) : _targets.Values.Any(target => target.State is TargetState.Failed or TargetState.Blocked) ? WorkState.Failed : WorkState.Done;
        string build = await RecordAsync(request, end, targets, null);
        string? failure = end == WorkState.Failed ? $"{_targets.Values.Count(target => target.State == TargetState.Failed)} of {_targets.Count} targets failed" : null;
        await state.ReplaceAsync(
            end == WorkState.Paused ? state.State with { Began = null, LastBuild = build, LastState = end } : new WorkflowState { Last = request, LastBuild = build, LastState = end, Failure = failure },
            Name, CancellationToken.None);
        await wakeUp.CancelAsync(this);
        Change(_status.Value with { State = end, LastBuild = build, Error = failure });
    }

    private async Task FailAsync(WorkflowRequest request, string reason)
    {
        string? build = state.State.LastBuild;
        try
        {
            build = await RecordAsync(request, WorkState.Failed, TargetsOf(FromBefore().Select(target => target.Name).Union(_targets.Keys)), reason);
        }
        catch (Exception error)
        {
            LogFailed(error, Name);                          // the state says all the same that it failed
        }
        try
        {
            await state.ReplaceAsync(state.State with { Running = null, Began = null, IsPaused = false, Last = request, LastBuild = build, LastState = WorkState.Failed, Failure = reason }, Name, CancellationToken.None);
            await wakeUp.CancelAsync(this);
        }
        catch (Exception error)
        {
            LogFailed(error, Name);                          // it is shown all the same, and later as interrupted
        }
        Change(_status.Value with { State = WorkState.Failed, LastBuild = build, Error = reason });
    }

    /// <summary>
    /// The history tells of a build that was killed as well. Nobody knows what it did: its results are in the store, and the next build finds them. It is recorded once, and can go on all the same.
    /// </summary>
    private async Task RecordInterruptedAsync()
    {
        if (state.State is not { Running: { } request, Began: not null })
            return;
        try
        {
            _previous = await BuildRecord.FindAsync(store, state.State.LastBuild, CancellationToken.None);
            string build = await RecordAsync(request, state.State.IsPaused ? WorkState.Paused : WorkState.Interrupted, FromBefore(), null);
            await state.ReplaceAsync(state.State with { Began = null, LastBuild = build }, Name, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogFailed(error, Name);                          // a full disk keeps nobody from looking; it is recorded another time
        }
    }

    private async Task<string> RecordAsync(WorkflowRequest request, WorkState end, IReadOnlyList<BuiltTarget> targets, string? error)
    {
        var now = time.GetUtcNow();
        var record = new BuildRecord
        {
            Study = request.Study,
            Previous = state.State.LastBuild,
            Began = state.State.Began ?? now,
            Ended = now,
            State = end.ToString(),
            Error = error,
            Targets = targets,
        };
        return await record.PutAsync(store, Name, CancellationToken.None);
    }

    private void Change(WorkflowStatus status)
    {
        Log("");
        _status.Set(status);
    }

    private void Change(string target, Func<TargetStatus, TargetStatus> change)
    {
        _targets[target] = change(_targets[target]);
        Log(target);
        _status.Set(_status.Value);
    }

    private void Log(string target)
    {
        _changes.Add(target);
        _versions[target] = _changes.Count;
    }

    /// <summary>The status with the targets that changed after a version, the first changes first.</summary>
    private WorkflowStatus PageAfter(long version)
    {
        var changes = new List<TargetStatus>();
        int i = (int)Math.Clamp(version, 0, _changes.Count);
        for (; i < _changes.Count && changes.Count < ChangesInAMessage; i++)
        {
            // What has changed again since comes later.
            if (_versions[_changes[i]] == i + 1 && _targets.TryGetValue(_changes[i], out var target))
                changes.Add(target);
        }
        return _status.Value with
        {
            Version = i,
            Changes = changes,
            HasMore = i < _changes.Count,
            UpToDate = Count(TargetState.UpToDate),
            Ran = Count(TargetState.Done),
            Failed = Count(TargetState.Failed),
            Blocked = Count(TargetState.Blocked),
        };
    }

    private int Count(TargetState wanted) => _targets.Values.Count(target => target.State == wanted);

    [LoggerMessage(Level = LogLevel.Error, Message = "Study {Name} failed")]
    private partial void LogFailed(Exception error, string name);
}

internal sealed record WorkflowState
{
    /// <summary>What is under way, or paused.</summary>
    public WorkflowRequest? Running { get; init; }

    /// <summary>When that began; null once there is a record of how it ended, or was left.</summary>
    public DateTimeOffset? Began { get; init; }

    public bool IsPaused { get; init; }

    /// <summary>What was built last.</summary>
    public WorkflowRequest? Last { get; init; }

    /// <summary>The record of the last build that ended or was stopped.</summary>
    public string? LastBuild { get; init; }

    public WorkState LastState { get; init; }

    /// <summary>Why it failed, if it did.</summary>
    public string? Failure { get; init; }
}
