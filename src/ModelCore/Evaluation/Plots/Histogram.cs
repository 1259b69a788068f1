namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>Counts of values in bins, half open, the last one closed.</summary>
/// <param name="Edges">Of the bins, ascending: one more than counts.</param>
/// <param name="Counts">Values in each bin.</param>
/// <param name="Outside">Values in no bin: not finite, or not positive in logarithmic bins.</param>
public sealed record Histogram(IReadOnlyList<double> Edges, IReadOnlyList<long> Counts, long Outside)
{
    /// <summary>Bins of equal width between the smallest and the largest value.</summary>
    /// <param name="values">What is counted.</param>
    /// <param name="bins">Number of bins.</param>
    /// <param name="logarithmic">Whether the bins are of equal width in the logarithm.</param>
    /// <returns>Null if no value can be counted.</returns>
    public static Histogram? Of(IEnumerable<double> values, int bins, bool logarithmic = false)
    {
        double[] all = [.. values], counted = [.. all.Where(value => double.IsFinite(value) && (!logarithmic || value > 0))];
        if (counted.Length == 0)
            return null;
        double low = Scaled(counted.Min(), logarithmic), high = Scaled(counted.Max(), logarithmic);
        if (low == high)                                     // equal values stand in the middle of the plot
            (low, high) = (low - 0.5, high + 0.5);
        long[] counts = new long[bins];
        foreach (double value in counted)
            counts[Math.Clamp((int)((Scaled(value, logarithmic) - low) / (high - low) * bins), 0, bins - 1)]++;
        double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => low + (high - low) * i / bins).Select(edge => logarithmic ? Math.Exp(edge) : edge)];
        return new Histogram(edges, counts, all.Length - counted.Length);
    }

    private static double Scaled(double value, bool logarithmic) => logarithmic ? Math.Log(value) : value;
}
