namespace RadioDiffusion.ModelCore.Sky;

/// <summary>HEALPix, nested: the sphere as twelve square faces, each of which halves again and again into equal areas.</summary>
/// <remarks>
/// Gorski et al. (2005, ApJ 622, 759), in the form of Calabretta and Roukema (2007, MNRAS 381, 865). Faces 0 to 3 lie around the north pole, 4 to 7 along
/// the equator, 8 to 11 around the south pole. On a face x grows to the north-east and y to the north-west, both from 0 to 1, from its southern
/// corner; equal areas of it are equal areas of the sky. Everything here comes from + - * / and square roots (<see cref="QuadrantDirection"/>):
/// results that are stored have the same bits wherever they are computed.
/// </remarks>
public static class Healpix
{
    /// <summary>The highest order: cells of 0.4 milliarcseconds, whose numbers fill 62 bits.</summary>
    public const int LastOrder = 29;

    /// <summary>|sin delta| up to which the faces lie on a cylinder; beyond, they are gathered to the pole.</summary>
    private const double BeltHeight = 2.0 / 3;

    private static readonly double _belowOne = Math.BitDecrement(1.0);

    private static readonly double[] _boundingRadius = [.. Enumerable.Range(0, LastOrder + 1).Select(LargestRadius)];

    /// <summary>12 * 4^order.</summary>
    public static long CellCount(int order) => 12L << (2 * CheckedOrder(order));

    /// <summary>Every cell that a disc on the sky overlaps, by ascending number. At its rim a few cells may come in that it misses by up to an eighth of their size; none is left out.</summary>
    /// <param name="order">Of the cells.</param>
    /// <param name="centre">Of the disc.</param>
    /// <param name="radiusRadians">0 or more; from pi on, the disc is the whole sky.</param>
    public static HealpixCell[] CellsWithin(int order, SkyCoordinate centre, double radiusRadians) =>
        CellsWithin(order, QuadrantDirection.From(centre).ToDirection(), radiusRadians);

    /// <inheritdoc cref="CellsWithin(int, SkyCoordinate, double)"/>
    internal static HealpixCell[] CellsWithin(int order, in Direction centre, double radiusRadians) =>
        HealpixCover.Expanded(order, HealpixCover.Overlapping(order, new SkyDisc(centre, radiusRadians)));

    /// <summary>The cells whose centres lie within a disc on the sky or on its rim, by ascending number.</summary>
    /// <inheritdoc cref="CellsWithin(int, SkyCoordinate, double)"/>
    public static HealpixCell[] CellsCentredWithin(int order, SkyCoordinate centre, double radiusRadians) =>
        CellsCentredWithin(order, QuadrantDirection.From(centre).ToDirection(), radiusRadians);

    /// <inheritdoc cref="CellsCentredWithin(int, SkyCoordinate, double)"/>
    internal static HealpixCell[] CellsCentredWithin(int order, in Direction centre, double radiusRadians) =>
        HealpixCover.Expanded(order, HealpixCover.Centred(order, new SkyDisc(centre, radiusRadians)));

    /// <summary>A radius about its centre in which every cell of an order lies, radians; reached by the cells at the polar corners of the belt.</summary>
    public static double BoundingRadius(int order) => _boundingRadius[CheckedOrder(order)];

    /// <summary>Where a direction lies: its face, and the position on it, 0 up to (not including) 1.</summary>
    internal static (int Face, double X, double Y) FaceCoordinates(in Direction direction) => FaceCoordinates(QuadrantDirection.From(direction));

    internal static (int Face, double X, double Y) FaceCoordinates(in QuadrantDirection direction)
    {
        var (axis, turn, z, axisDistance) = direction;
        if (Math.Abs(z) > BeltHeight)
            return InCap(turn < 0 ? axis - 1 : axis, turn, z, axisDistance);
        // Diagonal strips of faces: rising ones are counted by a, falling ones by b.
        double a = 0.5 + turn - 0.75 * z, b = 0.5 + turn + 0.75 * z;
        int wholeA = (int)Math.Floor(a), wholeB = (int)Math.Floor(b);
        wholeA = Math.Min(wholeA, wholeB + 1);                                // they are a strip apart at most, but where three faces meet
        wholeB = Math.Min(wholeB, wholeA + 1);                                // rounding may put one up and the other down
        int face = wholeA == wholeB ? 4 + ((axis + wholeA) & 3) : wholeA < wholeB ? (axis + wholeA) & 3 : 8 + ((axis + wholeB) & 3);
        return (face, OnFace(b - wholeB), OnFace(1 - (a - wholeA)));
    }

    /// <summary>The direction of a position on a face; x and y may be 1 as well.</summary>
    internal static QuadrantDirection At(int face, double x, double y)
    {
        double sum = x + y;
        if (!IsInCap(face, sum))
        {
            var (axis, turn) = BeltLongitude(face, x - y);
            double sine = (sum - (face >> 2)) * BeltHeight;
            return new QuadrantDirection(axis, turn, sine, Math.Sqrt((1 - sine) * (1 + sine)));
        }
        double sigma = face < 4 ? (1 - y) + (1 - x) : sum, depth = sigma * sigma / 3, axisDistance = sigma * Math.Sqrt((2 - depth) / 3);
        var (capAxis, capTurn) = CapLongitude(face, x, y);
        return new QuadrantDirection(capAxis, capTurn, face < 4 ? 1 - depth : depth - 1, axisDistance);
    }

    /// <summary>Whether a position with this x + y lies beyond the belt, where the faces are gathered to the pole.</summary>
    internal static bool IsInCap(int face, double sum) => (face >> 2) switch { 0 => sum > 1, 1 => false, _ => sum < 1 };

    /// <summary>In the belt, x - y alone says the longitude: its axis and the quarter turns from there.</summary>
    internal static (int Axis, double Turn) BeltLongitude(int face, double difference) =>
        face >> 2 == 1 ? (face & 3, difference / 2)
        : difference < 0 ? (face & 3, (1 + difference) / 2)
        : ((face & 3) + 1, (difference - 1) / 2);

    /// <summary>In a cap, the quarter turn of a face is shared as the distances from its two sides at the pole are.</summary>
    internal static (int Axis, double Turn) CapLongitude(int face, double x, double y)
    {
        var (east, west) = face < 4 ? (1 - y, 1 - x) : (x, y);
        double sigma = east + west;
        return sigma == 0 ? (0, 0) : east <= west ? (face & 3, east / sigma) : ((face & 3) + 1, -west / sigma);
    }

    /// <summary>Bits of x in the even places and bits of y in the odd ones.</summary>
    internal static long Interleave(int x, int y) => Spread(x) | (Spread(y) << 1);

    /// <summary>The bits in the even places.</summary>
    internal static int EvenBits(long pixel)
    {
        long bits = pixel & 0x5555555555555555;
        bits = (bits | (bits >> 1)) & 0x3333333333333333;
        bits = (bits | (bits >> 2)) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | (bits >> 4)) & 0x00FF00FF00FF00FF;
        bits = (bits | (bits >> 8)) & 0x0000FFFF0000FFFF;
        return (int)(bits | (bits >> 16));
    }

    internal static int CheckedOrder(int order) => order is >= 0 and <= LastOrder
        ? order
        : throw new ArgumentOutOfRangeException(nameof(order), order, $"A HEALPix order should be 0 to {LastOrder}.");

    /// <summary>In a quarter of a cap; sigma is the distance from the pole on the face, 1 where the cap ends.</summary>
    private static (int Face, double X, double Y) InCap(int quarter, double turn, double z, double axisDistance)
    {
        double sigma = axisDistance * Math.Sqrt(3 / (1 + Math.Abs(z)));       // sqrt(3 (1 - |z|)) without cancellation at the pole
        double east = sigma * (turn < 0 ? 1 + turn : turn), west = sigma * (turn < 0 ? -turn : 1 - turn);
        return z > 0 ? (quarter & 3, OnFace(1 - west), OnFace(1 - east)) : (8 + (quarter & 3), OnFace(east), OnFace(west));
    }

    /// <summary>Rounding may carry a position by a bit beyond the edge of its face.</summary>
    private static double OnFace(double position) => position < 0 ? 0 : position > _belowOne ? _belowOne : position;

    private static long Spread(int number)
    {
        long bits = (uint)number;
        bits = (bits | (bits << 16)) & 0x0000FFFF0000FFFF;
        bits = (bits | (bits << 8)) & 0x00FF00FF00FF00FF;
        bits = (bits | (bits << 4)) & 0x0F0F0F0F0F0F0F0F;
        bits = (bits | (bits << 2)) & 0x3333333333333333;
        return (bits | (bits << 1)) & 0x5555555555555555;
    }

    /// <summary>From the centre to the northern corner of a cell where a meridian between two faces meets |z| = 2/3: there cells are most slanted.</summary>
    private static double LargestRadius(int order)
    {
        double side = 1.0 / (1L << order);
        var centre = new QuadrantDirection(0, side / 2, BeltHeight, Math.Sqrt(1 - BeltHeight * BeltHeight));
        double depth = (1 - side) * (1 - side) / 3;
        var corner = new QuadrantDirection(0, 0, 1 - depth, Math.Sqrt(depth * (2 - depth)));
        const double rounding = 1e-12;
        return centre.ToDirection().SeparationTo(corner.ToDirection()) * (1 + rounding);
    }
}
