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
    private readonly double[] _heights = new double[mostPixels];

    /// <summary>Clips at 3 population standard deviations about the median, bounds included, at most 5 times.</summary>
    /// <param name="pixels">Finite.</param>
    public ClippedStatistics Clip(ReadOnlySpan<float> pixels)
    {
        if (pixels.IsEmpty)
            return ClippedStatistics.OfNothing;
        float minimum = TensorPrimitives.Min(pixels);
        var (above, _) = Clip(pixels, minimum);
        return above with { Mean = minimum + above.Mean, Median = minimum + above.Median };
    }

    /// <summary>
    /// S/N_sigma: mean of the source's pixels over the mean of the others, of the image scaled to [0, 1]. The source is what lies above median + tau
    /// sigma, with tau falling from 5 in steps of 0.5 until there is something. Undefined for a constant image.
    /// </summary>
    /// <param name="pixels">Finite.</param>
    /// <param name="minimum">The smallest.</param>
    /// <param name="maximum">The largest.</param>
    public SigmaSnr Snr(ReadOnlySpan<float> pixels, float minimum, float maximum)
    {
        double range = (double)maximum - minimum;
        if (!(range > 0))
            return SigmaSnr.Undefined;
        var (statistics, sum) = Clip(pixels, minimum);
        for (double threshold = FirstThreshold; threshold > LastThreshold; threshold -= ThresholdStep)
        {
            var others = Sums(_heights.AsSpan(0, pixels.Length), double.NegativeInfinity, statistics.Median + threshold * statistics.StandardDeviation, 0);
            if (others.Count == pixels.Length)
                continue;
            int source = pixels.Length - others.Count;
            double ratio = others.Sum == 0 ? -1 : (sum - others.Sum) / source / (others.Sum / others.Count);
            return new SigmaSnr(ratio, threshold, source, statistics with
            {
                Mean = statistics.Mean / range,
                Median = statistics.Median / range,
                StandardDeviation = statistics.StandardDeviation / range,
            });
        }
        return SigmaSnr.Undefined;
    }

    /// <summary>Of the pixels' height above their minimum, which float64 holds exactly; and the sum of all heights.</summary>
    /// <remarks>Squares are summed about the first median: the mean is never farther from it than some standard deviations, so no digits are lost.</remarks>
    private (ClippedStatistics Statistics, double SumOfAll) Clip(ReadOnlySpan<float> pixels, float minimum)
    {
        var heights = _heights.AsSpan(0, pixels.Length);
        TensorPrimitives.ConvertTruncating(pixels, heights);
        TensorPrimitives.Subtract(heights, minimum, heights);
        _ranks.Count(pixels);
        double low = double.NegativeInfinity, high = double.PositiveInfinity;
        double pivot = Median(pixels, 0, pixels.Length) - minimum, median = pivot;
        var inside = Sums(heights, low, high, pivot);
        double sumOfAll = inside.Sum + pixels.Length * pivot;
        for (int iterations = 0; ; iterations++)
        {
            double offset = inside.Sum / inside.Count;       // of the mean from the pivot
            double deviation = Math.Sqrt(Math.Max(0, inside.Squares / inside.Count - offset * offset));
            var statistics = new ClippedStatistics(pivot + offset, median, deviation, inside.Count, iterations);
            if (iterations == MostIterations)
                return (statistics, sumOfAll);
            (low, high) = (Math.Max(low, median - ClippingSigma * deviation), Math.Min(high, median + ClippingSigma * deviation));
            var left = Sums(heights, low, high, pivot);
            if (left.Count == inside.Count)
                return (statistics with { Iterations = iterations + 1 }, sumOfAll);
            inside = left;
            median = Median(pixels, inside.Below, inside.Count) - minimum;
        }
    }

    private double Median(ReadOnlySpan<float> pixels, int below, int kept)
    {
        double upper = _ranks.At(pixels, below + kept / 2);
        return kept % 2 == 1 ? upper : ((double)_ranks.At(pixels, below + kept / 2 - 1) + upper) / 2;
    }

    /// <summary>How many heights lie below low; how many lie from low to high, both included, with the sums of their distances from a pivot and of the squares.</summary>
    private static (int Below, int Count, double Sum, double Squares) Sums(ReadOnlySpan<double> heights, double low, double high, double pivot)
    {
        var vectors = MemoryMarshal.Cast<double, Vector512<double>>(heights);
        Vector512<double> lows = Vector512.Create(low), highs = Vector512.Create(high), centre = Vector512.Create(pivot);
        Vector512<double> sums = default, squares = default;
        Vector512<long> belows = default, counts = default;
        foreach (var height in vectors)
        {
            var isBelow = Vector512.LessThan(height, lows);
            var isInside = Vector512.AndNot(Vector512.LessThanOrEqual(height, highs), isBelow);
            belows -= isBelow.AsInt64();                     // true is -1
            counts -= isInside.AsInt64();
            var distance = (height - centre) & isInside;
            sums += distance;
            squares += distance * distance;
        }
        var (below, count, sum, square) = ((int)Vector512.Sum(belows), (int)Vector512.Sum(counts), Vector512.Sum(sums), Vector512.Sum(squares));
        foreach (double height in heights[(vectors.Length * Vector512<double>.Count)..])
        {
            if (height < low)
                below++;
            else if (height <= high)
                (count, sum, square) = (count + 1, sum + (height - pivot), square + (height - pivot) * (height - pivot));
        }
        return (below, count, sum, square);
    }
}
