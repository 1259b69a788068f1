using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>What the selection asks of a cut-out.</summary>
/// <param name="HasNan">It held blanked pixels.</param>
/// <param name="Broken">More than one pixel has exactly the smallest value.</param>
/// <param name="SigmaSnr">S/N_sigma; NaN where it is not defined.</param>
/// <param name="EdgeRelativeMaximum">Largest pixel of the border over the largest of all.</param>
/// <param name="PeakFlux">The largest pixel, at least 0, in the image's unit; NaN for a cut-out of nothing but NaN.</param>
public readonly record struct CutoutQuality(bool HasNan, bool Broken, double SigmaSnr, double EdgeRelativeMaximum, double PeakFlux);

/// <summary>Measures cut-outs of one size, one after another, without allocating. Not for several threads at once.</summary>
/// <remarks>
/// The pixels are sorted once, by a radix sort of their bits; the smallest and the largest, the clipped statistics and the
/// sums of the source and of the rest then are ends and ranges of the sorted ones.
/// </remarks>
public sealed class CutoutMeter(int side)
{
    private const int DigitBits = 11;                        // three digits make the 32 bits of a pixel
    private const int Digits = 1 << DigitBits;
    private readonly uint[] _keys = new uint[side * side];
    private readonly uint[] _swap = new uint[side * side];
    private readonly int[] _counts = new int[3 * Digits];
    private readonly double[] _scaled = new double[side * side];

    /// <summary>Replaces blanked pixels by the smallest finite one, then measures. A cut-out of nothing but NaN stays so.</summary>
    /// <param name="cutout">(side, side).</param>
    public CutoutQuality Measure(Span<float> cutout)
    {
        bool hasNan = ReplaceNan(cutout, out bool anyFinite);
        if (!anyFinite)
            return new CutoutQuality(hasNan, false, double.NaN, double.NaN, double.NaN);
        var sorted = Sort(cutout);
        float maximum = sorted[^1];
        return new CutoutQuality(hasNan, sorted.Length > 1 && sorted[0] == sorted[1], ImageStatistics.SigmaSnrOfSorted(sorted, _scaled).Ratio,
            (double)ImageStatistics.EdgeMaximum(cutout, side) / maximum, Math.Max(0, maximum));
    }

    private static bool ReplaceNan(Span<float> cutout, out bool anyFinite)
    {
        float minimum = float.PositiveInfinity;
        bool any = false;
        foreach (float pixel in cutout)
        {
            if (!float.IsFinite(pixel))
                any = true;
            else if (pixel < minimum)
                minimum = pixel;
        }
        anyFinite = float.IsFinite(minimum);
        if (any && anyFinite)
        {
            foreach (ref float pixel in cutout)
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
        var counts = _counts.AsSpan();
        counts.Clear();
        for (int i = 0; i < bits.Length; i++)
        {
            uint key = bits[i] ^ ((uint)((int)bits[i] >> 31) | 0x80000000);
            _keys[i] = key;
            counts[(int)(key % Digits)]++;
            counts[Digits + (int)((key >> DigitBits) % Digits)]++;
            counts[2 * Digits + (int)(key >> (2 * DigitBits))]++;
        }
        Scatter(_keys, _swap, counts[..Digits], 0);
        Scatter(_swap, _keys, counts.Slice(Digits, Digits), DigitBits);
        Scatter(_keys, _swap, counts[(2 * Digits)..], 2 * DigitBits);
        for (int i = 0; i < _swap.Length; i++)
            _swap[i] ^= (uint)((int)~_swap[i] >> 31) | 0x80000000;
        return MemoryMarshal.Cast<uint, float>(_swap);
    }

    private static void Scatter(uint[] from, uint[] to, Span<int> counts, int shift)
    {
        int place = 0;
        for (int digit = 0; digit < counts.Length; digit++)
            (counts[digit], place) = (place, place + counts[digit]);
        foreach (uint key in from)
            to[counts[(int)((key >> shift) % Digits)]++] = key;
    }
}
