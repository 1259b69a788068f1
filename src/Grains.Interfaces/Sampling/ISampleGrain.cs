using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>One generated image, from the store or from a sampler. The key is the sample ID, which is the image's whole recipe.</summary>
[Alias("RadioDiffusion.ISampleGrain")]
public interface ISampleGrain : IGrainWithStringKey
{
    /// <summary>The image if it is stored or done within <paramref name="wait"/> (8 s at most); else what is known of its progress.</summary>
    /// <exception cref="UserErrorException">The ID is malformed, or its model is not here.</exception>
    [Alias("Get"), AlwaysInterleave]
    Task<SampleStatus> GetAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>From a sampler: the pixels, float32 little-endian, (side, side), in [0, 1].</summary>
    [Alias("Deliver"), AlwaysInterleave]
    Task DeliverAsync([Immutable] byte[] pixels, CancellationToken cancellationToken = default);

    /// <summary>From a sampler: it could not be computed.</summary>
    [Alias("Fail"), AlwaysInterleave]
    Task FailAsync(UserErrorException error, CancellationToken cancellationToken = default);
}

/// <summary>The queue of one model on one device slot: requests that wait together are computed together. The key is <c>model digest/slot</c>.</summary>
[Alias("RadioDiffusion.ISamplerGrain")]
public interface ISamplerGrain : IGrainWithStringKey
{
    /// <summary>Queues a sample; queueing it twice does nothing. The result goes to its <see cref="ISampleGrain"/>.</summary>
    /// <returns>Place in the queue, from 0.</returns>
    /// <exception cref="UserErrorException">Busy: the queue is full.</exception>
    [Alias("Submit")]
    Task<int> SubmitAsync(string sampleId, CancellationToken cancellationToken = default);
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.SampleStatus")]
public sealed record SampleStatus
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required WorkState State { get; init; }

    /// <summary>float32 image, Jy/beam or unitless, with its recipe in the header; when done.</summary>
    [Id(2)] public byte[]? Fits { get; init; }

    [Id(3)] public byte[]? Png { get; init; }

    /// <summary>Whether it came from the store without computing.</summary>
    [Id(4)] public bool FromStore { get; init; }

    /// <summary>Place in the sampler's queue when last asked.</summary>
    [Id(5)] public int QueuePosition { get; init; }
}
