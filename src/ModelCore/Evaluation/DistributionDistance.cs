namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>How far two sets of numbers are from each other, with the standard error that the bootstrap gives.</summary>
/// <param name="KolmogorovSmirnov">The largest difference of their cumulative distributions, from 0 to 1.</param>
/// <param name="KolmogorovSmirnovError">Of it.</param>
/// <param name="Wasserstein">The area between their cumulative distributions, in the numbers' unit: how far a number has to be moved on average.</param>
/// <param name="WassersteinError">Of it.</param>
public readonly record struct DistributionDistance(double KolmogorovSmirnov, double KolmogorovSmirnovError, double Wasserstein, double WassersteinError)
{
    /// <param name="first">In any order; numbers that are not finite are left out.</param>
    /// <param name="second">In any order.</param>
    /// <param name="seed">Of the bootstrap.</param>
    /// <param name="resamplings">How often both sets are drawn anew, with replacement (Efron 1979).</param>
    /// <exception cref="ArgumentException">One of them has no finite number.</exception>
    public static DistributionDistance Of(ReadOnlySpan<double> first, ReadOnlySpan<double> second, ulong seed, int resamplings = 200)
    {
        double[] one = Ordered(first, nameof(first)), other = Ordered(second, nameof(second));
        var (ks, wasserstein) = Between(one, other);
        double[] drawnOne = new double[one.Length], drawnOther = new double[other.Length];
        var (ksSpread, wassersteinSpread) = (new Spread(), new Spread());
        for (int i = 0; i < resamplings; i++)
        {
            var stream = new RandomStream(seed, "bootstrap", i);
            Draw(one, drawnOne, stream);
            Draw(other, drawnOther, stream);
            var (drawnKs, drawnWasserstein) = Between(drawnOne, drawnOther);
            ksSpread.Add(drawnKs);
            wassersteinSpread.Add(drawnWasserstein);
        }
        return new DistributionDistance(ks, ksSpread.Deviation, wasserstein, wassersteinSpread.Deviation);
    }

    /// <summary>Both distances of two ordered sets, in one walk along their cumulative distributions.</summary>
    private static (double KolmogorovSmirnov, double Wasserstein) Between(double[] one, double[] other)
    {
        double largest = 0, area = 0;
        for (int i = 0, j = 0; i < one.Length || j < other.Length;)
        {
            double at = i == one.Length ? other[j] : j == other.Length ? one[i] : Math.Min(one[i], other[j]);
            while (i < one.Length && one[i] == at)
                i++;
            while (j < other.Length && other[j] == at)
                j++;
            double difference = Math.Abs(((double)i / one.Length) - ((double)j / other.Length));
            largest = Math.Max(largest, difference);
            if (i < one.Length || j < other.Length)
            {
                double next = i == one.Length ? other[j] : j == other.Length ? one[i] : Math.Min(one[i], other[j]);
                area += difference * (next - at);
            }
        }
        return (largest, area);
    }

    /// <summary>Draws with replacement; what comes out is in order, since the numbers of draws are counted and not the draws.</summary>
    private static void Draw(double[] ordered, double[] drawn, RandomStream stream)
    {
        int[] counts = new int[ordered.Length];
        for (int i = 0; i < ordered.Length; i++)
            counts[stream.NextInt32(ordered.Length)]++;
        int next = 0;
        for (int i = 0; i < ordered.Length; i++)
        {
            for (int k = 0; k < counts[i]; k++)
                drawn[next++] = ordered[i];
        }
    }

    private static double[] Ordered(ReadOnlySpan<double> values, string name)
    {
        var finite = new List<double>(values.Length);
        foreach (double value in values)
        {
            if (double.IsFinite(value))
                finite.Add(value);
        }
        if (finite.Count == 0)
            throw new ArgumentException("A distribution should have finite numbers to be compared, but has none.", name);
        finite.Sort();
        return [.. finite];
    }

    private sealed class Spread
    {
        private double _sum, _squares;
        private int _count;

        public double Deviation => _count < 2 ? double.NaN : Math.Sqrt(Math.Max(0, (_squares - (_sum * _sum / _count)) / (_count - 1)));

        public void Add(double value)
        {
            _sum += value;
            _squares += value * value;
            _count++;
        }
    }
}
