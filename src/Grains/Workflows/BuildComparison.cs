using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>Two builds beside each other, of one study or of two, target by target.</summary>
/// <param name="A">The older one, or that of the first study.</param>
/// <param name="B">The newer one, or that of the second study.</param>
/// <param name="Same">How many targets differ in nothing.</param>
/// <param name="Targets">Those that differ, in the order of B, then those that only A has.</param>
public sealed record BuildComparison(BuildSummary A, BuildSummary B, int Same, IReadOnlyList<ComparedTarget> Targets)
{
    public static async Task<BuildComparison> MakeAsync(RecordedBuild a, RecordedBuild b, IArtifactStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var (first, second) = (await BuildSide.ReadAsync(a.Record, store, cancellationToken), await BuildSide.ReadAsync(b.Record, store, cancellationToken));
        var compared = new List<ComparedTarget>();
        foreach (string name in second.Names.Union(first.Names))
            compared.Add(await CompareAsync(name, first, second, store, grains, cancellationToken));
        return new BuildComparison(a.Summary, b.Summary, compared.Count(target => !target.Differs), [.. compared.Where(target => target.Differs)]);
    }

    private static async Task<ComparedTarget> CompareAsync(string name, BuildSide a, BuildSide b, IArtifactStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var (before, now) = (a.Built(name), b.Built(name));
        bool? isSame = before?.Outputs is { } old && now?.Outputs is { } present ? old.Count == present.Count && old.All(output => present.GetValueOrDefault(output.Key)?.Digest == output.Value.Digest) : null;
        var compared = new ComparedTarget
        {
            Name = name,
            Kind = now?.Kind ?? before?.Kind ?? (b.Target(name) ?? a.Target(name))!.Kind,
            StateA = before?.State,
            StateB = now?.State,
            Recipe = await RecipeChangeAsync(name, a, b, store, cancellationToken),
            IsSameResult = isSame,
            SecondsA = before?.Outputs == null ? null : before.Seconds,
            SecondsB = now?.Outputs == null ? null : now.Seconds,
            ErrorA = before?.Error,
            ErrorB = now?.Error,
        };
        return isSame == true ? compared : compared with { Numbers = await NumbersAsync(compared.Kind, before, now, store, grains, cancellationToken) };
    }

    /// <summary>What another recipe a target has, by the recipes of its artifacts; where one did not come to be, or is gone, by what the studies say.</summary>
    private static async Task<string?> RecipeChangeAsync(string name, BuildSide a, BuildSide b, IArtifactStore store, CancellationToken cancellationToken)
    {
        if (a.Target(name) is not { } before)
            return "only B has it";
        if (b.Target(name) is not { } now)
            return "only A has it";
        var (artifactA, artifactB) = (a.Built(name)?.Artifact, b.Built(name)?.Artifact);
        if (artifactA != null && artifactA == artifactB)
            return null;
        if (artifactA != null && artifactB != null && await store.FindAsync(artifactA, cancellationToken) is { } first && await store.FindAsync(artifactB, cancellationToken) is { } second)
            return TargetLookup.Difference(now, first.Recipe, second.Recipe);
        if (!RecipeOf(before).Equals(RecipeOf(now)))
            return TargetLookup.Difference(now, RecipeOf(before), RecipeOf(now));
        return artifactA != null && artifactB != null ? "what it uses has another content" : null;
    }

    private static Recipe RecipeOf(StudyTarget target) => new() { Kind = target.Kind, AlgorithmVersion = 1, Parameters = target.Parameters };

    private static async Task<IReadOnlyList<ComparedNumber>> NumbersAsync(string kind, BuiltTarget? before, BuiltTarget? now, IArtifactStore store, IGrainFactory grains, CancellationToken cancellationToken)
    {
        async Task<Dictionary<string, double>> OfAsync(BuiltTarget? target) => target?.Outputs is { } outputs
            ? (await TargetNumbers.OfAsync(kind, outputs, store, grains, cancellationToken)).ToDictionary(number => number.Name, number => number.Value)
            : [];
        var (first, second) = (await OfAsync(before), await OfAsync(now));
        return [.. second.Keys.Union(first.Keys).Select(name => new ComparedNumber(name, first.TryGetValue(name, out double a) ? a : null, second.TryGetValue(name, out double b) ? b : null))];
    }

    /// <summary>A build with its study, by the names of targets.</summary>
    private sealed record BuildSide(Study Study, Dictionary<string, StudyTarget> Targets, Dictionary<string, BuiltTarget> BuiltTargets)
    {
        public IEnumerable<string> Names => Study.Targets.Select(target => target.Name);

        public StudyTarget? Target(string name) => Targets.GetValueOrDefault(name);

        public BuiltTarget? Built(string name) => BuiltTargets.GetValueOrDefault(name);

        public static async Task<BuildSide> ReadAsync(BuildRecord record, IArtifactStore store, CancellationToken cancellationToken)
        {
            var study = await StudyArtifact.ReadAsync(store, record.Study, cancellationToken);
            return new BuildSide(study, study.Targets.ToDictionary(target => target.Name), record.Targets.ToDictionary(target => target.Name));
        }
    }
}

/// <summary>A target in two builds.</summary>
public sealed record ComparedTarget
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    /// <summary>As <see cref="TargetState"/> has it; null where the build knows nothing of it.</summary>
    public string? StateA { get; init; }

    public string? StateB { get; init; }

    /// <summary>What is different about what it is made from, in words; null for nothing.</summary>
    public string? Recipe { get; init; }

    /// <summary>Whether both builds have the same result; null where one has none.</summary>
    public bool? IsSameResult { get; init; }

    /// <summary>How long it ran when its result was made; null without a result.</summary>
    public double? SecondsA { get; init; }

    public double? SecondsB { get; init; }

    public string? ErrorA { get; init; }

    public string? ErrorB { get; init; }

    /// <summary>Numbers of the results, where those are not the same.</summary>
    public IReadOnlyList<ComparedNumber> Numbers { get; init; } = [];

    /// <summary>Whether something about it is to be told: up to date is as good as done, and only what ran anew takes another time.</summary>
    public bool Differs => Recipe != null || IsSameResult == false || Settled(StateA) != Settled(StateB) || SecondsA != SecondsB;

    private static string? Settled(string? state) => state == nameof(TargetState.UpToDate) ? nameof(TargetState.Done) : state;
}

/// <summary>A number of a target's result in two builds; null where one does not have it.</summary>
public sealed record ComparedNumber(string Name, double? A, double? B);
