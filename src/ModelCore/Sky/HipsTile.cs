using System.Numerics;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A tile of a HiPS: the square image of a HEALPix cell, whose pixels are the cells 9 orders further down (at 512 pixels a side).</summary>
/// <param name="Order">Of the cell: K in NorderK.</param>
/// <param name="Pixel">Of the cell, nested: N in NpixN.</param>
/// <param name="Width">Pixels along a side, a power of two.</param>
/// <remarks>
/// HiPS 1.0 (IVOA 2017). Columns and rows are those of the FITS file: the first row stored runs from the eastern corner of the cell to the northern one, the
/// last row from the southern to the western. PNG and JPEG begin with the last row (<see cref="PngRow"/>).
/// </remarks>
public readonly partial record struct HipsTile(int Order, long Pixel, int Width = HipsTile.UsualWidth)
{
    /// <summary>The width that every client knows.</summary>
    public const int UsualWidth = 512;

    public int Order { get; } = Healpix.CheckedOrder(Order);

    public long Pixel { get; } = new HealpixCell(Order, Pixel).Pixel;

    public int Width { get; } = Width > 0 && BitOperations.IsPow2(Width) && Order + BitOperations.Log2((uint)Width) <= Healpix.LastOrder
        ? Width
        : throw new ArgumentOutOfRangeException(nameof(Width), Width,
            $"The width of a HiPS tile of order {Order} should be a power of two up to {1 << (Healpix.LastOrder - Order)}.");

    /// <summary>The part of the sky that it shows.</summary>
    public HealpixCell Cell => new(Order, Pixel);

    /// <summary>The order of its pixels.</summary>
    public int PixelOrder => Order + BitOperations.Log2((uint)Width);

    public SkyCoordinate Centre => Cell.Centre;

    internal Direction CentreDirection => Cell.CentreDirection;

    /// <summary>The distance from the centre to the farthest corner, radians: all of the tile lies within it.</summary>
    public double BoundingRadius
    {
        get
        {
            var cell = Cell;
            var centre = cell.CentreDirection;
            double farthest = Math.Max(
                Math.Max(centre.SeparationTo(cell.DirectionAt(0, 0)), centre.SeparationTo(cell.DirectionAt(0, 1))),
                Math.Max(centre.SeparationTo(cell.DirectionAt(1, 0)), centre.SeparationTo(cell.DirectionAt(1, 1))));
            const double rounding = 1e-12;
            return farthest * (1 + rounding);
        }
    }

    private int FirstX => Cell.X * Width;

    private int FirstY => Cell.Y * Width;

    /// <summary>Every tile of an order that a disc on the sky overlaps; see <see cref="Healpix.CellsWithin(int, SkyCoordinate, double)"/>.</summary>
    public static HipsTile[] TilesOverlapping(int order, SkyCoordinate centre, double radiusRadians, int width = UsualWidth) =>
        [.. Healpix.CellsWithin(order, centre, radiusRadians).Select(cell => new HipsTile(cell.Order, cell.Pixel, width))];

    /// <inheritdoc cref="TilesOverlapping(int, SkyCoordinate, double, int)"/>
    internal static HipsTile[] TilesOverlapping(int order, in Direction centre, double radiusRadians, int width = UsualWidth) =>
        [.. Healpix.CellsWithin(order, centre, radiusRadians).Select(cell => new HipsTile(cell.Order, cell.Pixel, width))];

    /// <summary>The cell that a pixel is.</summary>
    public HealpixCell CellAt(int column, int row)
    {
        CheckPixel(column, row);
        return HealpixCell.FromFace(PixelOrder, Cell.Face, FirstX + Width - 1 - row, FirstY + column);
    }

    /// <summary>The pixel that a cell of <see cref="PixelOrder"/> is.</summary>
    /// <exception cref="ArgumentException">The cell is of another order, or of another tile.</exception>
    public (int Column, int Row) PixelOf(HealpixCell cell) => cell.Order == PixelOrder && Cell.Contains(cell)
        ? (cell.Y - FirstY, FirstX + Width - 1 - cell.X)
        : throw new ArgumentException($"A pixel of {Path} should be a cell of order {PixelOrder} in cell {Order}/{Pixel}, but it is {cell.Order}/{cell.Pixel}.");

    /// <summary>The centre of a pixel.</summary>
    public SkyCoordinate PositionAt(int column, int row) => CellAt(column, row).Centre;

    /// <inheritdoc cref="PositionAt"/>
    internal Direction DirectionAt(int column, int row) => CellAt(column, row).CentreDirection;

    /// <summary>The row, from the top, that a FITS row is in a PNG or JPEG file, whose columns are the same; and back.</summary>
    public int PngRow(int row) => Width - 1 - row;

    /// <summary>The pixels of the tile and of its surroundings, as nested HEALPix pixels of <see cref="PixelOrder"/>.</summary>
    /// <param name="halo">Pixels on every side, 0 to the tile's width.</param>
    /// <returns>(width + 2 halo, width + 2 halo), the first row of the FITS image at row <paramref name="halo"/>; -1 beyond a corner where only three faces meet.</returns>
    /// <remarks>Beyond the edge of a face the grid goes on as if that face lay in the same plane: pixels that share a side here do so on the sky.</remarks>
    public long[] HaloPixels(int halo)
    {
        if (halo < 0 || halo > Width)
            throw new ArgumentOutOfRangeException(nameof(halo), halo, $"The halo of a tile should be 0 to {Width} pixels wide.");
        int order = PixelOrder, face = Cell.Face, side = Width + 2 * halo, lastX = FirstX + Width - 1, firstY = FirstY;
        long[] pixels = new long[side * side];
        for (int row = 0; row < side; row++)
        {
            int x = lastX + halo - row;
            for (int column = 0; column < side; column++)
                pixels[row * side + column] = HealpixFaces.PixelAt(order, face, x, firstY - halo + column);
        }
        return pixels;
    }

    /// <summary>Adds the tile's WCS (HPX, ICRS) to the header of its image.</summary>
    /// <remarks>
    /// Calabretta and Roukema (2007). The usual form for all tiles has CRVAL1 = 0; there WCSLIB, and with it astropy, fails on the tiles of face 6 that
    /// reach beyond longitude 180 degrees. Here the reference point is the meridian 90 n beside the face.
    /// </remarks>
    public void AddWorldCoordinates(FitsHeader header)
    {
        int row = Cell.Face >> 2, column = Cell.Face & 3;
        long side = (long)Width << Order, firstX = FirstX, firstY = FirstY;
        // The centre of the face from the reference point, in pixels along both diagonals: polar faces lie half a quarter turn to the east, and off the equator.
        long east = row == 1 ? 0 : side, north = (1 - row) * side;
        long sum = east + firstX - firstY + Width + 1, difference = side - north - firstX - firstY - Width;
        double scale = 45.0 / side;
        header.Set("CTYPE1", "RA---HPX");
        header.Set("CTYPE2", "DEC--HPX");
        header.Set("CRVAL1", 90.0 * column, "[deg]");
        header.Set("CRVAL2", 0.0, "[deg]");
        header.Set("CRPIX1", (sum + difference) / 2.0);
        header.Set("CRPIX2", (sum - difference) / 2.0);
        header.Set("CD1_1", -scale);
        header.Set("CD1_2", -scale);
        header.Set("CD2_1", scale);
        header.Set("CD2_2", -scale);
        header.Set("CUNIT1", "deg");
        header.Set("CUNIT2", "deg");
        header.Set("PV2_1", 4.0, "H: facets along the equator");
        header.Set("PV2_2", 3.0, "K: layers of facets");
        header.Set("RADESYS", "ICRS");
    }

    /// <summary>Between its pixels and the sky.</summary>
    public WorldCoordinateSystem WorldCoordinates()
    {
        var header = new FitsHeader();
        AddWorldCoordinates(header);
        return WorldCoordinateSystem.FromHeader(header, Path);
    }

    /// <summary>The directions of the centres of all pixels, bit for bit those of <see cref="DirectionAt"/>.</summary>
    /// <param name="x">(width, width).</param>
    /// <param name="y">(width, width).</param>
    /// <param name="z">(width, width).</param>
    /// <remarks>z belongs to x + y on the face, and in the belt the longitude to x - y: along a diagonal of the image they are the same.</remarks>
    internal void FillDirections(Span<double> x, Span<double> y, Span<double> z)
    {
        int width = Width, face = Cell.Face, firstX = FirstX, firstY = FirstY, pixels = width * width;
        if (x.Length != pixels || y.Length != pixels || z.Length != pixels)
            throw new ArgumentException($"The directions of {width} x {width} pixels need {pixels} numbers each, but there is room for {x.Length}, {y.Length} and {z.Length}.");
        double scale = 1.0 / ((long)width << Order);
        var heights = new QuadrantDirection[2 * width - 1];
        var beltLongitudes = new Direction[2 * width - 1];
        for (int i = 0; i < heights.Length; i++)
        {
            heights[i] = Healpix.At(face, (firstX + Math.Min(i, width - 1) + 0.5) * scale, (firstY + Math.Max(0, i - width + 1) + 0.5) * scale);
            beltLongitudes[i] = OnEquator(Healpix.BeltLongitude(face, (firstX - firstY + i - width + 1) * scale));
        }
        for (int row = 0, i = 0; row < width; row++)
        {
            int tileX = width - 1 - row;
            for (int tileY = 0; tileY < width; tileY++, i++)
            {
                ref readonly var height = ref heights[tileX + tileY];
                var (cos, sin, _) = Healpix.IsInCap(face, (firstX + firstY + tileX + tileY + 1) * scale)
                    ? OnEquator(Healpix.CapLongitude(face, (firstX + tileX + 0.5) * scale, (firstY + tileY + 0.5) * scale))
                    : beltLongitudes[tileX - tileY + width - 1];
                x[i] = height.AxisDistance * cos;
                y[i] = height.AxisDistance * sin;
                z[i] = height.Z;
            }
        }
    }

    private static Direction OnEquator((int Axis, double Turn) longitude) => new QuadrantDirection(longitude.Axis, longitude.Turn, 0, 1).ToDirection();

    private void CheckPixel(int column, int row)
    {
        if (column < 0 || column >= Width || row < 0 || row >= Width)
            throw new ArgumentOutOfRangeException(nameof(column), (column, row), $"A pixel of a HiPS tile should have a column and a row from 0 to {Width - 1}.");
    }
}
