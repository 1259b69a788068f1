using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>What is measured on a cut-out.</summary>
/// <param name="HasNan">It held blanked pixels.</param>
/// <param name="Broken">More than one pixel has exactly the smallest value.</param>
/// <param name="Snr">S/N_sigma with the threshold it was found at.</param>
/// <param name="EdgeRelativeMaximum">Largest pixel of the border over the largest of all.</param>
/// <param name="PeakFlux">The largest pixel, at least 0; NaN for a cut-out of nothing but NaN.</param>
/// <param name="Background">Median of the clipped pixels.</param>
/// <param name="Rms">Standard deviation of the clipped pixels.</param>
public readonly record struct CutoutQuality(bool HasNan, bool Broken, SigmaSnr Snr, double EdgeRelativeMaximum, double PeakFlux, double Background, double Rms);

/// <summary>Measures cut-outs, one after another, without allocating. Not for several threads at once.</summary>
/// <remarks>
/// The pixels are sorted once, by a radix sort of their bits; the smallest and the largest, the clipped statistics and the
/// sums of the source and of the rest then are ends and ranges of the sorted ones.
/// </remarks>
/// <param name="mostPixels">Pixels of the largest image.</param>
public sealed class CutoutMeter(int mostPixels)
{
    private const int DigitBits = 11;                        // three digits make the 32 bits of a pixel
    private const int Digits = 1 << DigitBits;
    private readonly uint[] _keys = new uint[mostPixels];
    private readonly uint[] _swap = new uint[mostPixels];
    private readonly int[] _counts = new int[3 * Digits];
    private readonly double[] _scaled = new double[mostPixels];

    /// <summary>Replaces blanked pixels by the smallest finite one, then measures. A cut-out of nothing but NaN stays so.</summary>
    /// <param name="pixels">Row after row.</param>
    /// <param name="width">Pixels of a row.</param>
    public CutoutQuality Measure(Span<float> pixels, int width)
    {
        bool hasNan = ReplaceNan(pixels);
        if (!float.IsFinite(pixels[0]))
            return new CutoutQuality(hasNan, false, SigmaSnr.Undefined, double.NaN, double.NaN, double.NaN, double.NaN);
        var sorted = Sort(pixels);
        var (minimum, maximum) = (sorted[0], sorted[^1]);
        var snr = ImageStatistics.SigmaSnrOfSorted(sorted, _scaled.AsSpan(0, pixels.Length));
        double range = (double)maximum - minimum;
        return new CutoutQuality(hasNan, sorted.Length > 1 && minimum == sorted[1], snr, (double)ImageStatistics.EdgeMaximum(pixels, width) / maximum,
            Math.Max(0, maximum), minimum + range * snr.Statistics.Median, range * snr.Statistics.StandardDeviation);
    }

    /// <summary>Replaces blanked pixels by the smallest finite one, if there is one. Returns whether there were any.</summary>
    internal static bool ReplaceNan(Span<float> pixels)
    {
        float minimum = float.PositiveInfinity;
        bool any = false;
        foreach (float pixel in pixels)
        {
            if (!float.IsFinite(pixel))
                any = true;
            else if (pixel < minimum)
                minimum = pixel;
        }
        if (any && float.IsFinite(minimum))
        {
            foreach (ref float pixel in pixels)
            {
                if (!float.IsFinite(pixel))
                    pixel = minimum;
            }
        }
        return any;
    }

    /// <summary>The pixels, ascending. The bits of a float order as its value does once those of a negative number are turned round.</summary>
    private ReadOnlySpan<float> Sort(ReadOnlySpan<float> pixels)
    {
        var bits = MemoryMarshal.Cast<float, uint>(pixels);
        Span<uint> keys = _keys.AsSpan(0, bits.Length), sorted = _swap.AsSpan(0, bits.Length);
        var counts = _counts.AsSpan();
        counts.Clear();
        for (int i = 0; i < bits.Length; i++)
        {
            uint key = bits[i] ^ ((uint)((int)bits[i] >> 31) | 0x80000000);
            keys[i] = key;
            counts[(int)(key % Digits)]++;
            counts[Digits + (int)((key >> DigitBits) % Digits)]++;
            counts[2 * Digits + (int)(key >> (2 * DigitBits))]++;
        }
        Scatter(keys, sorted, counts[..Digits], 0);
        Scatter(sorted, keys, counts.Slice(Digits, Digits), DigitBits);
        Scatter(keys, sorted, counts[(2 * Digits)..], 2 * DigitBits);
        foreach (ref uint key in sorted)
            key ^= (uint)((int)~key >> 31) | 0x80000000;
        return MemoryMarshal.Cast<uint, float>(sorted);
    }

    private static void Scatter(ReadOnlySpan<uint> from, Span<uint> to, Span<int> counts, int shift)
    {
        int place = 0;
        foreach (ref int count in counts)
            (count, place) = (place, place + count);
        foreach (uint key in from)
            to[counts[(int)((key >> shift) % Digits)]++] = key;
    }
}
