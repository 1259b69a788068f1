using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.SyntheticSky;

public sealed partial record SkyRecipe
{
    /// <summary>Counted up when equal recipes give other pixels than before.</summary>
    public const int AlgorithmVersion = 3;

    private const int DigestLength = 16;

    private static readonly JsonSerializerOptions _strict = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        IgnoreReadOnlyProperties = true,
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = JsonNumberHandling.Strict,
        Converters = { new JsonStringEnumConverter(null, allowIntegerValues: false) },
    };

    /// <summary>A recipe with all sections, also those that one may do without.</summary>
    private static readonly SkyRecipe _whole = new() { Clustering = new SkyClustering(), Images = new SkyImages { Model = "" }, Background = new SkyBackground() };

    /// <summary>What a section has that a recipe did without.</summary>
    private static readonly JsonObject _sections = Node(_whole);

    /// <summary>All keys there are.</summary>
    private static readonly JsonObject _keys = Node(_whole with { Images = _whole.Images! with { Library = "" }, Background = new SkyBackground { Map = "", Library = "", LibraryDigest = "" } });

    /// <summary>The name of the sky by what it is: 16 hexadecimal digits of the SHA-256 of all numbers but the area, so that the same sky seen elsewhere has the same tiles.</summary>
    public string Digest
    {
        get
        {
            var node = Node(this);
            node.Remove("area");
            return Digests.Hex(Encoding.UTF8.GetBytes(CanonicalJson.Write(new JsonObject { ["sky"] = node, ["version"] = AlgorithmVersion })))[..DigestLength];
        }
    }

    /// <summary>As <see cref="Parse"/> reads it: keys in camelCase, all of them.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, _strict);

    /// <summary>The same in one line, for headers.</summary>
    public string ToLine() => CanonicalJson.Write(Node(this));

    /// <param name="json">A JSON object; keys that it does not have are as in a new recipe.</param>
    /// <exception cref="RadioDiffusionException">No JSON; a key that there is not, a value of another kind or out of range: the message names it.</exception>
    public static SkyRecipe Parse(string json) => new SkyRecipe().With(json);

    /// <param name="preset">One of <see cref="SkyPresets.Names"/>.</param>
    /// <param name="json">What is different, <c>{"seed": 7, "survey": {"rmsMicroJansky": 30}, "images": null}</c>; null for nothing.</param>
    /// <exception cref="RadioDiffusionException">No such preset, or as in <see cref="Parse"/>.</exception>
    public static SkyRecipe Of(string preset, string? json) => json == null ? SkyPresets.Of(preset) : SkyPresets.Of(preset).With(json);

    private SkyRecipe With(string json)
    {
        JsonObject changes;
        try
        {
            changes = JsonNode.Parse(json, documentOptions: new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject
                ?? throw new RadioDiffusionException("The recipe of a sky should be a JSON object, but it is something else.");
            var merged = Node(this);
            Merge(merged, changes, _keys, "");
            var recipe = merged.Deserialize<SkyRecipe>(_strict)!;
            recipe.CheckAsAsked();
            return recipe;
        }
        catch (Exception error) when (error is JsonException or ArgumentException)   // of JsonObject: a key that is there twice
        {
            throw new RadioDiffusionException($"The recipe of a sky cannot be read: {error.Message}", error);
        }
    }

    private static void Merge(JsonObject into, JsonObject changes, JsonObject keys, string where)
    {
        foreach (var (key, value) in changes)
        {
            if (!keys.ContainsKey(key))
                throw new RadioDiffusionException($"The recipe of a sky has no '{where}{key}'. There are: {string.Join(", ", keys.Select(known => where + known.Key))}.");
            if (keys[key] is not JsonObject section || value is null)
                into[key] = value?.DeepClone();
            else if (value is not JsonObject part)
                throw new RadioDiffusionException($"In the recipe of a sky, {where}{key} should be a JSON object, but it is {value.ToJsonString()}.");
            else
                Merge((JsonObject)(into[key] ??= (_sections[key] ?? section).DeepClone()), part, section, $"{where}{key}.");
        }
    }

    private static JsonObject Node(SkyRecipe recipe) => JsonSerializer.SerializeToNode(recipe, _strict)!.AsObject();
}
