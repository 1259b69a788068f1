using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Mean, median and standard deviation of what sigma clipping leaves.</summary>
/// <param name="Kept">Pixels that are left.</param>
/// <param name="Iterations">Passes until nothing more was removed, or 5.</param>
public readonly record struct ClippedStatistics(double Mean, double Median, double StandardDeviation, int Kept, int Iterations)
{
    internal static ClippedStatistics OfNothing { get; } = new(double.NaN, double.NaN, double.NaN, 0, 0);
}

/// <summary>S/N_sigma of an image, with what it was made of.</summary>
/// <param name="Ratio">Mean of the source's pixels over the mean of the others; -1 if the others sum to 0; NaN where it is not defined.</param>
/// <param name="Threshold">tau at which there was a source.</param>
/// <param name="SourcePixels">Pixels above median + tau sigma.</param>
/// <param name="Statistics">Of the image scaled to [0, 1], after clipping.</param>
public readonly record struct SigmaSnr(double Ratio, double Threshold, int SourcePixels, ClippedStatistics Statistics)
{
    internal static SigmaSnr Undefined { get; } = new(double.NaN, double.NaN, 0, ClippedStatistics.OfNothing);
}

/// <summary>Clipped statistics and S/N_sigma, in float64 from float32 pixels, for one image after another without allocating. Not for several threads at once.</summary>
/// <remarks>Paper, Sect. 2.1 and Eq. 9; clipping as in astropy's sigma_clipped_stats with its defaults.</remarks>
/// <param name="mostPixels">Pixels of the largest image.</param>
public sealed class PixelStatistics(int mostPixels)
{
    /// <summary>tau, in standard deviations above the median, at which a source is looked for first.</summary>
    public const double FirstThreshold = 5;

    private const double ThresholdStep = 0.5;
    private const double LastThreshold = -50;
    private const double ClippingSigma = 3;
    private const int MostIterations = 5;
    private readonly PixelRanks _ranks = new(mostPixels);
    private readonly double[] _above = new double[mostPixels];

    /// <summary>Clips at 3 population standard deviations about the median, bounds included, at most 5 times.</summary>
    /// <param name="pixels">Finite.</param>
    public ClippedStatistics Clip(ReadOnlySpan<float> pixels)
    {
        if (pixels.IsEmpty)
            return ClippedStatistics.OfNothing;
        float minimum = TensorPrimitives.Min(pixels);
        var above = Clip(pixels, minimum);
        return above with { Mean = minimum + above.Mean, Median = minimum + above.Median };
    }

    /// <summary>
    /// S/N_sigma: mean of the source's pixels over the mean of the others, of the image scaled to [0, 1]. The source is what lies above median + tau
    /// sigma, with tau falling from 5 in steps of 0.5 until there is something. Undefined for a constant image.
    /// </summary>
    /// <param name="pixels">Finite.</param>
    public SigmaSnr Snr(ReadOnlySpan<float> pixels)
    {
        if (pixels.IsEmpty)
            return SigmaSnr.Undefined;
        float minimum = TensorPrimitives.Min(pixels);
        double range = (double)TensorPrimitives.Max(pixels) - minimum;
        if (!(range > 0))
            return SigmaSnr.Undefined;
        var statistics = Clip(pixels, minimum);
        var above = _above.AsSpan(0, pixels.Length);
        double sum = TensorPrimitives.Sum<double>(above);
        for (double threshold = FirstThreshold; threshold > LastThreshold; threshold -= ThresholdStep)
        {
            var (_, others, sumOfOthers) = CountAndSum(above, double.NegativeInfinity, statistics.Median + threshold * statistics.StandardDeviation);
            if (others == above.Length)
                continue;
            int source = above.Length - others;
            double ratio = sumOfOthers == 0 ? -1 : (sum - sumOfOthers) / source / (sumOfOthers / others);
            return new SigmaSnr(ratio, threshold, source, statistics with
            {
                Mean = statistics.Mean / range,
                Median = statistics.Median / range,
                StandardDeviation = statistics.StandardDeviation / range,
            });
        }
        return SigmaSnr.Undefined;
    }

    /// <summary>Of the pixels' height above their minimum, which float64 holds exactly. Leaves these heights behind.</summary>
    private ClippedStatistics Clip(ReadOnlySpan<float> pixels, float minimum)
    {
        var above = _above.AsSpan(0, pixels.Length);
        TensorPrimitives.ConvertTruncating(pixels, above);
        TensorPrimitives.Subtract(above, minimum, above);
        _ranks.Count(pixels);
        double low = double.NegativeInfinity, high = double.PositiveInfinity;
        int below = 0, kept = pixels.Length, iterations = 0;
        double sum = TensorPrimitives.Sum<double>(above);
        while (true)
        {
            double mean = sum / kept, median = Median(pixels, below, kept) - minimum;
            double deviation = Math.Sqrt(SumOfSquaredDifferences(above, low, high, mean) / kept);
            var statistics = new ClippedStatistics(mean, median, deviation, kept, iterations);
            if (iterations == MostIterations)
                return statistics;
            (low, high) = (Math.Max(low, median - ClippingSigma * deviation), Math.Min(high, median + ClippingSigma * deviation));
            (below, int left, sum) = CountAndSum(above, low, high);
            iterations++;
            if (left == kept)
                return statistics with { Iterations = iterations };
            kept = left;
        }
    }

    private double Median(ReadOnlySpan<float> pixels, int below, int kept)
    {
        double upper = _ranks.At(pixels, below + kept / 2);
        return kept % 2 == 1 ? upper : ((double)_ranks.At(pixels, below + kept / 2 - 1) + upper) / 2;
    }

    /// <summary>How many values lie below low; how many lie from low to high, both included, and their sum.</summary>
    private static (int Below, int Count, double Sum) CountAndSum(ReadOnlySpan<double> values, double low, double high)
    {
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(values);
        Vector512<double> lows = Vector512.Create(low), highs = Vector512.Create(high), sums = default;
        Vector512<long> belows = default, counts = default;
        foreach (var vector in vectors)
        {
            var isBelow = Vector512.LessThan(vector, lows);
            var isInside = Vector512.AndNot(Vector512.LessThanOrEqual(vector, highs), isBelow);
            belows -= isBelow.AsInt64();                     // true is -1
            counts -= isInside.AsInt64();
            sums += vector & isInside;
        }
        var (below, count, sum) = ((int)Vector512.Sum(belows), (int)Vector512.Sum(counts), Vector512.Sum(sums));
        foreach (double value in values[(vectors.Length * Vector512<double>.Count)..])
        {
            if (value < low)
                below++;
            else if (value <= high)
                (count, sum) = (count + 1, sum + value);
        }
        return (below, count, sum);
    }

    private static double SumOfSquaredDifferences(ReadOnlySpan<double> values, double low, double high, double from)
    {
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(values);
        Vector512<double> lows = Vector512.Create(low), highs = Vector512.Create(high), centre = Vector512.Create(from), sums = default;
        foreach (var vector in vectors)
        {
            var difference = (vector - centre) & Vector512.GreaterThanOrEqual(vector, lows) & Vector512.LessThanOrEqual(vector, highs);
            sums += difference * difference;
        }
        double sum = Vector512.Sum(sums);
        foreach (double value in values[(vectors.Length * Vector512<double>.Count)..])
            sum += value >= low && value <= high ? (value - from) * (value - from) : 0;
        return sum;
    }
}
