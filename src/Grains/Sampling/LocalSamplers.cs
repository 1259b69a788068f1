using System.Collections.Concurrent;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>The samplers that are active in this silo: what is to be handed over when it stops.</summary>
public sealed class LocalSamplers
{
    private readonly ConcurrentDictionary<string, int> _active = new();

    public IReadOnlyCollection<string> Keys => [.. _active.Keys];

    internal void Began(string key) => _active[key] = 0;

    internal void Ended(string key) => _active.TryRemove(key, out _);
}
