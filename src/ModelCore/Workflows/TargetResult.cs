using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>A result of a target: what others use, and the digest of its content, which is all that their recipes see of it.</summary>
/// <param name="Value">A name, an artifact's ID, a path.</param>
/// <param name="Digest">Of what it stands for.</param>
public sealed record TargetOutput(string Value, string Digest);

/// <summary>What a target that has run gave: the file of its artifact.</summary>
public sealed record TargetResult
{
    /// <summary>The file's name in the artifact, and that of what the target wrote while it ran.</summary>
    public const string FileName = "target.json", LogFile = "log.txt";

    /// <summary>The kind of the artifacts.</summary>
    public const string ArtifactKind = "target";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public required SortedDictionary<string, TargetOutput> Outputs { get; init; }

    /// <summary>How long it ran.</summary>
    public double Seconds { get; init; }

    /// <summary>What people should know, such as what was left out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, _json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static TargetResult FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<TargetResult>(json, _json)!;
}

/// <summary>All that the result of a target depends on. Its digest names the target's artifact: if that is there, the target is up to date, in whichever study.</summary>
public static class TargetRecipe
{
    /// <param name="target">The target.</param>
    /// <param name="digestOf">The digest of another target's result.</param>
    /// <param name="contentOf">The digest of what else a parameter names: a path, a data set, a model.</param>
    public static Recipe Of(StudyTarget target, Func<TargetReference, string> digestOf, Func<TargetParameter, string, string> contentOf)
    {
        var kind = TargetKinds.Find(target.Kind)!;
        var parameters = new JsonObject { ["kind"] = kind.Name };
        foreach (var (name, value) in target.Parameters)
        {
            if (kind.Find(name) is { } parameter)
                parameters[name] = Content(parameter, value, contentOf, digestOf);
        }
        return new Recipe { Kind = TargetResult.ArtifactKind, AlgorithmVersion = kind.AlgorithmVersion, Parameters = parameters };
    }

    /// <summary>The paths and names in a target's parameters whose content counts, besides results of other targets.</summary>
    public static IEnumerable<(TargetParameter Parameter, string Value)> ExternalInputs(StudyTarget target)
    {
        var kind = TargetKinds.Find(target.Kind)!;
        foreach (var (name, value) in target.Parameters)
        {
            if (kind.Find(name) is not { Type: ParameterType.Path or ParameterType.PathMapping or ParameterType.Dataset or ParameterType.Model } parameter)
                continue;
            foreach (var one in value is JsonObject map && parameter.Type == ParameterType.PathMapping ? map.Select(entry => entry.Value) : [value])
            {
                if (one is JsonValue)
                    yield return (parameter, one.GetValue<string>());
            }
        }
    }

    /// <summary>The files and folders that a target names, to read or to write.</summary>
    public static IEnumerable<string> PathsIn(TargetKind kind, JsonObject parameters) => parameters
        .Where(entry => kind.Find(entry.Key) is { Type: ParameterType.Path or ParameterType.PathMapping or ParameterType.Destination })
        .SelectMany(entry => entry.Value is JsonObject map && kind.Find(entry.Key)!.Type == ParameterType.PathMapping ? map.Select(one => one.Value) : [entry.Value])
        .OfType<JsonValue>().Select(value => value.GetValue<string>());

    private static JsonNode? Content(TargetParameter parameter, JsonNode? value, Func<TargetParameter, string, string> contentOf, Func<TargetReference, string> digestOf)
    {
        JsonNode? Digest(TargetReference reference) => reference.IsInput ? JsonValue.Create($"input {reference.Output}") : JsonValue.Create(digestOf(reference));
        return parameter.Type switch
        {
            ParameterType.Path or ParameterType.Dataset or ParameterType.Model when value is JsonValue => JsonValue.Create(contentOf(parameter, value.GetValue<string>())),
            ParameterType.PathMapping => new JsonObject(value!.AsObject().Select(entry => KeyValuePair.Create(entry.Key,
                entry.Value is JsonValue ? JsonValue.Create(contentOf(parameter, entry.Value.GetValue<string>())) : TargetReference.Fill(entry.Value, Digest)))),
            _ => TargetReference.Fill(value, Digest),
        };
    }
}
