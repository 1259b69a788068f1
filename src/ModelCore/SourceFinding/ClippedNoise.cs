using MathNet.Numerics;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Mean and noise of pixels without their sources.</summary>
/// <param name="Mean">Of the background, in the image's unit.</param>
/// <param name="Rms">Standard deviation of the background, corrected for the tails that were cut off.</param>
/// <remarks>As PyBDSF 1.10.3 clips: about the median, wider the more independent beams there are, until no further pixel falls out.</remarks>
internal readonly record struct ClippedNoise(double Mean, double Rms)
{
    private const int MostTurns = 200;

    /// <param name="pixels">Finite ones, at least one; put into order.</param>
    /// <param name="beamArea">In pixels.</param>
    /// <returns>An rms of 0 if the pixels that are left are all equal.</returns>
    public static ClippedNoise Of(Span<float> pixels, double beamArea)
    {
        pixels.Sort();
        var kept = pixels;
        double kappa = 0;
        int turn = 0;
        for (int last = kept.Length; turn < MostTurns; turn++)
        {
            kappa = Bound(kept.Length, beamArea);
            double median = Median(kept), width = kappa * StandardDeviation(kept, Average(kept), kept.Length);
            var inside = Inside(kept, median, width);
            int count = inside.Length;
            if (count > 0)
                kept = inside;
            if (count == 0 || Math.Abs(count - last) < 1e-6 * last)
                break;
            last = count;
        }
        double mean = Average(kept), middle = Median(kept), deviation = StandardDeviation(kept, mean, kept.Length - 1);
        if (!(deviation > 0))
            return new ClippedNoise(middle, 0);
        if (turn > MostTurns - 2)
            return new ClippedNoise(Average(pixels), StandardDeviation(pixels, Average(pixels), pixels.Length - 1));
        double level = Math.Abs(mean - middle) <= 0.3 * deviation ? (2.5 * middle) - (1.5 * mean) : middle;
        double inBounds = Math.Sqrt(2 * Math.PI) * SpecialFunctions.Erf(kappa / Math.Sqrt(2));
        return new ClippedNoise(level, deviation * Math.Sqrt(inBounds / (inBounds - (2 * kappa * Math.Exp(-0.5 * kappa * kappa)))));
    }

    /// <summary>How many standard deviations one of so many independent values may be off; at least 3.</summary>
    private static double Bound(int count, double beamArea)
    {
        double share = beamArea / (2.0 * count);
        return share < 1 ? Math.Max(3, Math.Sqrt(2) * SpecialFunctions.ErfcInv(share)) : 3;
    }

    private static Span<float> Inside(Span<float> ordered, double median, double width)
    {
        int first = 0, end = ordered.Length;
        while (first < end && !(Math.Abs(ordered[first] - median) < width))
            first++;
        while (end > first && !(Math.Abs(ordered[end - 1] - median) < width))
            end--;
        return ordered[first..end];
    }

    private static double Median(ReadOnlySpan<float> ordered) => 0.5 * ((double)ordered[(ordered.Length - 1) / 2] + ordered[ordered.Length / 2]);

    private static double Average(ReadOnlySpan<float> pixels)
    {
        double sum = 0;
        foreach (float pixel in pixels)
            sum += pixel;
        return sum / pixels.Length;
    }

    private static double StandardDeviation(ReadOnlySpan<float> pixels, double mean, int count)
    {
        double sum = 0;
        foreach (float pixel in pixels)
            sum += (pixel - mean) * (pixel - mean);
        return Math.Sqrt(sum / count);
    }
}
