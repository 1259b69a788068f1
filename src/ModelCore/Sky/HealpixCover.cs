namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Finds the cells of a part of the sky, from the faces down; only the cells at its border are looked into.</summary>
internal sealed class HealpixCover
{
    /// <summary>A cell at the border belongs to the region if a part of it does; parts down to so many orders further are looked at.</summary>
    private const int FinerOrders = 3;

    /// <summary>100 MB; who asks for more has taken too high an order.</summary>
    private const int UsualLimit = 1 << 22;

    private readonly ISkyRegion _region;
    private readonly int _order;
    private readonly int _finestOrder;
    private readonly bool _byCentre;
    private readonly int _limit;
    private readonly List<HealpixCell> _found = [];

    private HealpixCover(int order, ISkyRegion region, bool byCentre, int limit)
    {
        _order = Healpix.CheckedOrder(order);
        _finestOrder = Math.Min(order + FinerOrders, Healpix.LastOrder);
        _region = region;
        _byCentre = byCentre;
        _limit = limit;
    }

    /// <summary>The cells that overlap a region; none is missing, and one that does not overlap it misses it by less than an eighth of its size.</summary>
    /// <param name="order">Of the cells.</param>
    /// <param name="region">The part of the sky.</param>
    /// <param name="limit">The most cells to find, whole blocks counted once.</param>
    /// <returns>In the order of the sky, without overlap; whole blocks as one cell of a lower order.</returns>
    /// <exception cref="RadioDiffusionException">There are more than the limit.</exception>
    public static List<HealpixCell> Overlapping(int order, ISkyRegion region, int limit = UsualLimit) => new HealpixCover(order, region, byCentre: false, limit).Find();

    /// <summary>The cells whose centres lie in a region or on its border.</summary>
    /// <inheritdoc cref="Overlapping"/>
    public static List<HealpixCell> Centred(int order, ISkyRegion region, int limit = UsualLimit) => new HealpixCover(order, region, byCentre: true, limit).Find();

    /// <summary>The same part of the sky in cells of one order.</summary>
    /// <param name="order">That of all the result's cells, not lower than any of these.</param>
    /// <param name="cells">As found here.</param>
    public static HealpixCell[] Expanded(int order, List<HealpixCell> cells)
    {
        var all = new HealpixCell[cells.Sum(cell => 1L << (2 * (order - cell.Order)))];
        long next = 0;
        foreach (var cell in cells)
        {
            long parts = 1L << (2 * (order - cell.Order));
            for (long i = 0; i < parts; i++)
                all[next++] = new HealpixCell(order, cell.Pixel * parts + i);
        }
        return all;
    }

    private List<HealpixCell> Find()
    {
        for (int face = 0; face < 12; face++)
            Visit(new HealpixCell(0, face));
        return _found;
    }

    private void Visit(HealpixCell cell)
    {
        double depth = _region.Depth(cell.CentreDirection), radius = Healpix.BoundingRadius(cell.Order);
        if (depth < -radius)
            return;
        if (depth > radius || (cell.Order == _order && IsFound(cell, depth)))
        {
            if (_found.Count == _limit)
                throw new RadioDiffusionException($"The region has more than {_limit} cells of order {_order} at its border; take a lower order.");
            _found.Add(cell);
            return;
        }
        for (int i = 0; i < 4 && cell.Order < _order; i++)
            Visit(cell.Child(i));
    }

    private bool IsFound(HealpixCell cell, double depth) => depth >= 0 || (!_byCentre && Touches(cell, depth));

    private bool Touches(HealpixCell cell, double depth)
    {
        if (depth >= 0)
            return true;
        if (depth < -Healpix.BoundingRadius(cell.Order))
            return false;
        if (cell.Order == _finestOrder)
            return true;
        for (int i = 0; i < 4; i++)
        {
            var child = cell.Child(i);
            if (Touches(child, _region.Depth(child.CentreDirection)))
                return true;
        }
        return false;
    }
}
