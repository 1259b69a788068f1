using System.Collections.Concurrent;

namespace RadioDiffusion.Grains.Training;

/// <summary>The runs that have a trainer in this silo.</summary>
public sealed class LocalTrainers
{
    private readonly ConcurrentDictionary<string, int> _trainers = new();
    private volatile bool _isLeaving;

    /// <summary>The silo is about to stop: no trainer starts here any more.</summary>
    public bool IsLeaving => _isLeaving;

    public IReadOnlyCollection<string> Runs => [.. _trainers.Where(pair => pair.Value > 0).Select(pair => pair.Key)];

    public void Leave() => _isLeaving = true;

    internal void Began(string run) => _trainers.AddOrUpdate(run, 1, (_, count) => count + 1);

    internal void Ended(string run) => _trainers.AddOrUpdate(run, 0, (_, count) => count - 1);
}
