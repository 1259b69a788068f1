using Orleans.Concurrency;

namespace RadioDiffusion.Grains.Interfaces.Models;

/// <summary>A named entry of the model registry: which snapshot the name stands for, and where it came from. The key is the name.</summary>
[Alias("RadioDiffusion.IModelGrain")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>Lets the name stand for a stored snapshot. The same one again does nothing.</summary>
    [Alias("Register")]
    Task<ModelEntry> RegisterAsync(string snapshotArtifact, string lineage, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts making a snapshot of weights that were trained elsewhere, to which the name is given, and returns at once. Asking again while it runs does
    /// nothing; another request is refused then. Equal files and options give the same snapshot.
    /// </summary>
    [Alias("StartImport"), AlwaysInterleave]
    Task<ModelImportStatus> StartImportAsync(ModelImportRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts making a snapshot of the averages that a training run has kept, to which the name is given, and returns at once. Asking again while it runs
    /// does nothing; another request is refused then.
    /// </summary>
    [Alias("StartReconstruction"), AlwaysInterleave]
    Task<ModelImportStatus> StartReconstructionAsync(ModelReconstruction request, CancellationToken cancellationToken = default);

    /// <summary>The state of the last import or reconstruction, when it has changed or after a wait of at most 8 seconds.</summary>
    [Alias("WaitImport"), AlwaysInterleave]
    Task<ModelImportStatus> WaitImportAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <exception cref="UserErrorException">No model has this name.</exception>
    [Alias("Get")]
    Task<ModelEntry> GetAsync(CancellationToken cancellationToken = default);
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.ModelEntry")]
public sealed record ModelEntry
{
    [Id(0)] public required string Name { get; init; }

    /// <summary>The artifact with weights.safetensors and model.json.</summary>
    [Id(1)] public required string Snapshot { get; init; }

    /// <summary>16 hexadecimal digits: how sample IDs name the model.</summary>
    [Id(2)] public required string Digest { get; init; }

    /// <summary>Where the snapshot came from, in words.</summary>
    [Id(3)] public required string Lineage { get; init; }

    /// <summary>Those that its images are conditioned on, or that a classifier tells apart.</summary>
    [Id(4)] public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Whether samples are conditioned on peak flux.</summary>
    [Id(5)] public required bool NeedsFlux { get; init; }

    /// <summary>Training iterations behind it.</summary>
    [Id(6)] public required long Iterations { get; init; }

    /// <summary>Trainable parameters.</summary>
    [Id(7)] public required long Parameters { get; init; }

    [Id(8)] public required int ImageSize { get; init; }

    /// <summary>Peak fluxes of the training set, mJy/beam: 1st percentile, median, 99th percentile.</summary>
    [Id(9)] public IReadOnlyList<double> FluxRange { get; init; } = [];

    /// <summary>Names of the channels of its images; none for images of one channel.</summary>
    [Id(20)] public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>The continuous values that it is conditioned on, the peak flux among them.</summary>
    [Id(21)] public IReadOnlyList<ModelCondition> Conditions { get; init; } = [];

    /// <summary>Whether it tells the classes of images; otherwise it makes images.</summary>
    [Id(22)] public bool IsClassifier { get; init; }

    /// <summary>How its samples are made where nothing else is asked for; null for as is usual for all.</summary>
    [Id(23)] public ModelUsual? Usual { get; init; }

    /// <summary>Whether samples may be conditioned on a peak flux as the network takes it, since nobody has said how it was scaled.</summary>
    [Id(24)] public bool TakesScaledFlux { get; init; }
}

/// <summary>The solver and the guidance that a model is made for, such as a student's few steps.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ModelUsual")]
public sealed record ModelUsual
{
    [Id(0)] public required string Solver { get; init; }

    [Id(1)] public required int Steps { get; init; }

    /// <summary>The lowest noise level before 0.</summary>
    [Id(2)] public required double SigmaMin { get; init; }

    /// <summary>How much the noise levels crowd towards the low end.</summary>
    [Id(3)] public required double Rho { get; init; }

    /// <summary>Guidance strength omega.</summary>
    [Id(4)] public required double Guidance { get; init; }
}

/// <summary>A continuous value that a model is conditioned on.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ModelCondition")]
public sealed record ModelCondition
{
    /// <summary>As sample IDs call it; the peak flux, peakFlux, is flux there.</summary>
    [Id(0)] public required string Name { get; init; }

    /// <summary>In which samples are asked for; empty for a plain number.</summary>
    [Id(1)] public required string Unit { get; init; }

    /// <summary>BoxCox, Log or None; standardised after that.</summary>
    [Id(2)] public required string Transform { get; init; }

    /// <summary>Of the training set: 1st percentile, median, 99th percentile; empty where they are not known.</summary>
    [Id(3)] public IReadOnlyList<double> Range { get; init; } = [];
}
