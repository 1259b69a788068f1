namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Cells of order 29 one after the other, nested.</summary>
/// <param name="Start">The first one.</param>
/// <param name="End">The one after the last.</param>
public readonly record struct MocRange(long Start, long End)
{
    /// <summary>The cells of order 29 of all the sky.</summary>
    internal static MocRange AllSky { get; } = new(0, Healpix.CellCount(Healpix.LastOrder));

    public static MocRange Of(HealpixCell cell) => Of(cell.Order, cell.Pixel, cell.Pixel);

    /// <summary>The lowest order whose cells these can be made of.</summary>
    internal int Order => Healpix.LastOrder - Math.Min(Healpix.LastOrder, (int)long.TrailingZeroCount(Start | End) / 2);

    /// <param name="order">Of the cells.</param>
    /// <param name="first">The first pixel.</param>
    /// <param name="last">The last one.</param>
    internal static MocRange Of(int order, long first, long last)
    {
        int shift = 2 * (Healpix.LastOrder - order);
        return new MocRange(first << shift, (last + 1) << shift);
    }
}
