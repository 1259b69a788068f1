namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Between nested numbers and those of the RING scheme, which HEALPix maps in FITS often have.</summary>
/// <remarks>
/// Gorski et al. (2005). With N = 2^order there are rings 1 to 4N - 1 from north to south: of 4i cells each in the caps (i rings from the pole), of
/// 4N in the belt from ring N to 3N.
/// </remarks>
internal static class HealpixRing
{
    public static long FromNested(HealpixCell cell)
    {
        long side = 1L << cell.Order;
        int row = cell.Face >> 2, column = cell.Face & 3;
        long x = cell.X, y = cell.Y, ring = (2 + row) * side - x - y - 1;
        if (ring < side)
            return 2 * ring * (ring - 1) + column * ring + (side - 1 - y);
        if (ring > 3 * side)
        {
            long fromPole = 4 * side - ring;
            return Healpix.CellCount(cell.Order) - 2 * fromPole * (fromPole + 1) + column * fromPole + x;
        }
        long halfCells = (2 * column + (row == 1 ? 0 : 1)) * side + x - y;                  // longitude, in half cells
        return 2 * side * (side - 1) + (ring - side) * 4 * side + ((halfCells + 8 * side) % (8 * side) >> 1);
    }

    public static HealpixCell ToNested(int order, long pixel)
    {
        long side = 1L << Healpix.CheckedOrder(order), count = Healpix.CellCount(order), inCap = 2 * side * (side - 1);
        if (pixel < 0 || pixel >= count)
            throw new ArgumentOutOfRangeException(nameof(pixel), pixel, $"A HEALPix pixel of order {order} should be 0 to {count - 1}.");
        if (pixel < inCap)
        {
            long ring = RingsBefore(pixel) + 1, place = pixel - 2 * ring * (ring - 1);
            long inQuarter = place % ring;
            return Cell(order, place / ring, side - ring + inQuarter, side - 1 - inQuarter);
        }
        if (pixel >= count - inCap)
        {
            long ring = RingsBefore(count - 1 - pixel) + 1, place = pixel - count + 2 * ring * (ring + 1);
            long inQuarter = place % ring;
            return Cell(order, 8 + place / ring, inQuarter, ring - 1 - inQuarter);
        }
        return InBelt(order, side, side + (pixel - inCap) / (4 * side), (pixel - inCap) % (4 * side));
    }

    /// <summary>By the diagonal strips of faces, as <see cref="Healpix.FaceCoordinates(in QuadrantDirection)"/> has them, in half cells.</summary>
    private static HealpixCell InBelt(int order, long side, long ring, long place)
    {
        long halfCells = 2 * place + ((ring - side + 1) & 1);
        long a = (halfCells - side + ring) >> 1, b = (halfCells + 3 * side - ring) >> 1;
        long stripA = a >> order, stripB = b >> order;
        long face = stripA == stripB ? 4 + (stripA & 3) : stripA < stripB ? stripA & 3 : 8 + (stripB & 3);
        return Cell(order, face, b & (side - 1), side - 1 - (a & (side - 1)));
    }

    /// <summary>How many whole rings of a cap, 2i(i + 1) cells in the first i, lie before a cell.</summary>
    private static long RingsBefore(long pixel)
    {
        long rings = (long)((Math.Sqrt(1 + 2.0 * pixel) - 1) / 2);
        while (2 * rings * (rings + 1) > pixel)                                             // the root is rounded
            rings--;
        while (2 * (rings + 1) * (rings + 2) <= pixel)
            rings++;
        return rings;
    }

    private static HealpixCell Cell(int order, long face, long x, long y) => HealpixCell.FromFace(order, (int)face, (int)x, (int)y);
}
