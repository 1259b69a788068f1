using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Keeps what was used lately: between half of the most and all of it is kept. Several threads may ask at a time.</summary>
/// <param name="most">How much is kept at most, or a little more while several threads add something.</param>
/// <param name="sizeOf">How much a value counts; null for 1 each.</param>
public sealed class RecentlyUsed<TKey, TValue>(long most, Func<TValue, long>? sizeOf = null)
    where TKey : notnull
{
    private volatile Generation _now = new();
    private volatile Generation _before = new();

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        if (TryGet(key, out var value))
            return value;
        value = make(key);
        Add(key, value);
        return value;
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_now.Values.TryGetValue(key, out value))
            return true;
        if (!_before.Values.TryGetValue(key, out value))
            return false;
        Add(key, value);
        return true;
    }

    public void Add(TKey key, TValue value)
    {
        var now = _now;
        if (now.Values.TryAdd(key, value) && now.Grow(sizeOf?.Invoke(value) ?? 1) > most / 2 && ReferenceEquals(now, _now))
            (_before, _now) = (now, new Generation());
    }

    private sealed class Generation
    {
        private long _size;

        public ConcurrentDictionary<TKey, TValue> Values { get; } = new();

        public long Grow(long size) => Interlocked.Add(ref _size, size);
    }
}
