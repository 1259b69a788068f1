using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Silo.Http;

/// <summary>A study as one looks at it: its targets and dependencies, and of each target what is known now, or was known at the end of the last build.</summary>
public sealed record StudyView
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    public required WorkState State { get; init; }

    /// <summary>Why the build ended as it did, if it did not end well.</summary>
    public string? Error { get; init; }

    /// <summary>The artifact with the study, as it was built last or is being built.</summary>
    public required string Study { get; init; }

    /// <summary>The record of the last build that ended.</summary>
    public string? LastBuild { get; init; }

    /// <summary>Each after those that it needs.</summary>
    public required IReadOnlyList<StudyTargetView> Targets { get; init; }

    /// <summary>Which targets need which.</summary>
    public required IReadOnlyList<StudyEdge> Edges { get; init; }

    internal static async Task<StudyView> ReadAsync(IWorkflowGrain workflow, string name, IArtifactStore store, CancellationToken cancellationToken)
    {
        var (status, study, targets) = await StudyTargets.ReadAsync(workflow, name, store, cancellationToken);
        return new StudyView
        {
            Name = name,
            Description = study.Description,
            State = status.State,
            Error = status.Error,
            Study = status.Request!.Study,
            LastBuild = status.LastBuild,
            Targets = [.. study.Targets.Select(target => targets.Find(target.Name))],
            Edges = [.. study.Targets.SelectMany(target => target.DependsOn.Select(needed => new StudyEdge(needed, target.Name)))],
        };
    }
}

/// <summary>A dependency: one target needs what another one gives, or is to come after it.</summary>
/// <param name="From">The target that comes first.</param>
/// <param name="To">The one that needs it.</param>
public sealed record StudyEdge(string From, string To);

/// <summary>A target of a study, as far as it is known.</summary>
/// <param name="Name">With the values of its matrix.</param>
/// <param name="Kind">dataset, train and so on.</param>
/// <param name="State">Null if it was never built.</param>
/// <param name="Reason">Why it ran, or why it did not.</param>
/// <param name="IsFromBefore">Whether the build that is under way, or was last, is of other targets only.</param>
/// <param name="Progress">While it runs.</param>
/// <param name="Seconds">How long it ran, when its result was made.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Attempt">1 for the first one, in the build that is under way; 0 else.</param>
/// <param name="Artifact">The artifact with its result, whether it is there yet or not.</param>
/// <param name="Location">Where more is told of it.</param>
public sealed record StudyTargetView(string Name, string Kind, string? State, string Reason, bool IsFromBefore, TargetProgress? Progress, double Seconds, string? Error, int Attempt, string? Artifact, string Location);

/// <summary>What is known of a study's targets: of those of the build that is under way, or that ended last while somebody looked, by the study's grain; of the others by the last build's record.</summary>
internal sealed class StudyTargets
{
    private readonly string _study;
    private readonly Dictionary<string, StudyTarget> _targets;
    private readonly Dictionary<string, TargetStatus> _now = [];
    private readonly Dictionary<string, BuiltTarget> _built;

    private StudyTargets(string name, Study study, BuildRecord? record)
    {
        _study = name;
        _targets = study.Targets.ToDictionary(target => target.Name);
        _built = (record?.Targets ?? []).ToDictionary(target => target.Name);
    }

    /// <exception cref="UserErrorException">Nothing was built of it yet.</exception>
    public static async Task<(WorkflowStatus Status, Study Study, StudyTargets Targets)> ReadAsync(IWorkflowGrain workflow, string name, IArtifactStore store, CancellationToken cancellationToken)
    {
        var seen = new List<TargetStatus>();
        WorkflowStatus? status = null;
        await foreach (var page in workflow.WatchAsync(-1, cancellationToken))
        {
            status = page;
            seen.AddRange(page.Changes);
            if (!page.HasMore)
                break;
        }
        if (status?.Request == null)
            throw new UserErrorException(ErrorKind.NotFound, name, $"Nothing was built of study '{name}' yet.");
        var study = await StudyArtifact.ReadAsync(store, status.Request.Study, cancellationToken);
        var targets = new StudyTargets(name, study, await BuildRecord.FindAsync(store, status.LastBuild, cancellationToken));
        foreach (var target in seen)
            targets._now[target.Name] = target;
        return (status, study, targets);
    }

    public StudyTargetView Find(string name)
    {
        string location = $"{StudiesApi.PathOf(_study)}/targets/{StudiesApi.Escaped(name)}";
        if (_now.TryGetValue(name, out var now))
            return new StudyTargetView(name, now.Kind, now.State.ToString(), now.Reason, false, now.Progress, now.Seconds, now.Error, now.Attempt, now.Artifact, location);
        return _built.TryGetValue(name, out var built)
            ? new StudyTargetView(name, built.Kind, built.State, built.Reason, built.IsFromBefore || _now.Count > 0, null, built.Seconds, built.Error, 0, built.Artifact, location)
            : new StudyTargetView(name, _targets[name].Kind, null, "", false, null, 0, null, 0, null, location);
    }

    /// <summary>What a target gave; null if it has not run to its end.</summary>
    public IReadOnlyDictionary<string, TargetOutput>? OutputsOf(string name) => _now.TryGetValue(name, out var now)
        ? now.Outputs.Count > 0 ? now.Outputs.ToDictionary(output => output.Name, output => new TargetOutput(output.Value, output.Digest)) : null
        : _built.GetValueOrDefault(name)?.Outputs;

    /// <summary>The artifact with what its program wrote, if it failed.</summary>
    public string? LogOf(string name) => _now.TryGetValue(name, out var now) ? now.Log : _built.GetValueOrDefault(name)?.Log;

    /// <summary>Whether an artifact belongs to one of the targets: their records, logs and results.</summary>
    public bool Have(string artifact) => _targets.Keys.Any(name => Find(name).Artifact == artifact || LogOf(name) == artifact || OutputsOf(name)?.Values.Any(output => output.Value == artifact) == true);
}
