using System.Collections.Concurrent;

namespace RadioDiffusion.Grains.Training;

/// <summary>The runs that have a trainer in this silo.</summary>
public sealed class LocalTrainers
{
    private readonly ConcurrentDictionary<string, int> _trainers = new();
    private readonly CancellationTokenSource _leaving = new();

    /// <summary>The silo is about to stop: no trainer starts here any more, and those that are here join no further group.</summary>
    public bool IsLeaving => _leaving.IsCancellationRequested;

    /// <summary>Cancelled when the silo is about to stop.</summary>
    public CancellationToken Leaving => _leaving.Token;

    public IReadOnlyCollection<string> Runs => [.. _trainers.Where(pair => pair.Value > 0).Select(pair => pair.Key)];

    public void Leave() => _leaving.Cancel();

    internal void Began(string run) => _trainers.AddOrUpdate(run, 1, (_, count) => count + 1);

    internal void Ended(string run) => _trainers.AddOrUpdate(run, 0, (_, count) => count - 1);
}
