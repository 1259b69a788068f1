using RadioDiffusion.ModelCore.Networks;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>The Box-Cox transform with standardisation that made the flux condition: y = ((x^Lambda - 1) / Lambda - Mean) / StandardDeviation.</summary>
public sealed record FluxTransform(double Lambda, double Mean, double StandardDeviation);

/// <summary>What a snapshot's weights are for: the network, its conditions, and the images it makes. Stored as model.json.</summary>
public sealed record SnapshotDescription
{
    internal const string FileName = "model.json";
    internal const string WeightsFileName = "weights.safetensors";

    public string Name { get; init; } = "";

    public NetworkOptions Network { get; init; } = new();

    /// <summary>From peak flux to the standardised condition; null for models without flux.</summary>
    public FluxTransform? FluxTransform { get; init; }

    /// <summary>Names of the classes in the order of their labels.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    public double PixelScaleArcsec { get; init; }

    /// <summary>Width (FWHM) of the restoring beam.</summary>
    public double BeamArcsec { get; init; }

    /// <summary>Jy/beam, or empty for images without a unit.</summary>
    public string Unit { get; init; } = "";

    /// <summary>Training steps behind the weights.</summary>
    public long Iterations { get; init; }

    internal static SnapshotDescription Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            throw new RadioDiffusionException($"{directory} is not a snapshot: it has no {FileName}.");
        return JsonFile.Read<SnapshotDescription>(path);
    }

    internal void Write(string directory) => JsonFile.Write(Path.Combine(directory, FileName), this);
}
