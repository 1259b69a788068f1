using RadioDiffusion.Grains.Interfaces.Sampling;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>What a sampler that had to stop leaves to the next one: empty at all other times.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SamplerState")]
internal sealed record SamplerState
{
    [Id(0)] public IReadOnlyList<HandedOverSample> Samples { get; init; } = [];
}

/// <summary>A sample that was waiting or half done.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.HandedOverSample")]
internal sealed record HandedOverSample
{
    [Id(0)] public required string Id { get; init; }

    [Id(1)] public required SampleOrder Order { get; init; }

    /// <summary>Calls of the network that it has behind it; 0 for one that was waiting.</summary>
    [Id(2)] public int CallsMade { get; init; }

    /// <summary>float32, little-endian: what its solver remembers.</summary>
    [Id(3)] public byte[]? Rows { get; init; }
}
