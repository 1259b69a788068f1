using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>Pixels of a tile-compressed image, float or double: a rectangle decodes the tiles that it touches, and the latest ones are kept.</summary>
internal sealed class TiledPixels<T>(TileLayout layout, Func<Tile, T[]> decode) : PixelSource
    where T : unmanaged
{
    private const long CacheBytes = 64 << 20;
    private readonly TileCache<T> _cache = new(CacheBytes);

    public override void Read(long plane, int firstColumn, int firstRow, int width, int height, Span<float> destination) =>
        Read<float>(plane, firstColumn, firstRow, width, height, destination);

    public override void Read(long plane, int firstColumn, int firstRow, int width, int height, Span<double> destination) =>
        Read<double>(plane, firstColumn, firstRow, width, height, destination);

    private void Read<TTarget>(long plane, int firstColumn, int firstRow, int width, int height, Span<TTarget> destination)
        where TTarget : unmanaged
    {
        int endColumn = firstColumn + width, endRow = firstRow + height;
        for (int row = firstRow; row < endRow;)
        {
            int nextRow = endRow;
            for (int column = firstColumn; column < endColumn;)
            {
                var tile = layout.At(plane, column, row);
                T[] pixels = _cache.GetOrAdd(tile, decode);
                int nextColumn = Math.Min(endColumn, tile.FirstColumn + tile.Width);
                nextRow = Math.Min(endRow, tile.FirstRow + tile.Height);
                for (int y = row; y < nextRow; y++)
                {
                    var source = pixels.AsSpan(tile.RowStart(y) + column - tile.FirstColumn, nextColumn - column);
                    Copy(source, destination.Slice((y - firstRow) * width + column - firstColumn, source.Length));
                }
                column = nextColumn;
            }
            row = nextRow;
        }
    }

    private static void Copy<TTarget>(ReadOnlySpan<T> source, Span<TTarget> target)
        where TTarget : unmanaged
    {
        if (typeof(T) == typeof(TTarget))
            MemoryMarshal.Cast<T, TTarget>(source).CopyTo(target);
        else if (typeof(T) == typeof(float))
            Widen(MemoryMarshal.Cast<T, float>(source), MemoryMarshal.Cast<TTarget, double>(target));
        else
            Narrow(MemoryMarshal.Cast<T, double>(source), MemoryMarshal.Cast<TTarget, float>(target));
    }

    private static void Widen(ReadOnlySpan<float> source, Span<double> target)
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = source[i];
    }

    private static void Narrow(ReadOnlySpan<double> source, Span<float> target)
    {
        for (int i = 0; i < source.Length; i++)
            target[i] = (float)source[i];
    }
}
