namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Mean, median and standard deviation of what sigma clipping leaves.</summary>
/// <param name="Kept">Pixels that are left.</param>
/// <param name="Iterations">Passes until nothing more was removed, or 5.</param>
public readonly record struct ClippedStatistics(double Mean, double Median, double StandardDeviation, int Kept, int Iterations);

/// <summary>The measurements behind the selection, in float64 from float32 pixels.</summary>
/// <remarks>Paper, Sect. 2.1 and Eqs. 9 and 10; clipping as in astropy's sigma_clipped_stats with its defaults.</remarks>
public static class ImageStatistics
{
    private const double ClippingSigma = 3;
    private const int MostIterations = 5;
    private const double FirstThreshold = 5;
    private const double ThresholdStep = 0.5;
    private const double LastThreshold = -50;

    /// <summary>Clips at 3 population standard deviations about the median, bounds included, at most 5 times; non-finite pixels are left out.</summary>
    public static ClippedStatistics SigmaClipped(ReadOnlySpan<double> pixels)
    {
        double[] sorted = new double[pixels.Length];
        int count = 0;
        foreach (double pixel in pixels)
        {
            if (double.IsFinite(pixel))
                sorted[count++] = pixel;
        }
        if (count == 0)
            return new ClippedStatistics(double.NaN, double.NaN, double.NaN, 0, 0);
        Array.Sort(sorted, 0, count);
        // What clipping keeps of sorted values is always a range.
        int first = 0, end = count, iterations = 0;
        while (iterations < MostIterations)
        {
            iterations++;
            var (_, median, deviation) = Describe(sorted.AsSpan(first, end - first));
            double low = median - ClippingSigma * deviation, high = median + ClippingSigma * deviation;
            int newFirst = first, newEnd = end;
            while (newFirst < newEnd && sorted[newFirst] < low)
                newFirst++;
            while (newEnd > newFirst && sorted[newEnd - 1] > high)
                newEnd--;
            if (newFirst == first && newEnd == end)
                break;
            (first, end) = (newFirst, newEnd);
        }
        var (mean, finalMedian, finalDeviation) = Describe(sorted.AsSpan(first, end - first));
        return new ClippedStatistics(mean, finalMedian, finalDeviation, end - first, iterations);
    }

    /// <summary>
    /// S/N_sigma: mean of the source's pixels over the mean of the others, of the image scaled to [0, 1]. The source is what lies above median + tau
    /// sigma, with tau falling from 5 in steps of 0.5 until there is something.
    /// </summary>
    /// <returns>The ratio; -1 if the others sum to 0; NaN for an image that is constant or has NaN.</returns>
    public static double SigmaSnr(ReadOnlySpan<float> image) => SigmaSnr(image, out _, out _, out _);

    internal static double SigmaSnr(ReadOnlySpan<float> image, out double threshold, out int sourcePixels, out ClippedStatistics statistics)
    {
        (threshold, sourcePixels, statistics) = (double.NaN, 0, default);
        var (minimum, maximum) = Range(image);
        if (!(maximum > minimum))
            return double.NaN;
        double[] scaled = new double[image.Length];
        for (int i = 0; i < scaled.Length; i++)
            scaled[i] = ((double)image[i] - minimum) / ((double)maximum - minimum);
        statistics = SigmaClipped(scaled);
        for (threshold = FirstThreshold; threshold > LastThreshold; threshold -= ThresholdStep)
        {
            double bound = statistics.Median + threshold * statistics.StandardDeviation;
            double source = 0, others = 0;
            sourcePixels = 0;
            foreach (double pixel in scaled)
            {
                if (pixel > bound)
                {
                    source += pixel;
                    sourcePixels++;
                }
                else
                {
                    others += pixel;
                }
            }
            if (sourcePixels > 0)
                return others == 0 ? -1 : source / sourcePixels / (others / (scaled.Length - sourcePixels));
        }
        return double.NaN;
    }

    /// <summary>Largest pixel of the border over the largest of all.</summary>
    /// <param name="image">(side, side).</param>
    /// <param name="side">Pixels.</param>
    public static double EdgeRelativeMaximum(ReadOnlySpan<float> image, int side)
    {
        float edge = float.NegativeInfinity, all = float.NegativeInfinity;
        for (int row = 0; row < side; row++)
        {
            for (int column = 0; column < side; column++)
            {
                float pixel = image[row * side + column];
                all = Math.Max(all, pixel);
                if (row == 0 || column == 0 || row == side - 1 || column == side - 1)
                    edge = Math.Max(edge, pixel);
            }
        }
        return (double)edge / all;
    }

    /// <summary>Whether more than one pixel has exactly the smallest value: no image of an interferometer has that. False with a NaN.</summary>
    public static bool IsBroken(ReadOnlySpan<float> image)
    {
        var (minimum, _) = Range(image);
        int count = 0;
        foreach (float pixel in image)
            count += pixel == minimum ? 1 : 0;
        return count > 1;
    }

    /// <summary>Scales to [0, 1]; a constant image becomes 0.</summary>
    public static void ScaleToUnit(Span<float> image)
    {
        var (minimum, maximum) = Range(image);
        float range = maximum - minimum;
        for (int i = 0; i < image.Length; i++)
            image[i] = range > 0 ? (image[i] - minimum) / range : 0;
    }

    /// <summary>Smallest and largest pixel; both NaN if one pixel is.</summary>
    internal static (float Minimum, float Maximum) Range(ReadOnlySpan<float> image)
    {
        float minimum = float.PositiveInfinity, maximum = float.NegativeInfinity;
        foreach (float pixel in image)
        {
            minimum = Math.Min(minimum, pixel);
            maximum = Math.Max(maximum, pixel);
        }
        return (minimum, maximum);
    }

    private static (double Mean, double Median, double Deviation) Describe(ReadOnlySpan<double> sorted)
    {
        double sum = 0;
        foreach (double value in sorted)
            sum += value;
        double mean = sum / sorted.Length, squares = 0;
        foreach (double value in sorted)
            squares += (value - mean) * (value - mean);
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return (mean, median, Math.Sqrt(squares / sorted.Length));
    }
}
