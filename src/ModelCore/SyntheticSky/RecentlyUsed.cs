using System.Collections.Concurrent;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Keeps what was used lately, and makes anew what was not: between half of the most and all of it is kept.</summary>
/// <param name="most">How many values are kept at most, or a few more while several threads add some.</param>
internal sealed class RecentlyUsed<TKey, TValue>(int most)
    where TKey : notnull
{
    private volatile ConcurrentDictionary<TKey, TValue> _now = new();
    private volatile ConcurrentDictionary<TKey, TValue> _before = new();

    public TValue GetOrAdd(TKey key, Func<TKey, TValue> make)
    {
        if (_now.TryGetValue(key, out var value))
            return value;
        if (!_before.TryGetValue(key, out value))
            value = make(key);
        var now = _now;
        now[key] = value;
        if (now.Count > most / 2 && ReferenceEquals(now, _now))
            (_before, _now) = (now, new ConcurrentDictionary<TKey, TValue>());
        return value;
    }
}
