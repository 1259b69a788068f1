using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Evaluation;

/// <summary>
/// A comparison of a real and a generated set of images, with its report: makes the samples where a model is to be compared, fans out over the images, and owns the result. The key
/// is its name.
/// </summary>
[Alias("RadioDiffusion.IEvaluationGrain")]
public interface IEvaluationGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts the comparison and returns at once. Asking again while it runs does nothing; another request is refused then. What is in the store already is not made again.
    /// </summary>
    [Alias("Start")]
    Task<EvaluationStatus> StartAsync(EvaluationRequest request, CancellationToken cancellationToken = default);

    [Alias("GetStatus"), AlwaysInterleave]
    Task<EvaluationStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The status now and after every change later than <paramref name="afterVersion"/>, until the comparison ends.</summary>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<EvaluationStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default);
}

/// <summary>What to compare.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.EvaluationRequest")]
public sealed record EvaluationRequest
{
    /// <summary>A data set.</summary>
    [Id(0)] public required string Real { get; init; }

    /// <summary>A data set of generated images; empty where <see cref="Model"/> is given.</summary>
    [Id(1)] public string Generated { get; init; } = "";

    /// <summary>A model whose samples are compared; empty where <see cref="Generated"/> is given.</summary>
    [Id(2)] public string Model { get; init; } = "";

    /// <summary>Samples of the model; 50,000 in the paper, 2,000 of each class for a model with classes.</summary>
    [Id(3)] public int Count { get; init; } = 500;

    /// <summary>Guidance strength (omega) of the samples; 0.1 in the paper, 0.75 for the classes.</summary>
    [Id(4)] public double Guidance { get; init; } = 0.1;

    /// <summary>Steps of the solver; 25 in the paper.</summary>
    [Id(5)] public int Steps { get; init; } = 25;

    /// <summary>Of everything random; the samples' seeds count up from it.</summary>
    [Id(6)] public ulong Seed { get; init; } = 1;

    /// <summary>Name of a trained classifier; null to leave out what needs one.</summary>
    [Id(7)] public string? Classifier { get; init; }

    /// <summary>Guidance strengths of the table of accuracies (the paper's Table 7); null for none.</summary>
    [Id(8)] public ValueList<double>? GuidanceTable { get; init; }

    /// <summary>Samples for each line of it.</summary>
    [Id(9)] public int GuidanceCount { get; init; } = 200;

    /// <summary>Generated images whose nearest real ones are looked for; 0 for none.</summary>
    [Id(10)] public int Nearest { get; init; } = 200;

    /// <summary>Name of a classifier that was trained with generated images added, to be compared with <see cref="Classifier"/> on the same real images; null for no such comparison.</summary>
    [Id(11)] public string? Augmented { get; init; }

    /// <summary>Whether A50 is what the published search finds, and not the exact one.</summary>
    [Id(12)] public bool PublishedA50 { get; init; }

    /// <summary>As in sample IDs; Heun's method in the paper.</summary>
    [Id(13)] public string Solver { get; init; } = "heun";

    /// <summary>As in sample IDs.</summary>
    [Id(14)] public string Precision { get; init; } = "f32";
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.EvaluationStatus")]
public sealed record EvaluationStatus
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required WorkState State { get; init; }

    /// <summary>Increases with every change.</summary>
    [Id(2)] public required long Version { get; init; }

    /// <summary>What is being done, in words.</summary>
    [Id(3)] public string Phase { get; init; } = "";

    /// <summary>Of <see cref="Total"/>, in this phase.</summary>
    [Id(4)] public int Done { get; init; }

    [Id(5)] public int Total { get; init; }

    [Id(6)] public EvaluationRequest? Request { get; init; }

    /// <summary>The result of the last comparison that was done: report.html, evaluation.json, tables.</summary>
    [Id(7)] public string? Artifact { get; init; }

    /// <summary>Whether it was in the store already.</summary>
    [Id(8)] public bool WasUpToDate { get; init; }

    /// <summary>Why the last one failed.</summary>
    [Id(9)] public string? Error { get; init; }

    /// <summary>The generated set of the last comparison that was done: a training set in the store.</summary>
    [Id(10)] public string? Generated { get; init; }
}
