using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>An image: the plane of its first two axes.</summary>
public sealed class FitsImage : FitsHdu
{
    private const int BufferedPixels = 4096;
    private readonly double _scale;
    private readonly double _zero;
    private readonly long? _blank;

    internal FitsImage(FitsFile file, int index, FitsHeader header, string what, long dataOffset, long dataLength, int bitpix, IReadOnlyList<long> axes)
        : base(file, index, header, what, dataOffset, dataLength)
    {
        Bitpix = bitpix;
        AxisLengths = axes;
        _scale = header.GetDouble("BSCALE") ?? 1;
        _zero = header.GetDouble("BZERO") ?? 0;
        _blank = bitpix > 0 ? header.GetInteger("BLANK") : null;
    }

    /// <summary>Bits of a stored pixel; negative for floating point.</summary>
    public int Bitpix { get; }

    /// <summary>NAXIS1 (columns), NAXIS2 (rows), and so on.</summary>
    public IReadOnlyList<long> AxisLengths { get; }

    public int Width => AxisLengths.Count > 0 ? checked((int)AxisLengths[0]) : 0;

    public int Height => AxisLengths.Count > 1 ? checked((int)AxisLengths[1]) : 0;

    /// <summary>Reads a rectangle of the first plane, row by row, the file's first row first.</summary>
    /// <param name="firstColumn">Zero-based.</param>
    /// <param name="firstRow">Zero-based.</param>
    /// <param name="width">Columns; the rectangle must lie inside the image.</param>
    /// <param name="height">Rows.</param>
    /// <param name="destination">(height, width); BSCALE and BZERO are applied, BLANK is NaN.</param>
    public void ReadPixels(int firstColumn, int firstRow, int width, int height, Span<float> destination)
    {
        CheckInside(firstColumn, firstRow, width, height, destination.Length);
        for (int row = 0; row < height; row++)
        {
            var target = destination.Slice(row * width, width);
            if (Bitpix == -32 && _scale == 1 && _zero == 0)
                BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(Row(firstColumn, firstRow + row, width)), MemoryMarshal.Cast<float, uint>(target));
            else
                ReadConverted(firstColumn, firstRow + row, target);
        }
    }

    /// <inheritdoc cref="ReadPixels(int, int, int, int, Span{float})"/>
    public void ReadPixels(int firstColumn, int firstRow, int width, int height, Span<double> destination)
    {
        CheckInside(firstColumn, firstRow, width, height, destination.Length);
        for (int row = 0; row < height; row++)
            Convert(Row(firstColumn, firstRow + row, width), destination.Slice(row * width, width));
    }

    private void ReadConverted(int firstColumn, int row, Span<float> target)
    {
        Span<double> buffer = stackalloc double[Math.Min(target.Length, BufferedPixels)];
        for (int done = 0; done < target.Length;)
        {
            var part = buffer[..Math.Min(buffer.Length, target.Length - done)];
            Convert(Row(firstColumn + done, row, part.Length), part);
            foreach (double value in part)
                target[done++] = (float)value;
        }
    }

    private void Convert(ReadOnlySpan<byte> bytes, Span<double> target)
    {
        switch (Bitpix)
        {
            case -64:
                for (int i = 0; i < target.Length; i++)
                    target[i] = _zero + _scale * BinaryPrimitives.ReadDoubleBigEndian(bytes[(8 * i)..]);
                break;
            case -32:
                for (int i = 0; i < target.Length; i++)
                    target[i] = _zero + _scale * BinaryPrimitives.ReadSingleBigEndian(bytes[(4 * i)..]);
                break;
            case 64:
                for (int i = 0; i < target.Length; i++)
                    target[i] = Scaled(BinaryPrimitives.ReadInt64BigEndian(bytes[(8 * i)..]));
                break;
            case 32:
                for (int i = 0; i < target.Length; i++)
                    target[i] = Scaled(BinaryPrimitives.ReadInt32BigEndian(bytes[(4 * i)..]));
                break;
            case 16:
                for (int i = 0; i < target.Length; i++)
                    target[i] = Scaled(BinaryPrimitives.ReadInt16BigEndian(bytes[(2 * i)..]));
                break;
            default:
                for (int i = 0; i < target.Length; i++)
                    target[i] = Scaled(bytes[i]);
                break;
        }
    }

    private double Scaled(long stored) => stored == _blank ? double.NaN : _zero + _scale * stored;

    private ReadOnlySpan<byte> Row(int firstColumn, int row, int width)
    {
        int size = Math.Abs(Bitpix) / 8;
        return File.Bytes(DataOffset + ((long)row * Width + firstColumn) * size, width * size);
    }

    private void CheckInside(int firstColumn, int firstRow, int width, int height, int room)
    {
        if (firstColumn < 0 || firstRow < 0 || width < 0 || height < 0 || (long)firstColumn + width > Width || (long)firstRow + height > Height)
        {
            throw new ArgumentOutOfRangeException(nameof(firstColumn),
                $"{What}: columns {firstColumn} to {firstColumn + width - 1}, rows {firstRow} to {firstRow + height - 1} do not lie inside {Width} x {Height} pixels.");
        }
        if (room < (long)width * height)
            throw new ArgumentException($"The destination has room for {room} of {(long)width * height} pixels.");
    }
}
