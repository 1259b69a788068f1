using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What a snapshot's weights are for: the network, its conditions, and the images it makes. Stored as model.json.</summary>
public sealed record SnapshotDescription
{
    public const string FileName = "model.json";
    public const string WeightsFileName = "weights.safetensors";

    public NetworkOptions Network { get; init; } = new();

    /// <summary>From peak flux to the standardised condition, for models of the peak flux alone, as the published ones are; null for others.</summary>
    public BoxCoxTransform? FluxTransform { get; init; }

    /// <summary>Whether its network takes one value, a flux, of which nobody has said how it was scaled.</summary>
    [JsonIgnore]
    public bool TakesScaledFlux => Network.ContextDimension == 1 && Values.Count == 0;

    /// <summary>The values that the model is conditioned on, in the order of the network's context; null for models of the peak flux alone, and for those without values.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public IReadOnlyList<ConditionDescription>? Conditions { get; init; }

    /// <summary>The same for every model: none where it has none, or where it is not known what its context means.</summary>
    [JsonIgnore]
    public IReadOnlyList<ConditionDescription> Values =>
        Conditions ?? (FluxTransform is { } transform ? [ConditionDescription.OfPeakFlux(transform, PeakFluxPercentiles)] : []);

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

    /// <summary>How its samples are made where nothing else is asked for; null for as the paper does.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UsualSampling? Usual { get; init; }

    /// <summary>Training steps behind the weights.</summary>
    public long Iterations { get; init; }

    /// <summary>Trainable parameters.</summary>
    public long Parameters { get; init; }

    /// <summary>Peak fluxes of the training set, Jy/beam: 1st percentile, median, 99th percentile; empty for models without flux.</summary>
    public IReadOnlyList<double> PeakFluxPercentiles { get; init; } = [];

    /// <summary>The distribution of the training set's fluxes, to draw those of generated sources from; null for models without flux.</summary>
    public FluxDistribution? Fluxes { get; init; }

    /// <summary>Reads model.json.</summary>
    /// <exception cref="RadioDiffusionException">It is cut off, not of this kind, or has other conditions than its network.</exception>
    public static SnapshotDescription Parse(ReadOnlySpan<byte> json, string what)
    {
        var description = JsonFile.Parse<SnapshotDescription>(json, what);
        return description.Conditions is not { } conditions || conditions.Count == description.Network.ContextDimension
            ? description
            : throw new RadioDiffusionException($"{what} should describe the {description.Network.ContextDimension} conditions of its network, but it has {conditions.Count}.");
    }

    internal static SnapshotDescription Read(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            throw new RadioDiffusionException($"{directory} is not a snapshot: it has no {FileName}.");
        return Parse(File.ReadAllBytes(path), path);
    }

    internal void Write(string directory) => JsonFile.Write(Path.Combine(directory, FileName), this);
}

/// <summary>The solver and the guidance that a model is made for.</summary>
/// <param name="Solver">A solver's name.</param>
/// <param name="Steps">Its steps.</param>
/// <param name="SigmaMin">Its lowest noise level before 0.</param>
/// <param name="Rho">How much its noise levels crowd towards the low end.</param>
/// <param name="Guidance">Guidance strength omega.</param>
public sealed record UsualSampling(string Solver, int Steps, double SigmaMin, double Rho, double Guidance)
{
    /// <summary>The solver with its noise levels.</summary>
    [JsonIgnore]
    public SolverOptions Options => new(Steps, SigmaMin, Rho: Rho) { Name = Solver };

    /// <summary>A student has its teacher's guidance in it.</summary>
    public static UsualSampling Of(DistillationOptions student) => new(student.Solver.Name, student.Steps, student.SigmaMin, student.Rho, 0);
}
