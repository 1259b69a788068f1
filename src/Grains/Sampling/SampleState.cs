namespace RadioDiffusion.Grains.Sampling;

/// <summary>Who computes a sample: empty before, and once it is stored.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SampleState")]
internal sealed record SampleState
{
    /// <summary>Key of the sampler.</summary>
    [Id(0)] public string? Sampler { get; init; }
}
