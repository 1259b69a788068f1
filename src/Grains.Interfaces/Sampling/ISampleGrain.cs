using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Sampling;

/// <summary>One generated image, from the store or from a sampler. The key is the sample ID, which is the image's whole recipe.</summary>
[Alias("RadioDiffusion.ISampleGrain")]
public interface ISampleGrain : IGrainWithStringKey
{
    /// <summary>
    /// The image if it is stored or done within <paramref name="wait"/> (8 s at most); else what is known of its progress. If the call is cancelled and nobody
    /// else has asked for the image, its computation ends within a step.
    /// </summary>
    /// <exception cref="UserErrorException">The ID is malformed, or its model is not here; Busy: too many samples are waiting.</exception>
    [Alias("Get"), AlwaysInterleave]
    Task<SampleStatus> GetAsync(TimeSpan wait, SampleOrder order, CancellationToken cancellationToken = default);

    /// <summary>From a sampler: the pixels, float32 little-endian, (side, side), in [0, 1].</summary>
    [Alias("Deliver"), AlwaysInterleave]
    Task DeliverAsync([Immutable] byte[] pixels, CancellationToken cancellationToken = default);

    /// <summary>From a sampler: it is stored already, so that nothing is computed.</summary>
    [Alias("Found"), AlwaysInterleave]
    Task FoundAsync(CancellationToken cancellationToken = default);

    /// <summary>From a sampler: it could not be computed.</summary>
    [Alias("Fail"), AlwaysInterleave]
    Task FailAsync(UserErrorException error, CancellationToken cancellationToken = default);
}

/// <summary>
/// The queue and the batch of one model on one device slot: what is asked for joins the batch before any call of the network and leaves it when it is done. The key is
/// <c>model digest/slot</c>.
/// </summary>
[Alias("RadioDiffusion.ISamplerGrain")]
public interface ISamplerGrain : IGrainWithStringKey
{
    /// <summary>Queues a sample; queueing it twice does nothing. The result goes to its <see cref="ISampleGrain"/>.</summary>
    /// <exception cref="UserErrorException">Busy: the queue is full.</exception>
    [Alias("Submit")]
    Task<SamplerPlace> SubmitAsync(string sampleId, SampleOrder order, CancellationToken cancellationToken = default);

    /// <summary>Where a sample is; null if it is not here: not asked for, cancelled, or done.</summary>
    [Alias("Find")]
    Task<SamplerPlace?> FindAsync(string sampleId, CancellationToken cancellationToken = default);

    /// <summary>Nobody waits for a sample any more: it leaves within a step, unless it is done.</summary>
    [Alias("Cancel")]
    Task CancelAsync(string sampleId, CancellationToken cancellationToken = default);

    /// <summary>The silo is about to stop: what waits and what is half done is stored, and goes on wherever the sampler is activated next.</summary>
    [Alias("HandOver")]
    Task HandOverAsync(CancellationToken cancellationToken = default);
}

/// <summary>Who asks for a sample, and how urgent it is.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SampleOrder")]
public sealed record SampleOrder
{
    /// <summary>Clients get turns: one that asks for much does not hold up another that asks for little.</summary>
    [Id(0)] public string Client { get; init; } = "";

    /// <summary>Whether it may wait until nobody waits who is not in bulk.</summary>
    [Id(1)] public bool IsBulk { get; init; }
}

/// <summary>Where a sample is in its sampler.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SamplerPlace")]
public sealed record SamplerPlace
{
    /// <summary>How many wait before it; 0 if it is in the batch.</summary>
    [Id(0)] public int QueuePosition { get; init; }

    /// <summary>Solver steps that it has behind it.</summary>
    [Id(1)] public int StepsDone { get; init; }
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

    /// <summary>How many wait in the sampler before it, when last asked.</summary>
    [Id(5)] public int QueuePosition { get; init; }

    /// <summary>Solver steps that it has behind it.</summary>
    [Id(6)] public int StepsDone { get; init; }

    /// <summary>Solver steps in all.</summary>
    [Id(7)] public int Steps { get; init; }
}
