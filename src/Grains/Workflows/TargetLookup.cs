using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>What is known of a target once all that it depends on is done.</summary>
/// <param name="Recipe">All that its result depends on.</param>
/// <param name="Id">The recipe's digest: the artifact with its result.</param>
/// <param name="Result">Its result, if it is up to date.</param>
/// <param name="Reason">Why it has to run, or that it need not.</param>
/// <param name="IsLost">Whether its artifact is there, but not what it stands for: somebody has deleted that.</param>
public sealed record LookedUpTarget(Recipe Recipe, string Id, TargetResult? Result, string Reason, bool IsLost = false);

/// <summary>Whether targets are up to date: a target is when an artifact of its recipe is in the store.</summary>
/// <param name="store">Where results are.</param>
/// <param name="contents">What the study names besides its targets.</param>
/// <param name="previous">The last build of the study, for reasons.</param>
public sealed class TargetLookup(IArtifactStore store, StudyContents contents, BuildRecord? previous)
{
    private const int LongestValue = 60, BeforeDifference = 20;
    private static readonly JsonSerializerOptions _readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly Dictionary<string, BuiltTarget> _previous = (previous?.Targets ?? []).ToDictionary(target => target.Name);

    /// <param name="target">The target.</param>
    /// <param name="results">Of the targets that it refers to.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UserErrorException">It names a file, data set or model that is not there.</exception>
    public async Task<LookedUpTarget> LookAsync(StudyTarget target, IReadOnlyDictionary<string, TargetResult> results, CancellationToken cancellationToken)
    {
        var recipe = TargetRecipe.Of(target, reference => results[reference.Target].Outputs[reference.Output].Digest, await contents.OfAsync(target, cancellationToken));
        string id = recipe.Id;
        if (await store.FindAsync(id, cancellationToken) is not { } manifest)
            return new LookedUpTarget(recipe, id, null, await ReasonAsync(target, recipe, id, cancellationToken));
        var before = _previous.GetValueOrDefault(target.Name);
        // What the last build knows need not be read again.
        var result = before?.Artifact == id && before.Outputs is { } outputs ? new TargetResult { Outputs = outputs, Seconds = before.Seconds } : await ReadAsync(store, id, cancellationToken);
        string? lost = target.Kind == "export" ? ExportedFiles.Missing(await store.GetDirectoryAsync(id, cancellationToken), manifest.Provenance.Created) : await LostAsync(result, cancellationToken);
        return lost == null ? new LookedUpTarget(recipe, id, result, "up to date") : new LookedUpTarget(recipe, id, null, lost, IsLost: true);
    }

    /// <summary>How long a target took when it ran last, in the last build; null where that is not known.</summary>
    public double? SecondsOf(StudyTarget target) => _previous.TryGetValue(target.Name, out var before) && before.Outputs != null ? before.Seconds : null;

    public static async Task<TargetResult> ReadAsync(IArtifactStore store, string id, CancellationToken cancellationToken) =>
        TargetResult.FromJson(await store.ReadFileAsync(id, TargetResult.FileName, cancellationToken));

    /// <summary>The artifact that a result names may have been deleted.</summary>
    private async Task<string?> LostAsync(TargetResult result, CancellationToken cancellationToken) =>
        result.Outputs.TryGetValue(TargetKinds.Artifact, out var artifact) && artifact.Value.Length > 0 && await store.FindAsync(artifact.Value, cancellationToken) == null
            ? $"its result {artifact.Value} is not in the store any more"
            : null;

    private async Task<string> ReasonAsync(StudyTarget target, Recipe recipe, string id, CancellationToken cancellationToken)
    {
        if (!_previous.TryGetValue(target.Name, out var before) || before.Artifact == null)
            return "not built yet";
        if (before.Artifact == id)
            return before.State is "Failed" or "Stopped" or "Running" ? "was not finished" : "its result is not in the store any more";
        return await store.FindAsync(before.Artifact, cancellationToken) is { } manifest ? Difference(target, manifest.Recipe, recipe) : "it is not as it was";
    }

    /// <summary>The parameters that differ between two recipes of a target, in words.</summary>
    /// <param name="target">As the study has it now.</param>
    /// <param name="before">The older recipe.</param>
    /// <param name="now">The newer one.</param>
    public static string Difference(StudyTarget target, Recipe before, Recipe now)
    {
        if (before.AlgorithmVersion != now.AlgorithmVersion)
            return "this version of the program makes it in another way";
        var changes = new List<string>();
        foreach (string name in before.Parameters.Select(entry => entry.Key).Union(now.Parameters.Select(entry => entry.Key)).Order(StringComparer.Ordinal))
        {
            var (old, present) = (before.Parameters[name], now.Parameters[name]);
            if (JsonNode.DeepEquals(old, present))
                continue;
            changes.Add(TargetReference.In(target.Parameters[name]).FirstOrDefault(reference => !reference.IsInput) is { } reference ? $"the result of '{reference.Target}' is another one"
                : TargetKinds.Find(target.Kind)!.Find(name) is { Type: ParameterType.Path or ParameterType.PathMapping or ParameterType.Dataset or ParameterType.Model } && old != null && present != null ? $"the content of '{name}' has changed"
                : old == null ? $"'{name}' is {Short(Text(present))} and was not given"
                : present == null ? $"'{name}' is not given and was {Short(Text(old))}"
                : Changed(name, Text(old), Text(present)));
        }
        return changes.Count == 0 ? "it is not as it was" : string.Join("; ", changes.Distinct());
    }

    /// <summary>Of long values the part where they begin to differ.</summary>
    private static string Changed(string name, string old, string present)
    {
        int same = old.AsSpan().CommonPrefixLength(present);
        int start = Math.Max(old.Length, present.Length) <= LongestValue ? 0 : Math.Max(0, same - BeforeDifference);
        string before = start > 0 ? "..." : "";
        return $"'{name}' is {before}{Short(present[start..])} and was {before}{Short(old[start..])}";
    }

    private static string Text(JsonNode? value) => value?.ToJsonString(_readable) ?? "";

    private static string Short(string text) => text.Length <= LongestValue ? text : text[..(LongestValue - 3)] + "...";
}
