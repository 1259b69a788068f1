using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Networks;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// Network and training of a run: a preset, and a JSON text with what is different, <c>{"network": {"dropout": 0.2}, "training": {"precision": "BFloat16"}}</c>,
/// under the names of <see cref="NetworkOptions"/> and <see cref="TrainingOptions"/>.
/// </summary>
public sealed record TrainingConfiguration(NetworkOptions Network, TrainingOptions Training)
{
    private const string NetworkSection = "network", TrainingSection = "training";

    private static readonly JsonSerializerOptions _strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <param name="preset">Where values come from that the text does not give.</param>
    /// <param name="json">What is different; null for nothing.</param>
    /// <exception cref="RadioDiffusionException">No such preset; the text is no JSON, names what is not there, or gives a value of another kind.</exception>
    public static TrainingConfiguration Of(string preset, string? json)
    {
        var (network, training) = (NetworkOptions.Preset(preset), TrainingOptions.Preset(preset));
        if (json == null)
            return new TrainingConfiguration(network, training);
        var sections = Parse(json);
        foreach (string name in sections.Select(section => section.Key).Where(name => name is not (NetworkSection or TrainingSection)))
            throw new RadioDiffusionException($"A training configuration has the sections '{NetworkSection}' and '{TrainingSection}', but this one has '{name}'.");
        return new TrainingConfiguration(Merge(network, sections, NetworkSection), Merge(training, sections, TrainingSection));
    }

    private static JsonObject Parse(string json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject
                ?? throw new RadioDiffusionException("A training configuration should be a JSON object, but it is something else.");
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"The training configuration cannot be read as JSON: {error.Message}", error);
        }
    }

    private static T Merge<T>(T preset, JsonObject sections, string name)
        where T : class
    {
        if (!sections.TryGetPropertyValue(name, out var given))
            return preset;
        if (given is not JsonObject changes)
            throw new RadioDiffusionException($"Section '{name}' of a training configuration should be a JSON object, but it is {given?.ToJsonString() ?? "null"}.");
        var merged = JsonSerializer.SerializeToNode(preset, _strict)!.AsObject();
        foreach (var (key, value) in changes)
        {
            string known = merged.FirstOrDefault(pair => pair.Key.Equals(key, StringComparison.OrdinalIgnoreCase)).Key ?? key;
            merged[known] = value?.DeepClone();
        }
        try
        {
            return merged.Deserialize<T>(_strict)!;
        }
        catch (JsonException error)
        {
            string names = string.Join(", ", typeof(T).GetProperties().Where(property => property.CanWrite).Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)));
            throw new RadioDiffusionException($"Section '{name}' of the training configuration is wrong: {error.Message} There are: {names}.", error);
        }
    }
}
