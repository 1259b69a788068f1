using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What a snapshot's weights are for: the network, its conditions, and the images it makes. Stored as model.json.</summary>
public sealed record SnapshotDescription
{
    public const string FileName = "model.json";
    public const string WeightsFileName = "weights.safetensors";

    public NetworkOptions Network { get; init; } = new();

    /// <summary>From peak flux to the standardised condition; null for models without flux.</summary>
    public BoxCoxTransform? FluxTransform { get; init; }

    /// <summary>Names of the classes in the order of their labels.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>What the channels of the images are; null for images of one channel.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public IReadOnlyList<ChannelDescription>? Channels { get; init; }

    public double PixelScaleArcsec { get; init; }

    /// <summary>Width (FWHM) of the restoring beam.</summary>
    public double BeamArcsec { get; init; }

    /// <summary>Jy/beam, or empty for images without a unit.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Training steps behind the weights.</summary>
    public long Iterations { get; init; }

    /// <summary>Trainable parameters.</summary>
    public long Parameters { get; init; }

    /// <summary>Peak fluxes of the training set, Jy/beam: 1st percentile, median, 99th percentile; empty for models without flux.</summary>
    public IReadOnlyList<double> PeakFluxPercentiles { get; init; } = [];

    /// <summary>The distribution of the training set's fluxes, to draw those of generated sources from; null for models without flux.</summary>
    public FluxDistribution? Fluxes { get; init; }

    /// <summary>Reads model.json.</summary>
    public static SnapshotDescription Parse(ReadOnlySpan<byte> json, string what) => JsonFile.Parse<SnapshotDescription>(json, what);

    internal static SnapshotDescription Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            throw new RadioDiffusionException($"{directory} is not a snapshot: it has no {FileName}.");
        return JsonFile.Read<SnapshotDescription>(path);
    }

    internal void Write(string directory) => JsonFile.Write(Path.Combine(directory, FileName), this);
}
