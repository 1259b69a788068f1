using System.Text;
using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>The result of a target as it stands in another one's parameters until it is known: {"$target": "lotss", "output": "dataset"}, or {"$join": [...]} in the middle of a text.</summary>
/// <param name="Target">Name of the target; empty for an input of the target itself.</param>
/// <param name="Output">Which of its results, or the name of the input.</param>
public sealed record TargetReference(string Target, string Output)
{
    private const string TargetKey = "$target", OutputKey = "output", JoinKey = "$join";

    /// <summary>Whether it stands for a file that the target itself names.</summary>
    public bool IsInput => Target.Length == 0;

    public JsonObject ToJson() => new() { [TargetKey] = Target, [OutputKey] = Output };

    /// <summary>A text with results in it.</summary>
    public static JsonObject Join(IEnumerable<JsonNode?> parts) => new() { [JoinKey] = new JsonArray([.. parts]) };

    /// <summary>All that a value refers to.</summary>
    public static IEnumerable<TargetReference> In(JsonNode? value) => value switch
    {
        JsonObject map when Of(map) is { } reference => [reference],
        JsonObject map => map.SelectMany(entry => In(entry.Value)),
        JsonArray list => list.SelectMany(In),
        _ => [],
    };

    /// <summary>The texts that stand beside results in the middle of a text.</summary>
    public static IEnumerable<string> Texts(JsonNode? value) => value switch
    {
        JsonObject map when map.TryGetPropertyValue(JoinKey, out var parts) => parts!.AsArray().OfType<JsonValue>().Select(part => part.ToString()),
        JsonObject map => map.SelectMany(entry => Texts(entry.Value)),
        JsonArray list => list.SelectMany(Texts),
        _ => [],
    };

    /// <summary>A value with its references filled in.</summary>
    /// <param name="value">With references.</param>
    /// <param name="resultOf">What a reference stands for.</param>
    public static JsonNode? Fill(JsonNode? value, Func<TargetReference, JsonNode?> resultOf) => value switch
    {
        JsonObject map when Of(map) is { } reference => resultOf(reference)?.DeepClone(),
        JsonObject map when map.TryGetPropertyValue(JoinKey, out var parts) => JsonValue.Create(Text(parts!.AsArray(), resultOf)),
        JsonObject map => new JsonObject(map.Select(entry => KeyValuePair.Create(entry.Key, Fill(entry.Value, resultOf)))),
        JsonArray list => new JsonArray([.. list.Select(item => Fill(item, resultOf))]),
        _ => value?.DeepClone(),
    };

    private static string Text(JsonArray parts, Func<TargetReference, JsonNode?> resultOf)
    {
        var text = new StringBuilder();
        foreach (var part in parts)
            text.Append(Fill(part, resultOf)?.ToString());
        return text.ToString();
    }

    private static TargetReference? Of(JsonObject map) =>
        map.TryGetPropertyValue(TargetKey, out var target) ? new TargetReference(target!.GetValue<string>(), map[OutputKey]!.GetValue<string>()) : null;
}
