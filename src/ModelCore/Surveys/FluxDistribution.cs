namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The distribution of the standardised Box-Cox fluxes of a training set, as a histogram: where the fluxes of generated sources are drawn from.</summary>
/// <param name="Transform">From peak flux (Jy/beam) to the standardised value.</param>
/// <param name="Smallest">Left edge of the first bin.</param>
/// <param name="Largest">Right edge of the last bin.</param>
/// <param name="Counts">Values in each bin; bins are of equal width, half open, the last one closed.</param>
/// <remarks>The published code draws conditioning values from 100 bins between the smallest and the largest value: a piecewise constant density.</remarks>
public sealed record FluxDistribution(BoxCoxTransform Transform, double Smallest, double Largest, IReadOnlyList<long> Counts)
{
    /// <summary>Bins in the published code.</summary>
    public const int PublishedBins = 100;

    private long Total => Counts.Sum();

    /// <summary>The histogram of a training set's fluxes.</summary>
    /// <param name="peakFluxes">Jy/beam, positive.</param>
    /// <param name="transform">Their transform.</param>
    /// <param name="bins">Number of bins.</param>
    public static FluxDistribution Of(ReadOnlySpan<float> peakFluxes, BoxCoxTransform transform, int bins = PublishedBins)
    {
        double[] values = new double[peakFluxes.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = transform.Apply(peakFluxes[i]);
        if (values.Length == 0 || values.Any(value => !double.IsFinite(value)) || values.Min() == values.Max())
            throw new RadioDiffusionException($"A distribution of fluxes needs at least two different positive values, but there are {values.Distinct().Count(double.IsFinite)} among {values.Length}.");
        long[] counts = new long[bins];
        var distribution = new FluxDistribution(transform, values.Min(), values.Max(), counts);
        foreach (double value in values)
            counts[distribution.BinOf(value)]++;
        return distribution;
    }

    /// <summary>Left edge of a bin, or the right edge of the last one.</summary>
    public double Edge(int bin) => bin == Counts.Count ? Largest : Smallest + bin * ((Largest - Smallest) / Counts.Count);

    /// <summary>Probability density of a standardised value: 0 outside and at the right end, the right bin's value at an inner edge.</summary>
    public double Density(double value)
    {
        if (!(value >= Smallest && value < Largest))
            return 0;
        int bin = BinOf(value);
        return Counts[bin] / (Total * (Edge(bin + 1) - Edge(bin)));
    }

    /// <summary>Probability that a standardised value is at most this.</summary>
    public double CumulativeProbability(double value)
    {
        if (!(value > Smallest))
            return 0;
        if (value >= Largest)
            return 1;
        int bin = BinOf(value);
        long below = 0;
        for (int i = 0; i < bin; i++)
            below += Counts[i];
        return (below + Counts[bin] * ((value - Edge(bin)) / (Edge(bin + 1) - Edge(bin)))) / Total;
    }

    /// <summary>The standardised value below which a share of the distribution lies: the inverse of <see cref="CumulativeProbability"/>, linear within a bin.</summary>
    /// <param name="share">0 to 1. Where a whole range answers (empty bins), its right end is given, as numpy's interpolation does.</param>
    public double Quantile(double share)
    {
        if (share is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(share), share, "A share should be 0 to 1.");
        double wanted = share * Total;
        long below = 0;
        for (int bin = 0; bin < Counts.Count; bin++)
        {
            if (Counts[bin] > 0 && wanted < below + Counts[bin])
                return Edge(bin) + (wanted - below) / Counts[bin] * (Edge(bin + 1) - Edge(bin));
            below += Counts[bin];
        }
        return Largest;
    }

    /// <summary>A peak flux in Jy/beam, drawn from the distribution.</summary>
    public double DrawPeakFlux(RandomStream stream) => Transform.Invert(Quantile(stream.NextDouble()));

    /// <summary>Where numpy.histogram counts a value: by division, put right at the edges by comparison.</summary>
    private int BinOf(double value)
    {
        int bin = (int)Math.Clamp((value - Smallest) / (Largest - Smallest) * Counts.Count, 0, Counts.Count - 1);
        if (bin > 0 && value < Edge(bin))
            return bin - 1;
        return bin < Counts.Count - 1 && value >= Edge(bin + 1) ? bin + 1 : bin;
    }
}
