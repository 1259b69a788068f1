using System.Text.Json;
using System.Threading.Channels;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>Builds a study: looks at each target once what it depends on is done, and lets the grains of those run that are not up to date.</summary>
/// <remarks>Runs in the turns of the study's grain, so that nothing here needs a lock.</remarks>
internal sealed class WorkflowRunner(IArtifactStore store, IGrainFactory grains, string study, Action<string, Func<TargetStatus, TargetStatus>> change)
{
    private const int LooksInFlight = 32, LongestText = 1500;
    private static readonly TimeSpan _wait = TimeSpan.FromSeconds(8), _progressEvery = TimeSpan.FromMilliseconds(200), _pauseGrowsBy = TimeSpan.FromMilliseconds(20);
    private readonly Dictionary<string, TargetResult> _results = [];
    private readonly Dictionary<string, LookedUpTarget> _lookedUp = [];
    private readonly Channel<Action> _events = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private TargetSchedule _schedule = null!;
    private TargetLookup _lookup = null!;
    private int _looking, _running;

    /// <summary>What targets gave, as far as they are done or up to date.</summary>
    public IReadOnlyDictionary<string, TargetResult> Results => _results;

    /// <param name="targets">Each after those that it depends on.</param>
    /// <param name="limits">Of resources.</param>
    /// <param name="atATime">Targets that run at a time at most.</param>
    /// <param name="previous">The last build.</param>
    /// <param name="stop">Stops it: what runs is asked to stop, and waited for.</param>
    public async Task RunAsync(IReadOnlyList<StudyTarget> targets, IReadOnlyDictionary<string, int> limits, int atATime, BuildRecord? previous, CancellationToken stop)
    {
        _schedule = new TargetSchedule(targets, limits, atATime);
        _lookup = new TargetLookup(store, new StudyContents(grains), previous);
        while (!_schedule.IsOver || _looking + _running > 0)
        {
            if (!stop.IsCancellationRequested)
                Begin(stop);
            if (_looking + _running == 0)
                break;                                       // it was stopped
            (await _events.Reader.ReadAsync(CancellationToken.None))();
        }
        stop.ThrowIfCancellationRequested();
    }

    private void Begin(CancellationToken stop)
    {
        while (_looking < LooksInFlight && _schedule.NextToLookAt() is { } target)
        {
            _looking++;
            _ = LookAsync(target, stop);
        }
        while (_schedule.NextToRun() is { } target)
        {
            _running++;
            _ = RunAsync(target, stop);
        }
    }

    private async Task LookAsync(StudyTarget target, CancellationToken stop)
    {
        Action done;
        try
        {
            var found = await _lookup.LookAsync(target, _results, stop);
            done = () => LookedAt(target, found);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            done = () => { };
        }
        catch (Exception error)
        {
            done = () => Fail(target, error.Message);
        }
        _events.Writer.TryWrite(() =>
        {
            _looking--;
            done();
        });
    }

    private void LookedAt(StudyTarget target, LookedUpTarget found)
    {
        _lookedUp[target.Name] = found;
        if (found.Result is { } result)
        {
            Succeed(target, result, TargetState.UpToDate);
            return;
        }
        change(target.Name, status => status with { State = TargetState.Queued, Reason = Short(found.Reason), Artifact = found.Id });
        _schedule.MustRun(target.Name);
    }

    private async Task RunAsync(StudyTarget target, CancellationToken stop)
    {
        Action done;
        try
        {
            var (result, last) = await AttemptsAsync(target, stop);
            done = result != null ? () => Succeed(target, result, TargetState.Done) : () => Fail(target, last.Error ?? $"It ended as {last.State}.", last.Log);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            done = () => change(target.Name, status => status with { State = TargetState.Stopped, Progress = null });
        }
        catch (Exception error)
        {
            done = () => Fail(target, error.Message);
        }
        _events.Writer.TryWrite(() =>
        {
            _running--;
            _schedule.Free(target.Name);
            done();
        });
    }

    private async Task<(TargetResult? Result, TargetProgress Last)> AttemptsAsync(StudyTarget target, CancellationToken stop)
    {
        var request = RequestOf(target);
        if (_lookedUp[target.Name] is { IsLost: true, Id: var id })
            await store.DeleteAsync(id, stop);               // else it would be taken for done
        for (int attempt = 1; ; attempt++)
        {
            int now = attempt;
            change(target.Name, status => status with { State = TargetState.Running, Attempt = now, Progress = null, Log = null });
            var last = await AttemptAsync(target, request, stop);
            if (last.State == WorkState.Done)
                return (new TargetResult { Outputs = new(last.Outputs.ToDictionary(output => output.Name, output => new TargetOutput(output.Value, output.Digest)), StringComparer.Ordinal), Seconds = last.Seconds }, last);
            stop.ThrowIfCancellationRequested();
            if (attempt > target.Retry)
                return (null, last);
        }
    }

    private async Task<TargetProgress> AttemptAsync(StudyTarget target, TargetRequest request, CancellationToken stop)
    {
        var grain = grains.GetGrain<ITargetGrain>(_lookedUp[target.Name].Id);
        var patience = new Patience(TimeProvider.System);
        var pause = TimeSpan.Zero;
        while (true)
        {
            try
            {
                var progress = await grain.StartAsync(request, CancellationToken.None);
                while (progress.State == WorkState.Running && !stop.IsCancellationRequested)
                {
                    progress = await NextAsync(grain, pause, stop);
                    pause = pause < _progressEvery ? pause + _pauseGrowsBy : pause;
                    patience.Renew();
                    if (progress.State == WorkState.Running)
                        change(target.Name, status => status with { Progress = progress });
                }
                // Where another study wants it too, it goes on without this one.
                while (progress.State == WorkState.Running && await grain.ReleaseAsync(study, CancellationToken.None))
                    progress = await grain.WaitAsync(_wait, CancellationToken.None);
                if (progress.State == WorkState.Paused && !stop.IsCancellationRequested)
                    continue;                                // another study gave it up just now
                return progress;
            }
            catch (Exception error) when (Outages.IsOutage(error) && !stop.IsCancellationRequested)
            {
                // Its silo is gone: the grain comes up elsewhere and goes on, or finds what was done.
                if (!await patience.PauseAsync(stop))
                    throw;
            }
        }
    }

    /// <summary>The next progress, not too often: a training tells some a second. What is done at once is not waited for, so the pauses begin with none.</summary>
    private static async Task<TargetProgress> NextAsync(ITargetGrain grain, TimeSpan pause, CancellationToken stop)
    {
        try
        {
            var progress = await grain.WaitAsync(_wait, CancellationToken.None).WaitAsync(stop);
            if (progress is { State: WorkState.Running, Phase.Length: > 0 })
                await Task.Delay(pause, stop);
            return progress;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new TargetProgress { State = WorkState.Running };
        }
    }

    private TargetRequest RequestOf(StudyTarget target)
    {
        var references = TargetReference.In(target.Parameters).Where(reference => !reference.IsInput).Distinct();
        return new TargetRequest
        {
            Study = study,
            Name = target.Name,
            Kind = target.Kind,
            Parameters = target.Parameters.ToJsonString(),
            Results = [.. references.Select(Result)],
            Recipe = JsonSerializer.Serialize(_lookedUp[target.Name].Recipe, JsonSerializerOptions.Web),
            TimeoutSeconds = target.TimeoutSeconds,
        };
    }

    private NamedOutput Result(TargetReference reference)
    {
        var output = _results[reference.Target].Outputs[reference.Output];
        return new NamedOutput($"{reference.Target}.{reference.Output}", output.Value, output.Digest);
    }

    private void Succeed(StudyTarget target, TargetResult result, TargetState state)
    {
        _results[target.Name] = result;
        change(target.Name, status => status with
        {
            State = state,
            Reason = state == TargetState.UpToDate ? "up to date" : status.Reason,
            Artifact = _lookedUp[target.Name].Id,
            Progress = null,
            Seconds = result.Seconds,
            Outputs = [.. result.Outputs.Select(output => new NamedOutput(output.Key, output.Value.Value, output.Value.Digest))],
        });
        _schedule.Done(target.Name);
    }

    private void Fail(StudyTarget target, string error, string? log = null)
    {
        change(target.Name, status => status with { State = TargetState.Failed, Error = Short(error), Progress = null, Log = log });
        foreach (var blocked in _schedule.Failed(target.Name))
            change(blocked.Name, status => status with { State = TargetState.Blocked, Reason = $"'{target.Name}' failed" });
    }

    /// <summary>Some hundred of them go into one message.</summary>
    private static string Short(string text) => text.Length <= LongestText ? text : $"{text[..LongestText]} ...";
}
