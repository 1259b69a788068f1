using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// Network and training of a run: a preset, and a JSON text with what is different, <c>{"network": {"dropout": 0.2}, "training": {"precision": "BFloat16"}}</c>,
/// under the names of <see cref="NetworkOptions"/> and <see cref="TrainingOptions"/>. The list <c>"conditions": [{"name": "peakFlux"}, {"name": "LAS", "transform": "log"}]</c> says
/// which continuous values the model is conditioned on: how many they are decides <see cref="NetworkOptions.ContextDimension"/>.
/// </summary>
/// <param name="Network">Shape of the network; what belongs to the data (image, classes, context) is theirs.</param>
/// <param name="Training">How to train.</param>
public sealed record TrainingConfiguration(NetworkOptions Network, TrainingOptions Training)
{
    private const string NetworkSection = "network", TrainingSection = "training", ConditionsSection = "conditions";

    private static readonly JsonSerializerOptions _strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.Strict,
    };

    /// <summary>In the order of the network's context; null for the peak flux where the data set has it. A classifier has none.</summary>
    public IReadOnlyList<ConditionChoice>? Conditions { get; init; }

    /// <param name="preset">Where values come from that the text does not give.</param>
    /// <param name="json">What is different; null for nothing.</param>
    /// <exception cref="RadioDiffusionException">No such preset; the text is no JSON, names what is not there, or gives a value of another kind; a classifier is given conditions.</exception>
    public static TrainingConfiguration Of(string preset, string? json)
    {
        var (network, training) = (NetworkOptions.Preset(preset), TrainingOptions.Preset(preset));
        if (json == null)
            return new TrainingConfiguration(network, training) { Conditions = ConditionsFor(network, null) };
        var sections = Parse(json);
        foreach (string name in sections.Select(section => section.Key).Where(name => name is not (NetworkSection or TrainingSection or ConditionsSection)))
            throw new RadioDiffusionException($"A training configuration has the sections '{NetworkSection}', '{TrainingSection}' and '{ConditionsSection}', but this one has '{name}'.");
        network = Merge(network, sections, NetworkSection);
        return new TrainingConfiguration(network, Merge(training, sections, TrainingSection)) { Conditions = ConditionsFor(network, ConditionsOf(sections)) };
    }

    private static ConditionChoice[]? ConditionsFor(NetworkOptions network, ConditionChoice[]? asked)
    {
        if (network.Kind != NetworkKind.Classifier)
            return asked;
        return asked is null or []
            ? []
            : throw new RadioDiffusionException($"A classifier knows nothing but the image, but section '{ConditionsSection}' of the training configuration asks for {string.Join(", ", asked.Select(choice => choice.Name))}: leave it out.");
    }

    private static ConditionChoice[]? ConditionsOf(JsonObject sections)
    {
        if (!sections.TryGetPropertyValue(ConditionsSection, out var given))
            return null;
        ConditionChoice[]? choices;
        try
        {
            choices = (given as JsonArray)?.Deserialize<ConditionChoice[]>(_strict);
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"Section '{ConditionsSection}' of the training configuration is wrong: {error.Message} Each has a name, and may have a transform: {string.Join(", ", Enum.GetNames<ConditionTransform>())}.", error);
        }
        if (choices == null || choices.Any(choice => choice?.Name is null))
            throw new RadioDiffusionException($"Section '{ConditionsSection}' of a training configuration should be a list such as [{{\"name\": \"LAS\", \"transform\": \"log\"}}], but it is {given?.ToJsonString() ?? "null"}.");
        foreach (var choice in choices)
        {
            ConditionQuantity.CheckName(choice.Name);
            if (!Enum.IsDefined(choice.Transform))
                throw new RadioDiffusionException($"The transform of condition '{choice.Name}' should be one of {string.Join(", ", Enum.GetNames<ConditionTransform>())}, but it is {choice.Transform}.");
        }
        if (choices.GroupBy(choice => choice.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new RadioDiffusionException($"Condition '{twice.Key}' of a training configuration should be there once, but it is there {twice.Count()} times.");
        return choices;
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
