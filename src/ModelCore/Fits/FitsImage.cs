using RadioDiffusion.ModelCore.Fits.Compression;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>An image: planes of its first two axes, stored plainly or tile-compressed.</summary>
/// <remarks>Reading is thread-safe.</remarks>
public sealed class FitsImage : FitsHdu
{
    private readonly PixelSource _pixels;

    internal FitsImage(FitsData data, FitsHeader header, int bitpix, IReadOnlyList<long> axes)
        : this(data, header, bitpix, axes, null, new PlainPixels(data, bitpix, axes.Count > 0 ? axes[0] : 0, axes.Count > 1 ? axes[1] : 0, PixelScaling.Of(header, bitpix)))
    {
    }

    internal FitsImage(FitsTable tiles, FitsHeader header, int bitpix, IReadOnlyList<long> axes, PixelSource pixels)
        : this(tiles.Data, header, bitpix, axes, tiles, pixels)
    {
    }

    private FitsImage(FitsData data, FitsHeader header, int bitpix, IReadOnlyList<long> axes, FitsTable? tiles, PixelSource pixels)
        : base(data, header)
    {
        if (axes.Take(2).Any(length => length > int.MaxValue))
            throw new FitsException($"{What}: an image should have up to {int.MaxValue} columns and rows, but its axes are {string.Join(" x ", axes)}.");
        Bitpix = bitpix;
        AxisLengths = axes;
        TileTable = tiles;
        _pixels = pixels;
    }

    /// <summary>Bits of a stored pixel; negative for floating point.</summary>
    public int Bitpix { get; }

    /// <summary>NAXIS1 (columns), NAXIS2 (rows), and so on.</summary>
    public IReadOnlyList<long> AxisLengths { get; }

    public int Width => AxisLengths.Count > 0 ? (int)AxisLengths[0] : 0;

    public int Height => AxisLengths.Count > 1 ? (int)AxisLengths[1] : 0;

    /// <summary>Planes of the first two axes: the product of the other axes, of which the third runs fastest.</summary>
    public long PlaneCount => AxisLengths.Count < 2 || AxisLengths.Contains(0) ? 0 : AxisLengths.Skip(2).Aggregate(1L, (product, length) => product * length);

    /// <summary>The binary table whose rows are the compressed tiles; null for a plainly stored image.</summary>
    public FitsTable? TileTable { get; }

    /// <summary>Reads a rectangle of the first plane, row by row, the file's first row first.</summary>
    /// <param name="firstColumn">Zero-based.</param>
    /// <param name="firstRow">Zero-based.</param>
    /// <param name="width">Columns; the rectangle must lie inside the image.</param>
    /// <param name="height">Rows.</param>
    /// <param name="destination">(height, width); BSCALE and BZERO are applied, BLANK is NaN.</param>
    /// <exception cref="FitsException">A compressed tile is damaged.</exception>
    public void ReadPixels(int firstColumn, int firstRow, int width, int height, Span<float> destination) =>
        ReadPixels(0, firstColumn, firstRow, width, height, destination);

    /// <inheritdoc cref="ReadPixels(int, int, int, int, Span{float})"/>
    public void ReadPixels(int firstColumn, int firstRow, int width, int height, Span<double> destination) =>
        ReadPixels(0, firstColumn, firstRow, width, height, destination);

    /// <summary>Reads a rectangle of one plane, row by row, the file's first row first.</summary>
    /// <param name="plane">Zero-based, below <see cref="PlaneCount"/>.</param>
    /// <param name="firstColumn">Zero-based.</param>
    /// <param name="firstRow">Zero-based.</param>
    /// <param name="width">Columns; the rectangle must lie inside the image.</param>
    /// <param name="height">Rows.</param>
    /// <param name="destination">(height, width); BSCALE and BZERO are applied, BLANK is NaN.</param>
    /// <exception cref="FitsException">A compressed tile is damaged.</exception>
    public void ReadPixels(long plane, int firstColumn, int firstRow, int width, int height, Span<float> destination)
    {
        CheckInside(plane, firstColumn, firstRow, width, height, destination.Length);
        if (width > 0 && height > 0)
            _pixels.Read(plane, firstColumn, firstRow, width, height, destination);
    }

    /// <inheritdoc cref="ReadPixels(long, int, int, int, int, Span{float})"/>
    public void ReadPixels(long plane, int firstColumn, int firstRow, int width, int height, Span<double> destination)
    {
        CheckInside(plane, firstColumn, firstRow, width, height, destination.Length);
        if (width > 0 && height > 0)
            _pixels.Read(plane, firstColumn, firstRow, width, height, destination);
    }

    /// <summary>Waits for whole rows of the first plane to be loaded from the disk, so that reading them does not; without effect on compressed images.</summary>
    /// <param name="firstRow">Zero-based.</param>
    /// <param name="height">Rows.</param>
    public void Load(int firstRow, int height)
    {
        if (firstRow < 0 || height < 0 || (long)firstRow + height > Height)
            throw new ArgumentOutOfRangeException(nameof(firstRow), $"{What}: rows {firstRow} to {(long)firstRow + height - 1} do not lie inside {Height} rows.");
        _pixels.Load(firstRow, height);
    }

    private void CheckInside(long plane, int firstColumn, int firstRow, int width, int height, int room)
    {
        if (firstColumn < 0 || firstRow < 0 || width < 0 || height < 0 || (long)firstColumn + width > Width || (long)firstRow + height > Height)
        {
            throw new ArgumentOutOfRangeException(nameof(firstColumn),
                $"{What}: columns {firstColumn} to {(long)firstColumn + width - 1}, rows {firstRow} to {(long)firstRow + height - 1} do not lie inside {Width} x {Height} pixels.");
        }
        if (plane < 0 || (plane > 0 && plane >= PlaneCount) || (PlaneCount == 0 && (long)width * height > 0))
            throw new ArgumentOutOfRangeException(nameof(plane), $"{What}: plane {plane} (from 0) was asked for, but there are {PlaneCount}.");
        if (room < (long)width * height)
            throw new ArgumentException($"The destination has room for {room} of {(long)width * height} pixels.");
    }
}
