using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using Spectre.Console;

namespace RadioDiffusion.Client;

/// <summary>A build as it goes: a live tree on a terminal, a line for each change elsewhere.</summary>
internal sealed class BuildDisplay(Output output, string study, StreamWriter? events)
{
    private const int LinesOfATree = 30;
    private static readonly TimeSpan _betweenLines = TimeSpan.FromSeconds(5);
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    private readonly Dictionary<string, TargetStatus> _targets = [];
    private readonly Dictionary<string, long> _lastLine = [];
    private WorkflowStatus? _last;

    /// <summary>Starts a build and shows it until it stands still. When cancelled: asks it to pause, and waits for that.</summary>
    /// <param name="session">Where it is built.</param>
    /// <param name="study">Its name.</param>
    /// <param name="start">Idempotent.</param>
    /// <param name="output">Where to show it.</param>
    /// <param name="eventFile">A file that every change is appended to; null for none.</param>
    /// <param name="cancellationToken">Pauses it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> StayAsync(Session session, string study, Func<IWorkflowGrain, Task> start, Output output, string? eventFile, CancellationToken cancellationToken)
    {
        await using var events = eventFile == null ? null : new StreamWriter(eventFile, append: true) { AutoFlush = true };
        var display = new BuildDisplay(output, study, events);
        bool isOver = await display.BuildAsync(session, start, cancellationToken);
        int exitCode = display.Report();
        return isOver ? exitCode : ExitCode.Cancelled;
    }

    /// <summary>The same without a report at the end.</summary>
    /// <returns>How it ended.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled, and is paused.</exception>
    public static async Task<WorkflowStatus> StayAsync(Session session, string study, Func<IWorkflowGrain, Task> start, Output output, CancellationToken cancellationToken)
    {
        var display = new BuildDisplay(output, study, null);
        return await display.BuildAsync(session, start, cancellationToken) ? display._last! : throw new OperationCanceledException(cancellationToken);
    }

    /// <returns>Whether it came to an end, instead of being paused.</returns>
    private async Task<bool> BuildAsync(Session session, Func<IWorkflowGrain, Task> start, CancellationToken cancellationToken)
    {
        try
        {
            await session.WorkAsync(
                async token =>
                {
                    var workflow = session.Grains.Workflow(study);
                    await start(workflow);
                    return await ShowAsync(workflow, token);
                },
                status => status.State is WorkState.Done,
                cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            output.Message("Pausing: what runs is brought to a point where it can go on ...");
            var workflow = session.Grains.Workflow(study);
            await workflow.PauseAsync(CancellationToken.None);
            await workflow.FollowAsync(Take, CancellationToken.None);
            return false;
        }
    }

    private Task<WorkflowStatus> ShowAsync(IWorkflowGrain workflow, CancellationToken cancellationToken) => output.IsLive
        ? output.Terminal.Live(new Markup("")).AutoClear(true).StartAsync(context => workflow.FollowAsync(
            status =>
            {
                Take(status);
                context.UpdateTarget(Shown());
            },
            cancellationToken))
        : workflow.FollowAsync(Take, cancellationToken);

    private void Take(WorkflowStatus status)
    {
        _last = status;
        foreach (var target in status.Changes)
        {
            var before = _targets.GetValueOrDefault(target.Name);
            _targets[target.Name] = target;
            if (before?.State != target.State && target.State != TargetState.Waiting)
                events?.WriteLine(JsonSerializer.Serialize(new { Time = DateTimeOffset.UtcNow, Study = study, target.Name, target.Kind, target.State, target.Reason, target.Artifact, target.Seconds, target.Attempt, target.Error, target.Outputs }, _json));
            if (!output.IsLive && IsWorthALine(before, target))
                output.Message($"  {Line(target)}");
        }
    }

    private bool IsWorthALine(TargetStatus? before, TargetStatus target)
    {
        bool isNew = before?.State != target.State || before.Attempt != target.Attempt;
        if (target.State is TargetState.Waiting or TargetState.Queued or TargetState.UpToDate || (!isNew && target.State != TargetState.Running))
            return false;
        if (!isNew && (target.Progress?.Phase is not { Length: > 0 } || Stopwatch.GetElapsedTime(_lastLine.GetValueOrDefault(target.Name)) < _betweenLines))
            return false;
        _lastLine[target.Name] = Stopwatch.GetTimestamp();
        return true;
    }

    private static string Line(TargetStatus target) => target.State switch
    {
        TargetState.Running => $"{target.Name}: {(target.Progress is { Phase.Length: > 0 } progress ? Describe(progress) : $"begins ({(target.Attempt > 1 ? $"attempt {target.Attempt}" : target.Reason)})")}",
        TargetState.Done => $"{target.Name}: done in {Took(target.Seconds)}",
        TargetState.UpToDate => $"{target.Name}: up to date",
        TargetState.Failed => $"{target.Name}: failed: {target.Error}",
        TargetState.Blocked => $"{target.Name}: cannot run: {target.Reason}",
        TargetState.Stopped => $"{target.Name}: stopped",
        TargetState.Queued => $"{target.Name}: waits for its turn ({target.Reason})",
        _ => $"{target.Name}: waits",
    };

    /// <summary>As for trainings, but also of less than seconds.</summary>
    public static string Took(double seconds) => seconds < 10 ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.0} s") : TrainingDisplay.Duration(TimeSpan.FromSeconds(seconds));

    private static string Describe(TargetProgress progress)
    {
        string text = progress.Phase;
        if (progress.Total > 0)
            text += string.Create(CultureInfo.InvariantCulture, $", {progress.Done} of {progress.Total}");
        return double.IsNaN(progress.Loss) ? text : text + string.Create(CultureInfo.InvariantCulture, $", loss {progress.Loss:0.0000}");
    }

    /// <summary>What runs and what failed first, then what is done; the rest as numbers.</summary>
    private Tree Shown()
    {
        var tree = new Tree(Markup.Escape(Summary()));
        TargetState[] order = [TargetState.Running, TargetState.Failed, TargetState.Stopped, TargetState.Done, TargetState.Queued, TargetState.Waiting];
        foreach (var target in order.SelectMany(state => _targets.Values.Where(target => target.State == state)).Take(LinesOfATree))
        {
            string colour = target.State switch { TargetState.Running => "yellow", TargetState.Failed or TargetState.Blocked => "red", TargetState.Done => "green", _ => "grey" };
            tree.AddNode(new Markup($"[{colour}]{Markup.Escape(Line(target).Split('\n')[0])}[/]"));
        }
        return tree;
    }

    private string Summary() => _last is not { } status ? study
        : $"{study}: {status.UpToDate + status.Ran} of {status.Total} targets done ({status.UpToDate} were up to date){(status.Failed > 0 ? $", {status.Failed} failed, {status.Blocked} cannot run" : "")}";

    private int Report()
    {
        var status = _last!;
        var targets = _targets.Values.OrderBy(target => target.Name, StringComparer.Ordinal);
        output.Result(
            new { Study = study, status.State, status.Total, status.UpToDate, status.Ran, status.Failed, status.Blocked, status.Error, Build = status.LastBuild, Targets = targets },
            console =>
            {
                foreach (var target in targets.Where(target => target.State == TargetState.Failed))
                    console.Line($"{target.Name} failed: {target.Error}{(target.Log == null ? "" : $"\nAll that it wrote: radiodiffusion study log {study} '{target.Name}'")}");
                var named = targets.SelectMany(target => target.Outputs.Where(result => result.Name is "dataset" or "model" or "sky").Select(result => (target.Name, result))).Take(LinesOfATree).ToList();
                foreach (var (name, result) in named)
                    console.Line($"  {name}: {result.Name} {result.Value}");
                console.Line(status.State switch
                {
                    WorkState.Done when status.Ran == 0 => $"Study '{study}': all {status.Total} targets were up to date.",
                    WorkState.Done => $"Study '{study}': {status.Ran} targets ran, {status.UpToDate} were up to date.",
                    WorkState.Failed when status.Total > 0 => $"Study '{study}': {status.Failed} targets failed, {status.Blocked} could not run because of them, {status.Ran} ran, {status.UpToDate} were up to date. The same command tries again.",
                    WorkState.Failed => $"Study '{study}' failed: {status.Error}",
                    _ => $"Study '{study}' is {status.State.ToString().ToLowerInvariant()}: {status.Ran} targets ran, {status.UpToDate} were up to date. The same command goes on.",
                });
            });
        return status.State == WorkState.Done ? ExitCode.Done : status.State == WorkState.Failed && status.Ran + status.UpToDate > 0 ? ExitCode.PartlyDone : ExitCode.Failed;
    }
}
