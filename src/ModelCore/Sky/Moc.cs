using System.Numerics;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A part of the sky as a set of HEALPix cells (multi-order coverage map), ICRS.</summary>
/// <remarks>
/// MOC 2.0 (IVOA 2022). Kept as ranges of cells of order 29: the same part of the sky is always the same ranges. It is surface, not observations: joined with one
/// of another order, it keeps the higher one. <see cref="MocText"/> and <see cref="MocFits"/> read and write it.
/// </remarks>
public sealed class Moc : IEquatable<Moc>
{
    private readonly MocRange[] _ranges;

    private Moc(int order, MocRange[] ranges)
    {
        Order = order;
        _ranges = ranges;
    }

    public static Moc AllSky { get; } = new(0, [MocRange.AllSky]);

    /// <summary>The order that it was made to: no cell is of a higher one. The standard calls it the resolution, MOCORD_S.</summary>
    public int Order { get; }

    /// <summary>By ascending number, with gaps between them.</summary>
    public IReadOnlyList<MocRange> Ranges => _ranges;

    public bool IsEmpty => _ranges.Length == 0;

    public double AreaSquareDegrees => SkyFraction * Healpix.CellCount(0) * HealpixCell.AreaSquareDegrees(0);

    /// <summary>0 to 1.</summary>
    public double SkyFraction => (double)_ranges.Sum(range => range.End - range.Start) / MocRange.AllSky.End;

    /// <summary>The fewest cells that it can be made of, in the order of the sky.</summary>
    public IEnumerable<HealpixCell> Cells
    {
        get
        {
            foreach (var range in _ranges)
            {
                for (long start = range.Start, steps; start < range.End; start += 1L << (2 * (int)steps))
                {
                    steps = Math.Min(Math.Min(Healpix.LastOrder, long.TrailingZeroCount(start) / 2), BitOperations.Log2((ulong)(range.End - start)) / 2);
                    yield return new HealpixCell(Healpix.LastOrder - (int)steps, start >> (2 * (int)steps));
                }
            }
        }
    }

    public static Moc Empty(int order) => new(Healpix.CheckedOrder(order), []);

    /// <param name="cells">Of any orders; they may overlap.</param>
    /// <param name="order">The MOC's, or a higher one if a cell has it.</param>
    public static Moc FromCells(IEnumerable<HealpixCell> cells, int order = 0)
    {
        var ranges = new List<MocRange>();
        foreach (var cell in cells)
        {
            order = Math.Max(order, cell.Order);
            ranges.Add(MocRange.Of(cell));
        }
        return FromRanges(ranges, order);
    }

    /// <param name="ranges">In any order; they may overlap.</param>
    /// <param name="order">The MOC's, or a higher one if the ranges need it.</param>
    public static Moc FromRanges(IEnumerable<MocRange> ranges, int order = 0)
    {
        Healpix.CheckedOrder(order);
        var joined = new List<MocRange>();
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            if (range.Start < 0 || range.Start >= range.End || range.End > MocRange.AllSky.End)
                throw new ArgumentOutOfRangeException(nameof(ranges), range, $"A range of HEALPix cells should begin at 0 or more and end after that, at {MocRange.AllSky.End} at most.");
            order = Math.Max(order, range.Order);
            if (joined.Count > 0 && range.Start <= joined[^1].End)
                joined[^1] = new MocRange(joined[^1].Start, Math.Max(joined[^1].End, range.End));
            else
                joined.Add(range);
        }
        return new Moc(order, [.. joined]);
    }

    /// <summary>The cells that a disc on the sky overlaps; see <see cref="Healpix.CellsWithin(int, SkyCoordinate, double)"/>.</summary>
    /// <exception cref="RadioDiffusionException">It is no disc.</exception>
    public static Moc Cone(SkyCoordinate centre, double radiusDegrees, int order) => radiusDegrees >= 0
        ? Of(new SkyDisc(DirectionOf(centre, "The centre of a cone"), double.DegreesToRadians(radiusDegrees)), order)
        : throw new RadioDiffusionException($"The radius of a cone should be 0 degrees or more, but it is {radiusDegrees}.");

    /// <summary>The cells that overlap the sky between two right ascensions and two declinations.</summary>
    /// <param name="firstRightAscension">Degrees, where it begins; it goes on eastwards.</param>
    /// <param name="lastRightAscension">Degrees, where it ends: less than the first one if it goes over 0. 0 and 360 are all around.</param>
    /// <param name="south">Declination, degrees.</param>
    /// <param name="north">Declination, degrees.</param>
    /// <param name="order">Of the MOC.</param>
    /// <exception cref="RadioDiffusionException">It is no box.</exception>
    public static Moc Box(double firstRightAscension, double lastRightAscension, double south, double north, int order)
    {
        double width = lastRightAscension - firstRightAscension;
        if (!double.IsFinite(width))
            throw new RadioDiffusionException($"The right ascensions of a box should be degrees, but they are {firstRightAscension} and {lastRightAscension}.");
        if (!(south >= -90 && south <= north && north <= 90))
            throw new RadioDiffusionException($"The declinations of a box should be degrees from -90 to 90, the southern one first, but they are {south} and {north}.");
        return Of(new SkyBox(firstRightAscension, width >= 360 ? 360 : Degrees.Wrap(width), south, north), order);
    }

    /// <summary>The cells that a polygon overlaps, whose sides are great circles; it may be concave.</summary>
    /// <param name="corners">Three or more, in either sense of rotation; the last one is joined to the first.</param>
    /// <param name="order">Of the MOC.</param>
    /// <exception cref="RadioDiffusionException">It is no polygon within half of the sky.</exception>
    public static Moc Polygon(IReadOnlyList<SkyCoordinate> corners, int order)
    {
        if (corners.Distinct().Count() < 3)
            throw new RadioDiffusionException($"A polygon should have three different corners or more, but it has {corners.Distinct().Count()}.");
        Direction[] directions = [.. corners.Select((corner, i) => DirectionOf(corner, $"Corner {i + 1} of a polygon"))];
        return SkyPolygon.Create(directions) is { } polygon
            ? Of(polygon, order)
            : throw new RadioDiffusionException($"The corners of a polygon should lie within 90 degrees of their mean, but these {corners.Count} do not; join the MOCs of smaller ones.");
    }

    /// <summary>What is in this one, in the other or in both.</summary>
    public Moc Union(Moc other) => FromRanges(_ranges.Concat(other._ranges), Math.Max(Order, other.Order));

    /// <summary>What is in both.</summary>
    public Moc Intersection(Moc other)
    {
        var common = new List<MocRange>();
        for (int i = 0, j = 0; i < _ranges.Length && j < other._ranges.Length;)
        {
            var both = new MocRange(Math.Max(_ranges[i].Start, other._ranges[j].Start), Math.Min(_ranges[i].End, other._ranges[j].End));
            if (both.Start < both.End)
                common.Add(both);
            if (_ranges[i].End < other._ranges[j].End)
                i++;
            else
                j++;
        }
        return new Moc(Math.Max(Order, other.Order), [.. common]);
    }

    /// <summary>What is in this one and not in the other.</summary>
    public Moc Except(Moc other)
    {
        var gaps = new List<MocRange>();
        long start = 0;
        foreach (var range in other._ranges.Append(new MocRange(MocRange.AllSky.End, MocRange.AllSky.End)))
        {
            if (start < range.Start)
                gaps.Add(new MocRange(start, range.Start));
            start = range.End;
        }
        return Intersection(new Moc(other.Order, [.. gaps]));
    }

    /// <summary>The same in whole cells of an order: all those of which some is in it.</summary>
    public Moc InCellsOf(int order)
    {
        int shift = 2 * (Healpix.LastOrder - Healpix.CheckedOrder(order));
        return new Moc(order, [.. FromRanges(_ranges.Select(range => new MocRange(range.Start >> shift << shift, (((range.End - 1) >> shift) + 1) << shift)))._ranges]);
    }

    /// <summary>How many cells of an order have some in it.</summary>
    public long CountCells(int order) => InCellsOf(order)._ranges.Sum(range => range.End - range.Start) >> (2 * (Healpix.LastOrder - order));

    /// <summary>Whether all of a cell is in it.</summary>
    public bool Contains(HealpixCell cell)
    {
        var range = MocRange.Of(cell);
        int i = FirstEndingAfter(range.Start);
        return i < _ranges.Length && _ranges[i].Start <= range.Start && _ranges[i].End >= range.End;
    }

    public bool Contains(SkyCoordinate position) => Contains(HealpixCell.At(Healpix.LastOrder, position));

    internal bool Contains(in Direction direction) => Contains(HealpixCell.At(Healpix.LastOrder, direction));

    /// <summary>Whether some of a cell is in it.</summary>
    public bool Overlaps(HealpixCell cell)
    {
        var range = MocRange.Of(cell);
        int i = FirstEndingAfter(range.Start);
        return i < _ranges.Length && _ranges[i].Start < range.End;
    }

    /// <summary>The cells of an order of which some is in it, by ascending number: the tiles of a HiPS that it needs, for example.</summary>
    public IEnumerable<HealpixCell> CellsOverlapping(int order)
    {
        int shift = 2 * (Healpix.LastOrder - Healpix.CheckedOrder(order));
        long next = 0;
        foreach (var range in _ranges)
        {
            for (long pixel = Math.Max(next, range.Start >> shift); pixel <= (range.End - 1) >> shift; pixel++)
                yield return new HealpixCell(order, pixel);
            next = ((range.End - 1) >> shift) + 1;
        }
    }

    /// <summary>As ASCII text, such as 8/0-3 9/20.</summary>
    public override string ToString() => MocText.ToAscii(this);

    public bool Equals(Moc? other) => other != null && Order == other.Order && _ranges.AsSpan().SequenceEqual(other._ranges);

    public override bool Equals(object? obj) => Equals(obj as Moc);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Order);
        foreach (var range in _ranges)
            hash.Add(range);
        return hash.ToHashCode();
    }

    private static Moc Of(ISkyRegion region, int order) => FromCells(HealpixCover.Overlapping(order, region), order);

    private static Direction DirectionOf(SkyCoordinate position, string what) =>
        double.IsFinite(position.RightAscension) && Math.Abs(position.Declination) <= 90
            ? QuadrantDirection.From(position).ToDirection()
            : throw new RadioDiffusionException(
                $"{what} should be a position in degrees, the declination from -90 to 90, but it is {position.RightAscension}, {position.Declination}.");

    private int FirstEndingAfter(long cell)
    {
        int low = 0, high = _ranges.Length;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End > cell)
                high = middle;
            else
                low = middle + 1;
        }
        return low;
    }
}
