using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>
/// Which tiles of a part of the sky are done. They are taken in one fixed order, low orders first, so that a single number says after a crash where to go on: all tiles before it are done.
/// </summary>
internal sealed class SkyBuildProgress
{
    private readonly (int Order, long First, Moc Cells)[] _orders;
    private readonly IEnumerator<HealpixCell> _cells;
    private readonly SortedDictionary<long, HealpixCell> _open = [];
    private readonly SortedDictionary<long, HealpixCell> _failed = [];
    private long _next;

    /// <param name="area">The part of the sky.</param>
    /// <param name="fromOrder">Lowest order of the tiles.</param>
    /// <param name="toOrder">Highest order.</param>
    /// <param name="finished">What <see cref="Finished"/> was when it was last stored.</param>
    public SkyBuildProgress(Moc area, int fromOrder, int toOrder, long finished)
    {
        long first = 0;
        _orders = new (int, long, Moc)[toOrder - fromOrder + 1];
        for (int order = fromOrder; order <= toOrder; order++)
        {
            _orders[order - fromOrder] = (order, first, area.InCellsOf(order));
            first += area.CountCells(order);
        }
        Total = first;
        Order = fromOrder;
        _next = Math.Min(finished, Total);
        _cells = _orders.SelectMany(one => one.Cells.CellsOverlapping(one.Order)).GetEnumerator();
        for (long i = 0; i < _next; i++)
            _cells.MoveNext();
    }

    public long Total { get; }

    /// <summary>All tiles before this one are done.</summary>
    public long Finished => Math.Min(_next, Math.Min(FirstOf(_open), FirstOf(_failed)));

    public long Done => _next - _open.Count - _failed.Count;

    /// <summary>Of the tile that was taken last.</summary>
    public int Order { get; private set; }

    public int InFlight => _open.Count;

    public int Failed => _failed.Count;

    /// <summary>The next tile to make; false if all are made or under way.</summary>
    public bool TryTake(out long number, out HealpixCell cell)
    {
        number = _next;
        cell = default;
        if (!_cells.MoveNext())
            return false;
        cell = _cells.Current;
        Order = cell.Order;
        _open.Add(_next++, cell);
        return true;
    }

    public void Complete(long number) => _open.Remove(number);

    public void Fail(long number)
    {
        _failed.Add(number, _open[number]);
        _open.Remove(number);
    }

    /// <summary>The cells of an order whose tiles are done.</summary>
    public Moc Coverage(int order)
    {
        var of = Array.Find(_orders, one => one.Order == order);
        if (of.Cells == null)
            return Moc.Empty(order);
        int shift = 2 * (Healpix.LastOrder - order);
        var taken = new List<MocRange>();
        long left = _next - of.First;
        foreach (var range in of.Cells.Ranges)
        {
            if (left <= 0)
                break;
            long end = range.Start + (Math.Min(left, (range.End - range.Start) >> shift) << shift);
            taken.Add(new MocRange(range.Start, end));
            left -= (end - range.Start) >> shift;
        }
        return Moc.FromRanges(taken, order).Except(Moc.FromCells(_open.Values.Concat(_failed.Values).Where(cell => cell.Order == order), order));
    }

    private static long FirstOf(SortedDictionary<long, HealpixCell> tiles)
    {
        foreach (long number in tiles.Keys)
            return number;
        return long.MaxValue;
    }
}
