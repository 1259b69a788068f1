namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>The most recently used tiles, as far as they fit into a number of bytes; one tile always does. Thread-safe.</summary>
internal sealed class TileCache<T>(long capacityBytes)
    where T : unmanaged
{
    private readonly Dictionary<long, LinkedListNode<(long Index, T[] Pixels)>> _nodes = [];
    private readonly LinkedList<(long Index, T[] Pixels)> _byUse = [];
    private readonly Lock _lock = new();
    private long _bytes;

    public unsafe T[] GetOrAdd(Tile tile, Func<Tile, T[]> decode)
    {
        lock (_lock)
        {
            if (_nodes.TryGetValue(tile.Index, out var found))
            {
                _byUse.Remove(found);
                _byUse.AddLast(found);
                return found.Value.Pixels;
            }
        }
        T[] pixels = decode(tile);                           // outside the lock: two threads may do the same, but none waits
        lock (_lock)
        {
            if (!_nodes.TryAdd(tile.Index, new((tile.Index, pixels))))
                return pixels;
            _byUse.AddLast(_nodes[tile.Index]);
            _bytes += (long)pixels.Length * sizeof(T);
            while (_bytes > capacityBytes && _byUse.Count > 1)
            {
                var oldest = _byUse.First!;
                _byUse.RemoveFirst();
                _nodes.Remove(oldest.Value.Index);
                _bytes -= (long)oldest.Value.Pixels.Length * sizeof(T);
            }
        }
        return pixels;
    }
}
