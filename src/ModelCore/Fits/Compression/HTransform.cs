using System.Buffers;
using System.Numerics;

namespace RadioDiffusion.ModelCore.Fits.Compression;

/// <summary>The inverse of the H-transform, a two-dimensional Haar transform of whole numbers.</summary>
/// <remarks>
/// White, Postman and Lattanzi (1992), FITS 4.0, section 10.4.4. Each step turns a sum h0 and the differences hx (along rows' index), hy
/// (along columns' index) and hc (both) into four pixels. The forward transform drops low bits that follow from others; they are restored.
/// </remarks>
internal static class HTransform
{
    /// <summary>Transforms in place.</summary>
    /// <param name="values">(height, width); the sum first, the quadrants of differences right and below.</param>
    /// <param name="width">Of the image.</param>
    /// <param name="height">Of the image.</param>
    /// <param name="smoothingScale">The quantisation's scale, if differences are to be interpolated within it; 0 otherwise.</param>
    public static void Invert(Span<long> values, int width, int height, int smoothingScale)
    {
        int levels = BitOperations.Log2((uint)Math.Max(width, height) * 2 - 1);
        long[] line = ArrayPool<long>.Shared.Rent((Math.Max(width, height) + 1) / 2);
        try
        {
            if (levels > 0)
                values[0] = Rounded(values[0], 1L << (levels + 1));
            for (int level = levels - 1; level >= 0; level--)
            {
                int columns = Halved(width, level), rows = Halved(height, level);
                Interleave(values, width, columns, rows, line);
                if (smoothingScale > 1)
                    HSmoothing.Apply(values, width, columns, rows, smoothingScale >> 1);
                Step(values, width, columns, rows, level);
            }
        }
        finally
        {
            ArrayPool<long>.Shared.Return(line);
        }
    }

    private static int Halved(int length, int times) => (int)((length + (1L << times) - 1) >> times);

    /// <summary>To the nearest multiple of a power of two; halves go away from zero.</summary>
    private static long Rounded(long value, long multiple)
    {
        long half = multiple >> 1;
        return (value + (value >= 0 ? half : Math.Max(half - 1, 0))) & -multiple;
    }

    /// <summary>Puts sums and differences of the quadrants next to each other, along both axes.</summary>
    private static void Interleave(Span<long> values, int stride, int columns, int rows, long[] line)
    {
        for (int row = 0; row < rows; row++)
            Interleave(values[(row * stride)..], 1, columns, line);
        for (int column = 0; column < columns; column++)
            Interleave(values[column..], stride, rows, line);
    }

    private static void Interleave(Span<long> values, int step, int count, long[] line)
    {
        int sums = (count + 1) / 2;
        for (int i = sums; i < count; i++)
            line[i - sums] = values[i * step];
        for (int i = sums - 1; i > 0; i--)
            values[2 * i * step] = values[i * step];
        for (int i = 0; i < count - sums; i++)
            values[(2 * i + 1) * step] = line[i];
    }

    private static void Step(Span<long> values, int stride, int columns, int rows, int level)
    {
        long bit0 = 1L << level, bit1 = bit0 << 1;
        int shift = level == 0 ? 2 : 1;
        for (int row = 0; row < rows; row += 2)
        {
            bool below = row + 1 < rows;
            for (int column = 0; column < columns; column += 2)
            {
                int first = row * stride + column;
                bool right = column + 1 < columns;
                if (right && below)
                    Square(values, first, stride, bit0, bit1, shift);
                else if (right || below)
                    Pair(values, first, right ? 1 : stride, bit1, shift);
                else
                    values[first] >>= shift;
            }
        }
    }

    private static void Square(Span<long> values, int first, int stride, long bit0, long bit1, int shift)
    {
        long h0 = values[first];
        long hy = Rounded(values[first + 1], bit1);
        long hx = Rounded(values[first + stride], bit1);
        long hc = Rounded(values[first + stride + 1], bit0);
        long low0 = hc & bit0;                               // the lowest bit is the same in all differences
        hx += hx >= 0 ? -low0 : low0;                        // and was rounded away from zero in hx and hy
        hy += hy >= 0 ? -low0 : low0;
        long low1 = (hc ^ hx ^ hy) & bit1;                   // the two lowest bits of the sum follow from theirs
        h0 += h0 >= 0 ? low0 - low1 : low0 == 0 ? low1 : low0 - low1;
        values[first + stride + 1] = (h0 + hx + hy + hc) >> shift;
        values[first + stride] = (h0 + hx - hy - hc) >> shift;
        values[first + 1] = (h0 - hx + hy - hc) >> shift;
        values[first] = (h0 - hx - hy + hc) >> shift;
    }

    /// <summary>The last row or column of an odd size has no partner.</summary>
    private static void Pair(Span<long> values, int first, int step, long bit1, int shift)
    {
        long h0 = values[first];
        long difference = Rounded(values[first + step], bit1);
        long low1 = difference & bit1;
        h0 += h0 >= 0 ? -low1 : low1;
        values[first + step] = (h0 + difference) >> shift;
        values[first] = (h0 - difference) >> shift;
    }
}
