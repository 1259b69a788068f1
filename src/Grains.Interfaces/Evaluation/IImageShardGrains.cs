using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Evaluation;

/// <summary>Measures a part of a set of images. The key names the set and the part.</summary>
[Alias("RadioDiffusion.IMeasuringGrain")]
public interface IMeasuringGrain : IGrainWithStringKey
{
    /// <summary>Starts measuring if it is neither done nor under way; returns at once.</summary>
    [Alias("Start")]
    Task<ImageShardStatus> StartAsync(ImageShardRequest request, CancellationToken cancellationToken = default);

    /// <summary>The status once it has ended, or as it is after <paramref name="wait"/> (8 s at most).</summary>
    [Alias("Wait"), AlwaysInterleave]
    Task<ImageShardStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default);
}

/// <summary>Lets a classifier look at a part of a set of images, on a device. The key names the set, the part, and the classifier.</summary>
[Alias("RadioDiffusion.IClassifyingGrain")]
public interface IClassifyingGrain : IGrainWithStringKey
{
    /// <summary>Starts if it is neither done nor under way; returns at once.</summary>
    [Alias("Start")]
    Task<ImageShardStatus> StartAsync(ImageShardRequest request, CancellationToken cancellationToken = default);

    /// <summary>The status once it has ended, or as it is after <paramref name="wait"/> (8 s at most).</summary>
    [Alias("Wait"), AlwaysInterleave]
    Task<ImageShardStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default);
}

/// <summary>A part of a training set.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ImageShardRequest")]
public sealed record ImageShardRequest
{
    /// <summary>The training set.</summary>
    [Id(0)] public required string Artifact { get; init; }

    /// <summary>Of its content.</summary>
    [Id(1)] public required string Digest { get; init; }

    /// <summary>The first image.</summary>
    [Id(2)] public required int First { get; init; }

    [Id(3)] public required int Count { get; init; }

    /// <summary>Of the noise that is added for source finding.</summary>
    [Id(4)] public ulong Seed { get; init; }

    /// <summary>The snapshot of the classifier; null where none is asked.</summary>
    [Id(5)] public string? Classifier { get; init; }

    /// <summary>Whether A50 is what the published search finds, and not the exact one.</summary>
    [Id(6)] public bool PublishedA50 { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.ImageShardStatus")]
public sealed record ImageShardStatus
{
    [Id(0)] public required WorkState State { get; init; }

    [Id(1)] public int ImagesDone { get; init; }

    /// <summary>What was found, when done.</summary>
    [Id(2)] public string? Artifact { get; init; }

    [Id(3)] public string? Error { get; init; }
}
