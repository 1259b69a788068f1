using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>How what a target gave compares with what it gave elsewhere.</summary>
public enum ReplayVerdict
{
    /// <summary>Of the same recipe, byte for byte.</summary>
    Equal,

    /// <summary>Of the same recipe, with numbers that differ by no more than was allowed.</summary>
    Close,

    Different,

    /// <summary>It gave nothing here.</summary>
    Missing,
}

/// <summary>A number that differs.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Was">In the archive; NaN if it was not there.</param>
/// <param name="Is">Here; NaN if it is not there.</param>
public sealed record DifferentNumber(string Name, double Was, double Is)
{
    /// <summary>Relative to the larger one.</summary>
    public double Share => double.IsNaN(Was) || double.IsNaN(Is) ? double.PositiveInfinity : Math.Abs(Was - Is) / Math.Max(Math.Abs(Was), Math.Abs(Is));
}

/// <summary>A target of an archive beside what it gave here.</summary>
/// <param name="Name">The target.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Verdict">How they compare.</param>
/// <param name="Was">ID of its artifact in the archive.</param>
/// <param name="Is">Here; null if there is none.</param>
/// <param name="Differences">What differs, in words: of the recipe, of the results, of their files.</param>
/// <param name="Numbers">Those of its result that differ, the largest differences first.</param>
public sealed record ReplayedTarget(string Name, string Kind, ReplayVerdict Verdict, string Was, string? Is, IReadOnlyList<string> Differences, IReadOnlyList<DifferentNumber> Numbers)
{
    private static readonly JsonSerializerOptions _readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A target that gave nothing.</summary>
    public static ReplayedTarget Without(PackedTarget was, string reason) => new(was.Name, was.Kind, ReplayVerdict.Missing, was.Artifact, null, [reason], []);

    /// <param name="was">The target in the archive.</param>
    /// <param name="now">The same here.</param>
    /// <param name="results">Digests of all targets' results with the targets' names, in the archive and here: a recipe that differs in them alone is the same one.</param>
    /// <param name="verdicts">Of the targets before it, by name.</param>
    /// <param name="tolerance">By what share numbers may differ.</param>
    public static ReplayedTarget Of(PackedTarget was, PackedTarget now, (IReadOnlyDictionary<string, string> Was, IReadOnlyDictionary<string, string> Is) results, IReadOnlyDictionary<string, ReplayVerdict> verdicts, double tolerance)
    {
        var followed = new SortedSet<string>(StringComparer.Ordinal);
        var recipe = RecipeDifferences(was, now, results, followed).ToList();
        // A copy is as equal as what it copies, wherever it was written.
        bool isCopy = was.Kind == "export";
        var result = isCopy && followed.Count == 0 ? [] : ResultDifferences(was, now).ToList();
        var different = Compare(was.Numbers, now.Numbers);
        var verdict = recipe.Count > 0 ? ReplayVerdict.Different
            : result.Count == 0 ? ReplayVerdict.Equal
            : isCopy ? followed.Max(name => verdicts.GetValueOrDefault(name, ReplayVerdict.Different))
            : was.Numbers.Count > 0 && different.All(number => number.Share <= tolerance) ? ReplayVerdict.Close
            : ReplayVerdict.Different;
        string[] after = followed.Count == 0 ? [] : [$"{string.Join(", ", followed.Select(name => $"'{name}'"))} gave something else"];
        return new ReplayedTarget(was.Name, was.Kind, verdict, was.Artifact, now.Artifact, [.. recipe, .. after, .. result], different);
    }

    private static IEnumerable<string> RecipeDifferences(PackedTarget was, PackedTarget now, (IReadOnlyDictionary<string, string> Was, IReadOnlyDictionary<string, string> Is) results, SortedSet<string> followed)
    {
        if (was.Kind != now.Kind)
            yield return $"it is of kind {now.Kind} and was of kind {was.Kind}";
        if (was.Recipe.AlgorithmVersion != now.Recipe.AlgorithmVersion)
            yield return "this version of the program makes it in another way";
        var kind = TargetKinds.Find(was.Kind);
        foreach (string name in was.Recipe.Parameters.Select(entry => entry.Key).Union(now.Recipe.Parameters.Select(entry => entry.Key)).Order(StringComparer.Ordinal))
        {
            var (before, here) = (was.Recipe.Parameters[name], now.Recipe.Parameters[name]);
            if (name == "kind" || kind?.Find(name)?.Type == ParameterType.Destination || CanonicalJson.Write(before) == CanonicalJson.Write(here))
                continue;
            var named = new SortedSet<string>(StringComparer.Ordinal);
            if (CanonicalJson.Write(WithNames(before, results.Was, named)) == CanonicalJson.Write(WithNames(here, results.Is, named)))
                followed.UnionWith(named.Where(target => DigestsOf(target, results.Was) != DigestsOf(target, results.Is)));
            else
                yield return $"'{name}' is {Short(here)} and was {Short(before)}";
        }
    }

    /// <summary>A value with the names of targets in the place of their results' digests.</summary>
    private static JsonNode? WithNames(JsonNode? value, IReadOnlyDictionary<string, string> results, SortedSet<string> named)
    {
        switch (value)
        {
            case JsonObject map:
                return new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, WithNames(entry.Value, results, named))));
            case JsonArray list:
                return new JsonArray([.. list.Select(item => WithNames(item, results, named))]);
            case JsonValue word when word.TryGetValue(out string? text) && results.TryGetValue(text, out string? target):
                named.Add(target);
                return JsonValue.Create($"result of {target}");
            default:
                return value?.DeepClone();
        }
    }

    private static string DigestsOf(string target, IReadOnlyDictionary<string, string> results) => string.Join(' ', results.Where(result => result.Value == target).Select(result => result.Key).Order(StringComparer.Ordinal));

    private static IEnumerable<string> ResultDifferences(PackedTarget was, PackedTarget now)
    {
        var different = was.Outputs.Where(output => now.Outputs.GetValueOrDefault(output.Key)?.Digest != output.Value.Digest).ToList();
        if (different.Count == 0)
            yield break;                                     // files that differ all the same are no part of the result, such as pages that name the system
        // Several results of a target are mostly one under several names.
        foreach (var group in different.GroupBy(output => (Was: output.Value.Digest, Is: now.Outputs.GetValueOrDefault(output.Key)?.Digest)))
            yield return $"its {string.Join(", ", group.Select(output => output.Key))} {(group.Count() == 1 ? "has" : "have")} the digest {Short(group.Key.Is)} and had {Short(group.Key.Was)}";
        var here = now.Files.ToDictionary(file => file.Name);
        foreach (var file in was.Files.Where(file => here.GetValueOrDefault(file.Name)?.Sha256 != file.Sha256))
            yield return here.TryGetValue(file.Name, out var other) ? $"{file.Name} differs ({other.Length} bytes, {file.Length} before)" : $"{file.Name} is missing";
        foreach (var file in now.Files.Where(file => was.Files.All(other => other.Name != file.Name)))
            yield return $"{file.Name} is new";
    }

    private static List<DifferentNumber> Compare(IReadOnlyDictionary<string, double> was, IReadOnlyDictionary<string, double> here) =>
    [
        .. was.Keys.Union(here.Keys)
            .Select(name => new DifferentNumber(name, was.GetValueOrDefault(name, double.NaN), here.GetValueOrDefault(name, double.NaN)))
            .Where(number => !number.Was.Equals(number.Is))
            .OrderByDescending(number => number.Share).ThenBy(number => number.Name, StringComparer.Ordinal),
    ];

    private static string Short(JsonNode? value) => value == null ? "not given" : Short(value is JsonValue ? value.ToString() : value.ToJsonString(_readable));

    private static string Short(string? text) => text == null ? "none" : text.StartsWith("sha256:", StringComparison.Ordinal) && text.Length > 19 ? text[..19] + "..." : text.Length <= 80 ? $"'{text}'" : $"'{text[..77]}...'";
}
