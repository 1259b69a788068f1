using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>What an archive of a study says of it: pack.json. All else that is in the archive is named in it, with its digest.</summary>
public sealed record StudyPack
{
    /// <summary>Of this version of the program.</summary>
    public const string ThisFormat = "radiodiffusion-study";

    /// <inheritdoc cref="ThisFormat"/>
    public const int ThisVersion = 1;

    /// <summary>Folders of the archive: the study's files with small inputs, files of results for people, artifacts; and the study as it was resolved.</summary>
    public const string StudyFolder = "study/", ReportsFolder = "reports/", ArtifactsFolder = "artifacts/", ResolvedFile = "study.json";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public required string Format { get; init; }

    public required int Version { get; init; }

    /// <summary>Name of the study.</summary>
    public required string Study { get; init; }

    /// <summary>The study's own file among those of <see cref="StudyFolder"/>.</summary>
    public required string File { get; init; }

    /// <summary>Properties that were given on the command line.</summary>
    public SortedDictionary<string, string> Properties { get; init; } = new(StringComparer.Ordinal);

    /// <summary>With what it was built: program, libtorch, .NET, system.</summary>
    public SortedDictionary<string, string> Versions { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What the targets name from outside.</summary>
    public IReadOnlyList<PackedInput> Inputs { get; init; } = [];

    public required IReadOnlyList<PackedTarget> Targets { get; init; }

    /// <summary>All that is in the archive besides this.</summary>
    public IReadOnlyList<ArtifactFile> Files { get; init; } = [];

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, _json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static StudyPack FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<StudyPack>(json, _json) ?? throw new JsonException("it is null");
}

/// <summary>A file, folder, data set or model that targets name.</summary>
/// <param name="Value">The path or name as it was where the archive was made.</param>
/// <param name="Digest">Of its content.</param>
/// <param name="InArchive">Where it is in the archive's <see cref="StudyPack.StudyFolder"/>; null for what has to be there already.</param>
public sealed record PackedInput(string Value, string Digest, string? InArchive);

/// <summary>A target as it was built.</summary>
public sealed record PackedTarget
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    /// <summary>The ID of its artifact, which is the digest of <see cref="Recipe"/>.</summary>
    public required string Artifact { get; init; }

    public required Recipe Recipe { get; init; }

    public required SortedDictionary<string, TargetOutput> Outputs { get; init; }

    /// <summary>The ID of the artifact that it gave; null for none.</summary>
    [JsonIgnore]
    public string? Result => Outputs.TryGetValue(TargetKinds.Artifact, out var output) && output.Value.Length > 0 ? output.Value : null;

    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }

    /// <summary>The files of what it gave.</summary>
    public IReadOnlyList<ArtifactFile> Files { get; init; } = [];

    /// <summary>What can be compared where rounding differs: of an evaluation its figures, of images and tiles their means and standard deviations, of a model the norm of its weights.</summary>
    public SortedDictionary<string, double> Numbers { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The folder of the archive that has those of them which are for people; null for none.</summary>
    public string? Reports { get; init; }
}
