using System.Diagnostics;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>
/// Samples that wait for a place in the batch. What is not in bulk comes first; among those, the client with the fewest samples in the batch; among its samples, the oldest.
/// </summary>
/// <param name="longest">So many may wait; those in bulk may fill half of it, so that there is always room for somebody who waits in person.</param>
internal sealed class SampleQueue(int longest)
{
    private readonly List<WaitingSample> _waiting = [];

    public int Count => _waiting.Count;

    public IReadOnlyList<WaitingSample> All => _waiting;

    /// <exception cref="UserErrorException">Busy: the queue is full.</exception>
    public void Add(WaitingSample sample)
    {
        int inBulk = _waiting.Count(waiting => waiting.Order.IsBulk);
        if (_waiting.Count >= longest || (sample.Order.IsBulk && inBulk >= longest / 2))
        {
            throw new UserErrorException(ErrorKind.Busy, sample.Key,
                $"{_waiting.Count} samples of model {sample.Id.Model} are waiting already, {inBulk} of them in bulk: ask again later.");
        }
        _waiting.Add(sample);
        SamplerInstruments.QueueLength.Add(1);
    }

    /// <summary>Somebody now waits in person for what was asked for in bulk.</summary>
    public void Hurry(string key, SampleOrder order)
    {
        int index = order.IsBulk ? -1 : _waiting.FindIndex(waiting => waiting.Key == key && waiting.Order.IsBulk);
        if (index >= 0)
            _waiting[index] = _waiting[index] with { Order = order };
    }

    /// <summary>What was in the batch and had to give way comes before others of its kind.</summary>
    public void PutBack(WaitingSample sample)
    {
        _waiting.Insert(0, sample);
        SamplerInstruments.QueueLength.Add(1);
    }

    /// <summary>Takes the next one out; null if nobody waits.</summary>
    /// <param name="inBatch">How many samples a client has in the batch.</param>
    public WaitingSample? TakeNext(Func<string, int> inBatch)
    {
        var next = _waiting.OrderBy(waiting => waiting.Order.IsBulk).ThenBy(waiting => inBatch(waiting.Order.Client)).FirstOrDefault();    // a stable order: the oldest
        if (next != null)
            Remove(next.Key);
        return next;
    }

    public bool HasInteractive => _waiting.Any(waiting => !waiting.Order.IsBulk);

    public bool Remove(string key)
    {
        int removed = _waiting.RemoveAll(waiting => waiting.Key == key);
        SamplerInstruments.QueueLength.Add(-removed);
        return removed > 0;
    }

    public void Clear()
    {
        SamplerInstruments.QueueLength.Add(-_waiting.Count);
        _waiting.Clear();
    }

    /// <summary>How many come before it by kind and age; -1 if it does not wait.</summary>
    public int PositionOf(string key)
    {
        int index = _waiting.FindIndex(waiting => waiting.Key == key);
        if (index < 0)
            return -1;
        bool isBulk = _waiting[index].Order.IsBulk;
        return _waiting.Where((waiting, i) => waiting.Order.IsBulk == isBulk ? i < index : isBulk).Count();
    }
}

/// <summary>A sample that is asked for, and the trace of who asked first.</summary>
/// <param name="Key">The ID as text.</param>
/// <param name="Id">The ID.</param>
/// <param name="Order">Who asks.</param>
/// <param name="Trace">The trace of who asked first.</param>
/// <param name="HalfDone">How far it has come before; null for not begun.</param>
internal sealed record WaitingSample(string Key, SampleId Id, SampleOrder Order, ActivityContext Trace, HalfDoneSample? HalfDone)
{
    /// <summary>When it joined the batch.</summary>
    public DateTimeOffset JoinedAt { get; init; }
}
