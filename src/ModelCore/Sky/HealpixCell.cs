namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A cell of the sky: a HEALPix pixel in the nested scheme.</summary>
/// <param name="Order">0 to 29: a face has 2^order cells along each side.</param>
/// <param name="Pixel">0 up to 12 * 4^order: the face, then the bits of x and y by turns.</param>
/// <remarks>Gorski et al. (2005).</remarks>
public readonly record struct HealpixCell(int Order, long Pixel)
{
    private const double WidthOfFace = 58.632301428350395;   // sqrt(pi/3) rad, degrees
    private const double SquareDegreesOfSky = 4 * Math.PI * (180 / Math.PI) * (180 / Math.PI);

    public int Order { get; } = Healpix.CheckedOrder(Order);

    public long Pixel { get; } = Pixel >= 0 && Pixel < Healpix.CellCount(Order)
        ? Pixel
        : throw new ArgumentOutOfRangeException(nameof(Pixel), Pixel, $"A HEALPix pixel of order {Order} should be 0 to {Healpix.CellCount(Order) - 1}.");

    /// <summary>0 to 11.</summary>
    public int Face => (int)(Pixel >> (2 * Order));

    /// <summary>0 up to 2^order, to the north-east.</summary>
    public int X => Healpix.EvenBits(OnFace);

    /// <summary>0 up to 2^order, to the north-west.</summary>
    public int Y => Healpix.EvenBits(OnFace >> 1);

    /// <summary>The cell of the order below that this one is a quarter of.</summary>
    public HealpixCell Parent => Order > 0
        ? new HealpixCell(Order - 1, Pixel >> 2)
        : throw new InvalidOperationException("A face of the sky (order 0) is no part of a larger cell.");

    public SkyCoordinate Centre => PositionAt(0.5, 0.5);

    internal Direction CentreDirection => DirectionAt(0.5, 0.5);

    /// <summary>North, west, south, east.</summary>
    public IReadOnlyList<SkyCoordinate> Corners => [PositionAt(1, 1), PositionAt(0, 1), PositionAt(0, 0), PositionAt(1, 0)];

    /// <summary>The pixels around: SW, W, NW, N, NE, E, SE, S; -1 where only three cells meet in a corner, so that there is none.</summary>
    public IReadOnlyList<long> Neighbours
    {
        get
        {
            long[] pixels = new long[8];
            CopyNeighbours(pixels);
            return pixels;
        }
    }

    /// <summary>The pixel's number in the RING scheme: around the rings of equal declination from the north pole on, eastwards.</summary>
    public long RingPixel => HealpixRing.FromNested(this);

    private long OnFace => Pixel & ((1L << (2 * Order)) - 1);

    /// <summary>The area of every cell of an order, square degrees.</summary>
    public static double AreaSquareDegrees(int order) => SquareDegreesOfSky / Healpix.CellCount(order);

    /// <summary>Degrees: the side of a square of a cell's area.</summary>
    public static double WidthDegrees(int order) => Math.ScaleB(WidthOfFace, -order);

    /// <summary>The cell that a position lies in; one on a border belongs to one of the cells there.</summary>
    public static HealpixCell At(int order, SkyCoordinate position) => At(order, QuadrantDirection.From(position));

    internal static HealpixCell At(int order, in Direction direction) => At(order, QuadrantDirection.From(direction));

    /// <param name="order">0 to 29.</param>
    /// <param name="face">0 to 11.</param>
    /// <param name="x">0 up to 2^order.</param>
    /// <param name="y">0 up to 2^order.</param>
    public static HealpixCell FromFace(int order, int face, int x, int y)
    {
        int side = 1 << Healpix.CheckedOrder(order);
        if (face is < 0 or >= 12)
            throw new ArgumentOutOfRangeException(nameof(face), face, "A HEALPix face should be 0 to 11.");
        if (x < 0 || x >= side || y < 0 || y >= side)
            throw new ArgumentOutOfRangeException(nameof(x), (x, y), $"A position on a HEALPix face of order {order} should be 0 to {side - 1} in x and y.");
        return new HealpixCell(order, ((long)face << (2 * order)) | Healpix.Interleave(x, y));
    }

    /// <summary>The cell of a number in the RING scheme.</summary>
    public static HealpixCell FromRing(int order, long ringPixel) => HealpixRing.ToNested(order, ringPixel);

    /// <param name="index">0 south, 1 east, 2 west, 3 north.</param>
    public HealpixCell Child(int index) => index is >= 0 and < 4
        ? new HealpixCell(Order + 1, (Pixel << 2) | (uint)index)
        : throw new ArgumentOutOfRangeException(nameof(index), index, "The children of a cell are 0 to 3.");

    /// <summary>Whether another cell is this one or a part of it.</summary>
    public bool Contains(HealpixCell other) => other.Order >= Order && other.Pixel >> (2 * (other.Order - Order)) == Pixel;

    public bool Contains(SkyCoordinate position) => At(Order, position) == this;

    internal bool Contains(in Direction direction) => At(Order, direction) == this;

    /// <summary>The position at a fraction of the cell's sides: uniform fractions are uniform on the sky.</summary>
    /// <param name="u">0 to 1, to the north-east.</param>
    /// <param name="v">0 to 1, to the north-west.</param>
    public SkyCoordinate PositionAt(double u, double v) => Fraction(u, v).ToSky();

    /// <inheritdoc cref="PositionAt"/>
    internal Direction DirectionAt(double u, double v) => Fraction(u, v).ToDirection();

    /// <summary><see cref="Neighbours"/> without a new array.</summary>
    /// <param name="pixels">(8).</param>
    internal void CopyNeighbours(Span<long> pixels)
    {
        int face = Face, x = X, y = Y;
        pixels[0] = HealpixFaces.PixelAt(Order, face, x - 1, y);
        pixels[1] = HealpixFaces.PixelAt(Order, face, x - 1, y + 1);
        pixels[2] = HealpixFaces.PixelAt(Order, face, x, y + 1);
        pixels[3] = HealpixFaces.PixelAt(Order, face, x + 1, y + 1);
        pixels[4] = HealpixFaces.PixelAt(Order, face, x + 1, y);
        pixels[5] = HealpixFaces.PixelAt(Order, face, x + 1, y - 1);
        pixels[6] = HealpixFaces.PixelAt(Order, face, x, y - 1);
        pixels[7] = HealpixFaces.PixelAt(Order, face, x - 1, y - 1);
    }

    private static HealpixCell At(int order, in QuadrantDirection direction)
    {
        int side = 1 << Healpix.CheckedOrder(order);
        var (face, x, y) = Healpix.FaceCoordinates(direction);
        return FromFace(order, face, (int)(x * side), (int)(y * side));
    }

    private QuadrantDirection Fraction(double u, double v)
    {
        double cellSide = 1.0 / (1 << Order);
        return Healpix.At(Face, (X + u) * cellSide, (Y + v) * cellSide);
    }
}
