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
    private const double CoreInQuartileRanges = 2;           // 2.7 sigma of normal noise: clipping at 3 sigma stays outside
    private readonly PixelRanks _ranks = new(mostPixels);
    private readonly SplitPixels _split = new(mostPixels);

    /// <summary>Clips at 3 population standard deviations about the median, bounds included, at most 5 times.</summary>
    /// <param name="pixels">Finite.</param>
    public ClippedStatistics Clip(ReadOnlySpan<float> pixels)
    {
        if (pixels.IsEmpty)
            return ClippedStatistics.OfNothing;
        var (statistics, pivot) = ClipAboutPivot(pixels);
        return statistics with { Mean = pivot + statistics.Mean, Median = pivot + statistics.Median };
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
        var (statistics, pivot) = ClipAboutPivot(pixels);
        double pivotHeight = pivot - minimum;
        for (double threshold = FirstThreshold; threshold > LastThreshold; threshold -= ThresholdStep)
        {
            double bound = statistics.Median + threshold * statistics.StandardDeviation;
            if (maximum - pivot <= bound)
                continue;
            var others = _split.Between(pixels, double.NegativeInfinity, bound);
            var source = _split.Above(bound);
            double sumOfOthers = others.Sum + others.Count * pivotHeight;
            double ratio = sumOfOthers == 0 ? -1 : (source.Sum / source.Count + pivotHeight) / (sumOfOthers / others.Count);
            return new SigmaSnr(ratio, threshold, source.Count, statistics with
            {
                Mean = (pivotHeight + statistics.Mean) / range,
                Median = (pivotHeight + statistics.Median) / range,
                StandardDeviation = statistics.StandardDeviation / range,
            });
        }
        return SigmaSnr.Undefined;
    }

    /// <summary>Of the pixels' distances from a pivot, the median of all; and the pivot.</summary>
    /// <remarks>Squares are summed about the pivot: the mean is never farther from it than some standard deviations, so no digits are lost.</remarks>
    private (ClippedStatistics Statistics, double Pivot) ClipAboutPivot(ReadOnlySpan<float> pixels)
    {
        _ranks.Count(pixels);
        double pivot = Median(pixels, 0, pixels.Length), median = 0;
        double quartileRange = _ranks.Roughly((int)(pixels.Length * 3L / 4)) - _ranks.Roughly(pixels.Length / 4);
        _split.Split(pixels, pivot, CoreInQuartileRanges * quartileRange);
        double low = double.NegativeInfinity, high = double.PositiveInfinity;
        var inside = _split.Between(pixels, low, high);
        for (int iterations = 0; ; iterations++)
        {
            double mean = inside.Sum / inside.Count;
            double deviation = Math.Sqrt(Math.Max(0, inside.Squares / inside.Count - mean * mean));
            var statistics = new ClippedStatistics(mean, median, deviation, inside.Count, iterations);
            if (iterations == MostIterations)
                return (statistics, pivot);
            (low, high) = (Math.Max(low, median - ClippingSigma * deviation), Math.Min(high, median + ClippingSigma * deviation));
            var left = _split.Between(pixels, low, high);
            if (left.Count == inside.Count)
                return (statistics with { Iterations = iterations + 1 }, pivot);
            inside = left;
            median = Median(pixels, inside.Below, inside.Count) - pivot;
        }
    }

    private double Median(ReadOnlySpan<float> pixels, int below, int kept)
    {
        double upper = _ranks.At(pixels, below + kept / 2);
        return kept % 2 == 1 ? upper : ((double)_ranks.At(pixels, below + kept / 2 - 1) + upper) / 2;
    }
}
