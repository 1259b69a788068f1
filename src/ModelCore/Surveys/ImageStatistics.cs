using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Mean, median and standard deviation of what sigma clipping leaves.</summary>
/// <param name="Kept">Pixels that are left.</param>
/// <param name="Iterations">Passes until nothing more was removed, or 5.</param>
public readonly record struct ClippedStatistics(double Mean, double Median, double StandardDeviation, int Kept, int Iterations);

/// <summary>S/N_sigma of an image, with what it was made of.</summary>
/// <param name="Ratio">Mean of the source's pixels over the mean of the others; -1 if the others sum to 0; NaN where it is not defined.</param>
/// <param name="Threshold">tau at which there was a source.</param>
/// <param name="SourcePixels">Pixels above median + tau sigma.</param>
/// <param name="Statistics">Of the image scaled to [0, 1], after clipping.</param>
public readonly record struct SigmaSnr(double Ratio, double Threshold, int SourcePixels, ClippedStatistics Statistics)
{
    internal static SigmaSnr Undefined { get; } = new(double.NaN, double.NaN, 0, new(double.NaN, double.NaN, double.NaN, 0, 0));
}

/// <summary>The measurements behind the selection, in float64 from float32 pixels.</summary>
/// <remarks>
/// Paper, Sect. 2.1 and Eqs. 9 and 10; clipping as in astropy's sigma_clipped_stats with its defaults. All is measured on sorted pixels: what
/// clipping keeps is a range of them, the median is the middle of it, and the source its end.
/// </remarks>
public static class ImageStatistics
{
    private const double ClippingSigma = 3;
    private const int MostIterations = 5;
    /// <summary>tau, in standard deviations above the median, at which a source is looked for first.</summary>
    public const double FirstThreshold = 5;

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
        Array.Sort(sorted, 0, count);
        return SigmaClippedOfSorted(sorted.AsSpan(0, count));
    }

    /// <summary>
    /// S/N_sigma: mean of the source's pixels over the mean of the others, of the image scaled to [0, 1]. The source is what lies above median + tau
    /// sigma, with tau falling from 5 in steps of 0.5 until there is something. Undefined for an image that is constant or has NaN.
    /// </summary>
    public static SigmaSnr SigmaSnr(ReadOnlySpan<float> image)
    {
        float[] sorted = image.ToArray();
        Array.Sort(sorted);
        return SigmaSnrOfSorted(sorted, new double[sorted.Length]);
    }

    /// <summary>The same of pixels that are sorted already, without allocating.</summary>
    /// <param name="sorted">Ascending; a NaN would be the first.</param>
    /// <param name="scaled">Room for as many numbers.</param>
    internal static SigmaSnr SigmaSnrOfSorted(ReadOnlySpan<float> sorted, Span<double> scaled)
    {
        if (sorted.IsEmpty || !float.IsFinite(sorted[0]) || !float.IsFinite(sorted[^1]) || sorted[0] == sorted[^1])
            return Surveys.SigmaSnr.Undefined;
        double minimum = sorted[0], range = sorted[^1] - minimum;
        TensorPrimitives.ConvertTruncating(sorted, scaled);
        TensorPrimitives.Subtract(scaled, minimum, scaled);
        TensorPrimitives.Divide(scaled, range, scaled);
        var statistics = SigmaClippedOfSorted(scaled);
        for (double threshold = FirstThreshold; threshold > LastThreshold; threshold -= ThresholdStep)
        {
            int others = CountUpTo(scaled, statistics.Median + threshold * statistics.StandardDeviation);
            if (others == scaled.Length)
                continue;
            double sumOfOthers = Sum(scaled[..others]);
            double meanOfSource = Sum(scaled[others..]) / (scaled.Length - others);
            return new SigmaSnr(sumOfOthers == 0 ? -1 : meanOfSource / (sumOfOthers / others), threshold, scaled.Length - others, statistics);
        }
        return Surveys.SigmaSnr.Undefined;
    }

    /// <summary>Largest pixel of the border over the largest of all.</summary>
    /// <param name="image">(side, side).</param>
    /// <param name="side">Pixels.</param>
    public static double EdgeRelativeMaximum(ReadOnlySpan<float> image, int side) => (double)EdgeMaximum(image, side) / Range(image).Maximum;

    /// <summary>Largest pixel of the border.</summary>
    internal static float EdgeMaximum(ReadOnlySpan<float> image, int width)
    {
        float edge = Math.Max(TensorPrimitives.Max(image[..width]), TensorPrimitives.Max(image[^width..]));
        for (int first = width; first < image.Length - width; first += width)
            edge = Math.Max(edge, Math.Max(image[first], image[first + width - 1]));
        return edge;
    }

    /// <summary>Whether more than one pixel has exactly the smallest value: no image of an interferometer has that. False with a NaN.</summary>
    public static bool IsBroken(ReadOnlySpan<float> image)
    {
        float minimum = Range(image).Minimum;
        int first = image.IndexOf(minimum);
        return first >= 0 && !float.IsNaN(minimum) && image[(first + 1)..].Contains(minimum);
    }

    /// <summary>Sets all but the source to 0: what is not above the bound that S/N_sigma found the source at.</summary>
    /// <param name="image">As it was measured, in Jy/beam.</param>
    /// <param name="bound">median + tau standard deviations, in Jy/beam.</param>
    public static void KeepSource(Span<float> image, double bound)
    {
        foreach (ref float pixel in image)
            pixel = pixel > bound ? pixel : 0;
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
    internal static (float Minimum, float Maximum) Range(ReadOnlySpan<float> image) => image.IsEmpty
        ? (float.PositiveInfinity, float.NegativeInfinity)
        : (TensorPrimitives.Min(image), TensorPrimitives.Max(image));

    private static ClippedStatistics SigmaClippedOfSorted(ReadOnlySpan<double> sorted)
    {
        if (sorted.IsEmpty)
            return new ClippedStatistics(double.NaN, double.NaN, double.NaN, 0, 0);
        int iterations = 0;
        while (true)
        {
            var (mean, median, deviation) = Describe(sorted);
            if (iterations == MostIterations)
                return new ClippedStatistics(mean, median, deviation, sorted.Length, iterations);
            iterations++;
            int first = CountBelow(sorted, median - ClippingSigma * deviation);
            int end = CountUpTo(sorted, median + ClippingSigma * deviation);
            if (end - first == sorted.Length)
                return new ClippedStatistics(mean, median, deviation, sorted.Length, iterations);
            sorted = sorted[first..end];
        }
    }

    private static (double Mean, double Median, double Deviation) Describe(ReadOnlySpan<double> sorted)
    {
        double mean = Sum(sorted) / sorted.Length;
        int middle = sorted.Length / 2;
        double median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return (mean, median, Math.Sqrt(SumOfSquaredDifferences(sorted, mean) / sorted.Length));
    }

    private static double Sum(ReadOnlySpan<double> values) => TensorPrimitives.Sum(values);

    private static double SumOfSquaredDifferences(ReadOnlySpan<double> values, double from)
    {
        var vectors = MemoryMarshal.Cast<double, System.Numerics.Vector<double>>(values);
        System.Numerics.Vector<double> centre = new(from), sum = default, second = default;
        int i = 0;
        for (; i + 2 <= vectors.Length; i += 2)              // two sums, so that one addition need not wait for the other
        {
            var (a, b) = (vectors[i] - centre, vectors[i + 1] - centre);
            sum += a * a;
            second += b * b;
        }
        double total = System.Numerics.Vector.Sum(sum + second);
        foreach (double value in values[(i * System.Numerics.Vector<double>.Count)..])
            total += (value - from) * (value - from);
        return total;
    }

    /// <summary>How many of ascending values are smaller than a bound.</summary>
    private static int CountBelow(ReadOnlySpan<double> sorted, double bound)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (sorted[middle] < bound)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    /// <summary>How many of ascending values are smaller than a bound or equal to it.</summary>
    private static int CountUpTo(ReadOnlySpan<double> sorted, double bound)
    {
        int low = 0, high = sorted.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (sorted[middle] <= bound)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
