namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>How an image of any number of axes is cut into tiles: one row of the table each, the first axis running fastest.</summary>
internal sealed class TileLayout
{
    private const long MostPixels = 1 << 27;
    private readonly long[] _axes;
    private readonly long[] _tile;
    private readonly long[] _counts;

    private TileLayout(long[] axes, long[] tile)
    {
        _axes = axes;
        _tile = tile;
        _counts = [.. axes.Select((length, i) => length == 0 ? 0 : (length - 1) / tile[i] + 1)];
        Count = _counts.Length == 0 ? 0 : _counts.Aggregate(1L, (product, count) => checked(product * count));
    }

    /// <summary>Number of tiles.</summary>
    public long Count { get; }

    /// <summary>ZTILEn; where they are absent, a tile is a row of the image. Tiles larger than the image are cut to its size.</summary>
    public static TileLayout Read(FitsHeader header, IReadOnlyList<long> axes, string what)
    {
        long[] tile = new long[axes.Count];
        long pixels = 1;
        for (int i = 0; i < tile.Length; i++)
        {
            string keyword = $"ZTILE{i + 1}";
            long length = header.Contains(keyword) ? FitsKeywords.Integer(header, keyword, what, 1, long.MaxValue) : i == 0 ? axes[0] : 1;
            tile[i] = Math.Max(1, Math.Min(length, axes[i]));
            if (tile[i] > MostPixels || (pixels *= tile[i]) > MostPixels)
                throw new FitsException($"{what}: the tiles (ZTILEn) should have up to {MostPixels} pixels, but their sides are {string.Join(" x ", tile[..(i + 1)])}.");
        }
        try
        {
            _ = axes.Aggregate(1L, (product, length) => checked(product * length));
            return new TileLayout([.. axes], tile);
        }
        catch (OverflowException)
        {
            throw new FitsException($"{what}: the image's axes {string.Join(" x ", axes)} (ZNAXISn) are more than any file can hold.");
        }
    }

    /// <summary>The tile at a zero-based column and row of a plane, and where in it that plane lies.</summary>
    public Tile At(long plane, int column, int row)
    {
        Span<long> position = stackalloc long[_axes.Length];
        position[0] = column;
        position[1] = row;
        for (int i = 2; i < position.Length; i++)
        {
            position[i] = plane % _axes[i];
            plane /= _axes[i];
        }
        long index = 0, before = 0, sections = 1;
        for (int i = position.Length - 1; i >= 0; i--)
        {
            long number = position[i] / _tile[i];
            index = index * _counts[i] + number;
            if (i < 2)
                continue;
            long side = SideOf(i, number);
            before = before * side + position[i] % _tile[i];
            sections *= side;
        }
        long columnNumber = column / _tile[0], rowNumber = row / _tile[1];
        return new Tile(index, (int)(columnNumber * _tile[0]), (int)(rowNumber * _tile[1]), (int)SideOf(0, columnNumber), (int)SideOf(1, rowNumber), (int)before, (int)sections);
    }

    /// <summary>Tiles at the end of an axis may be shorter.</summary>
    private long SideOf(int axis, long number) => Math.Min(_tile[axis], _axes[axis] - number * _tile[axis]);
}

/// <summary>A tile and the plane of it that is wanted.</summary>
/// <param name="Index">Row of the table, zero-based.</param>
/// <param name="FirstColumn">Of the image.</param>
/// <param name="FirstRow">Of the image.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Section">Planes of the tile before the wanted one.</param>
/// <param name="Sections">Planes of the tile.</param>
internal readonly record struct Tile(long Index, int FirstColumn, int FirstRow, int Width, int Height, int Section, int Sections)
{
    public int PixelCount => Width * Height * Sections;

    /// <summary>Where a row of the wanted plane begins in the tile's pixels.</summary>
    public int RowStart(int imageRow) => (Section * Height + imageRow - FirstRow) * Width;
}
