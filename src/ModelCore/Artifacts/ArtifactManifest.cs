using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>One file of an artifact: its name (with '/' between folders), its length in bytes and its digest.</summary>
public sealed record ArtifactFile(string Name, long Length, string Sha256);

/// <summary>Who made an artifact and when: recorded beside it, never part of its ID.</summary>
public sealed record Provenance(string Software, string Machine, DateTimeOffset Created)
{
    private static readonly string Version =
        typeof(Provenance).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>This program and its version.</summary>
    public static string ThisSoftware { get; } = $"RadioDiffusion {Version}";

    /// <summary>This program on this machine, now.</summary>
    public static Provenance OfThisProcess(TimeProvider time) => new(ThisSoftware, Environment.MachineName, time.GetUtcNow());
}

/// <summary>What the store knows of an artifact. It is written last, so an artifact with a manifest is whole.</summary>
public sealed record ArtifactManifest
{
    /// <summary>The manifest's name among the artifact's files.</summary>
    public const string FileName = "artifact.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The artifact's address.</summary>
    public required string Id { get; init; }

    /// <summary>What it was made from.</summary>
    public required Recipe Recipe { get; init; }

    /// <summary>Its files, ordered by name.</summary>
    public required IReadOnlyList<ArtifactFile> Files { get; init; }

    /// <summary>The digest over the files' names and digests: what the recipes of later artifacts take as input.</summary>
    public required string ContentDigest { get; init; }

    /// <summary>Who made it and when.</summary>
    public required Provenance Provenance { get; init; }

    /// <summary>Where the files lie, in a store that does not keep them beside the manifest.</summary>
    public string? Location { get; init; }

    /// <summary>The sum of the files' lengths, in bytes.</summary>
    [JsonIgnore]
    public long Length => Files.Sum(file => file.Length);

    /// <summary>The <see cref="ContentDigest"/> that an artifact of a folder's files will have.</summary>
    public static string ContentDigestOf(string directory) => Digests.OfFiles(ArtifactFolder.FilesIn(directory, CancellationToken.None));

    /// <summary>The manifest as an indented JSON document.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="RadioDiffusionException">The text is not a manifest; the message begins with <paramref name="where"/>.</exception>
    public static ArtifactManifest FromJson(ReadOnlySpan<byte> json, string where)
    {
        try
        {
            return JsonSerializer.Deserialize<ArtifactManifest>(json, Json) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"{where} should be an artifact's manifest, but it cannot be read: {error.Message}", error);
        }
    }
}
