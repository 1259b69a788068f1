using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>The images of resolved sources that this silo has lately painted, since neighbouring tiles have sources in common: up to 64 MB.</summary>
internal sealed class SkyStamps
{
    private const long MostBytes = 64 << 20, BytesOfNone = 200;
    private readonly Lock _lock = new();
    private Dictionary<string, SkyStamp?> _now = [], _before = [];
    private long _bytes;                                     // of _now: what is older is forgotten when this is half of the most

    /// <param name="sample">ID.</param>
    /// <param name="stamp">Null for a sample that shows no whole source.</param>
    public bool TryGet(string sample, out SkyStamp? stamp)
    {
        lock (_lock)
        {
            if (_now.TryGetValue(sample, out stamp))
                return true;
            if (!_before.TryGetValue(sample, out stamp))
                return false;
        }
        Add(sample, stamp);
        return true;
    }

    public void Add(string sample, SkyStamp? stamp)
    {
        lock (_lock)
        {
            if (!_now.TryAdd(sample, stamp))
                return;
            _bytes += BytesOfNone + (stamp?.Bytes ?? 0);
            if (_bytes < MostBytes / 2)
                return;
            (_before, _now, _bytes) = (_now, [], 0);
        }
    }
}
