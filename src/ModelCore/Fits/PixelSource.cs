using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Where the pixels of an image come from; the rectangles asked for lie inside it.</summary>
internal abstract class PixelSource
{
    /// <summary>A rectangle of one plane, (height, width).</summary>
    public abstract void Read(long plane, int firstColumn, int firstRow, int width, int height, Span<float> destination);

    /// <inheritdoc cref="Read(long, int, int, int, int, Span{float})"/>
    public abstract void Read(long plane, int firstColumn, int firstRow, int width, int height, Span<double> destination);

    /// <summary>Loads whole rows of the first plane from the disk, if that can be done apart from reading them.</summary>
    public virtual void Load(int firstRow, int height)
    {
    }
}

/// <summary>How stored numbers become physical values: BZERO + BSCALE * stored, and NaN for BLANK.</summary>
/// <remarks>FITS 4.0, section 4.4.2.5, equation 3.</remarks>
internal readonly record struct PixelScaling(double Scale, double Zero, long? Blank)
{
    private const double TwoTo63 = 9223372036854775808.0;

    public bool IsIdentity => Scale == 1 && Zero == 0;

    public static PixelScaling Of(FitsHeader header, int bitpix) =>
        new(header.GetDouble("BSCALE") ?? 1, header.GetDouble("BZERO") ?? 0, bitpix > 0 ? header.GetInteger("BLANK") : null);

    /// <summary>Unsigned 64-bit numbers (zero 2^63) are added as whole numbers: as floating point the small ones would vanish.</summary>
    public double Apply(long stored)
    {
        if (stored == Blank)
            return double.NaN;
        return Zero == TwoTo63 && Scale == 1 ? (ulong)stored ^ (1UL << 63) : Zero + Scale * stored;
    }

    /// <summary>Converts big-endian pixels of BITPIX 8 to 64, -32 and -64.</summary>
    public void Convert(int bitpix, ReadOnlySpan<byte> bytes, Span<double> target)
    {
        switch (bitpix)
        {
            case -64:
                var doubles = MemoryMarshal.Cast<byte, long>(bytes)[..target.Length];
                for (int i = 0; i < target.Length; i++)
                    target[i] = Zero + Scale * BitConverter.Int64BitsToDouble(BinaryPrimitives.ReverseEndianness(doubles[i]));
                break;
            case -32:
                var floats = MemoryMarshal.Cast<byte, int>(bytes)[..target.Length];
                for (int i = 0; i < target.Length; i++)
                    target[i] = Zero + Scale * BitConverter.Int32BitsToSingle(BinaryPrimitives.ReverseEndianness(floats[i]));
                break;
            case 64:
                var longs = MemoryMarshal.Cast<byte, long>(bytes)[..target.Length];
                for (int i = 0; i < target.Length; i++)
                    target[i] = Apply(BinaryPrimitives.ReverseEndianness(longs[i]));
                break;
            case 32:
                var integers = MemoryMarshal.Cast<byte, int>(bytes)[..target.Length];
                for (int i = 0; i < target.Length; i++)
                    target[i] = Apply(BinaryPrimitives.ReverseEndianness(integers[i]));
                break;
            case 16:
                var shorts = MemoryMarshal.Cast<byte, short>(bytes)[..target.Length];
                for (int i = 0; i < target.Length; i++)
                    target[i] = Apply(BinaryPrimitives.ReverseEndianness(shorts[i]));
                break;
            default:
                for (int i = 0; i < target.Length; i++)
                    target[i] = Apply(bytes[i]);
                break;
        }
    }
}

/// <summary>Big-endian pixels, one after the other, as they lie in the file.</summary>
internal sealed class PlainPixels(FitsData data, int bitpix, long width, long height, PixelScaling scaling) : PixelSource
{
    private const int PixelsAtOnce = 2048;
    private const int CacheLine = 64;
    private const int MostBytesTouched = 256 << 10;          // what the caches keep until it is read
    private readonly int _size = Math.Abs(bitpix) / 8;
    private volatile int _touched;

    public override void Read(long plane, int firstColumn, int firstRow, int width, int height, Span<float> destination)
    {
        Touch(plane, firstColumn, firstRow, width, height);
        for (int row = 0; row < height; row++)
        {
            var target = destination.Slice(row * width, width);
            if (bitpix == -32 && scaling.IsIdentity)
                ReadFloats(plane, firstColumn, firstRow + row, target);
            else if (bitpix == -64 && scaling.IsIdentity)
                ReadDoubles(plane, firstColumn, firstRow + row, target);
            else
                ReadConverted(plane, firstColumn, firstRow + row, target);
        }
    }

    public override void Read(long plane, int firstColumn, int firstRow, int width, int height, Span<double> destination)
    {
        for (int row = 0; row < height; row++)
        {
            var target = destination.Slice(row * width, width);
            for (int done = 0; done < width; done += PixelsAtOnce)
            {
                var part = target.Slice(done, Math.Min(PixelsAtOnce, width - done));
                scaling.Convert(bitpix, Bytes(plane, firstColumn + done, firstRow + row, part.Length), part);
            }
        }
    }

    public override void Load(int firstRow, int height)
    {
        int sum = 0;
        for (int row = firstRow; row < firstRow + height; row++)
        {
            long left = width * _size, offset = row * left;
            for (int step; left > 0; left -= step, offset += step)
            {
                step = (int)Math.Min(left, Environment.SystemPageSize);
                sum += data.Bytes(offset, step)[0];
            }
        }
        _touched = sum;
    }

    /// <summary>
    /// One byte of every cache line first: rows of a small rectangle lie on pages far apart, and loads that depend on nothing wait for memory all at once
    /// instead of one after the other.
    /// </summary>
    private void Touch(long plane, int firstColumn, int firstRow, int width, int height)
    {
        if ((long)width * height * _size > MostBytesTouched)
            return;
        int sum = 0;
        for (int row = 0; row < height; row++)
        {
            var bytes = Bytes(plane, firstColumn, firstRow + row, width);
            for (int i = 0; i < bytes.Length; i += CacheLine)
                sum += bytes[i];
        }
        _touched = sum;                                      // so that the loop is not left out
    }

    private void ReadFloats(long plane, int firstColumn, int row, Span<float> target)
    {
        const int MostAtOnce = int.MaxValue / sizeof(float);
        for (int done = 0; done < target.Length;)
        {
            var part = target.Slice(done, Math.Min(MostAtOnce, target.Length - done));
            BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, uint>(Bytes(plane, firstColumn + done, row, part.Length)), MemoryMarshal.Cast<float, uint>(part));
            done += part.Length;
        }
    }

    private void ReadDoubles(long plane, int firstColumn, int row, Span<float> target)
    {
        const int MostAtOnce = int.MaxValue / sizeof(double);
        for (int done = 0; done < target.Length;)
        {
            var part = target.Slice(done, Math.Min(MostAtOnce, target.Length - done));
            Narrow(MemoryMarshal.Cast<byte, long>(Bytes(plane, firstColumn + done, row, part.Length)), part);
            done += part.Length;
        }
    }

    /// <summary>Big-endian float64 to float32, rounded to nearest.</summary>
    private static void Narrow(ReadOnlySpan<long> stored, Span<float> target)
    {
        var reversed = Vector512<byte>.Indices ^ Vector512.Create((byte)7);      // the bytes of each number from last to first
        var vectors = MemoryMarshal.Cast<long, Vector512<byte>>(stored);
        int done = 0;
        for (int i = 0; i + 1 < vectors.Length; i += 2, done += Vector512<float>.Count)
            Vector512.Narrow(Vector512.Shuffle(vectors[i], reversed).AsDouble(), Vector512.Shuffle(vectors[i + 1], reversed).AsDouble()).CopyTo(target[done..]);
        for (; done < target.Length; done++)
            target[done] = (float)BitConverter.Int64BitsToDouble(BinaryPrimitives.ReverseEndianness(stored[done]));
    }

    private void ReadConverted(long plane, int firstColumn, int row, Span<float> target)
    {
        Span<double> buffer = stackalloc double[Math.Min(target.Length, PixelsAtOnce)];
        for (int done = 0; done < target.Length;)
        {
            var part = buffer[..Math.Min(buffer.Length, target.Length - done)];
            scaling.Convert(bitpix, Bytes(plane, firstColumn + done, row, part.Length), part);
            foreach (double value in part)
                target[done++] = (float)value;
        }
    }

    private ReadOnlySpan<byte> Bytes(long plane, int firstColumn, int row, int count) =>
        data.Bytes(((plane * height + row) * width + firstColumn) * _size, count * _size);
}
