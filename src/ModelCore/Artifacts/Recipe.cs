using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// All that an artifact's bytes depend on. Its hash is the artifact's address, so the software's version, the machine and the
/// date are not in it (see <see cref="Provenance"/>): equal inputs give equal IDs, here and downstream.
/// </summary>
public sealed record Recipe
{
    private const int HashLength = 32;                       // 128 bits in hexadecimal

    /// <summary>What is made: 'dataset', 'checkpoint', 'sky-tile': lower-case letters, digits and hyphens.</summary>
    public required string Kind
    {
        get;
        init
        {
            if (value.Length is 0 or > 60 || value[0] is < 'a' or > 'z' || value.Any(letter => letter is not (>= 'a' and <= 'z') and not (>= '0' and <= '9') and not '-'))
                throw new RadioDiffusionException($"A kind of artifact should be lower-case letters, digits and hyphens, but it is '{value}'.");
            field = value;
        }
    }

    /// <summary>Counted up by the programmer when the same inputs and parameters give other bytes than before.</summary>
    public required int AlgorithmVersion { get; init; }

    /// <summary>Role to content digest: what went in, by its bytes and not by its name.</summary>
    public SortedDictionary<string, string> Inputs { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Every parameter that changes the bytes, also those at their defaults.</summary>
    public JsonObject Parameters { get; init; } = [];

    /// <summary>The recipe in the one spelling that is hashed.</summary>
    [JsonIgnore]
    public string Canonical => CanonicalJson.Write(new JsonObject
    {
        ["inputs"] = new JsonObject(Inputs.Select(input => KeyValuePair.Create(input.Key, (JsonNode?)input.Value))),
        ["kind"] = Kind,
        ["parameters"] = Parameters.DeepClone(),
        ["version"] = AlgorithmVersion,
    });

    /// <summary>The artifact's address: the kind and the first 32 hexadecimal digits of the SHA-256 of <see cref="Canonical"/>.</summary>
    [JsonIgnore]
    public string Id => $"{Kind}-{Digests.Hex(Encoding.UTF8.GetBytes(Canonical))[..HashLength]}";

    /// <summary>Recipes are equal when they say the same, however it was spelled.</summary>
    public bool Equals(Recipe? other) => other is not null && Canonical == other.Canonical;

    public override int GetHashCode() => Canonical.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Canonical;
}
