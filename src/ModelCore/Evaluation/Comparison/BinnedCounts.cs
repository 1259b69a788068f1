namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>The counts of two sets in the same bins.</summary>
/// <param name="Edges">Ascending, one more than bins; the bins are half open, the last one closed.</param>
/// <param name="Real">Of the real set.</param>
/// <param name="Generated">Of the generated set.</param>
public sealed record BinnedCounts(double[] Edges, long[] Real, long[] Generated)
{
    /// <summary>Equal bins from the smallest to the largest number of both sets.</summary>
    /// <param name="real">Numbers that are not finite are left out, and those that are not positive where <paramref name="logarithmic"/>.</param>
    /// <param name="generated">Likewise.</param>
    /// <param name="bins">How many.</param>
    /// <param name="logarithmic">Whether they are equal in the logarithm.</param>
    /// <param name="whole">Whether the numbers are whole, so that a bin should hold equally many of them as the others: at most one bin a number then.</param>
    public static BinnedCounts Of(IReadOnlyList<double> real, IReadOnlyList<double> generated, int bins, bool logarithmic = false, bool whole = false)
    {
        bool IsCounted(double value) => double.IsFinite(value) && (!logarithmic || value > 0);
        double[] counted = [.. real.Concat(generated).Where(IsCounted)];
        double[] edges = counted.Length == 0 ? [0, 1] : whole ? WholeEdges(counted.Min(), counted.Max(), bins) : EdgesBetween(counted.Min(), counted.Max(), bins, logarithmic);
        return new BinnedCounts(edges, Count(edges, real.Where(IsCounted)), Count(edges, generated.Where(IsCounted)));
    }

    private static double[] EdgesBetween(double low, double high, int bins, bool logarithmic)
    {
        if (low == high)
            (low, high) = logarithmic ? (low / 2, high * 2) : (low - 0.5, high + 0.5);
        double From(double value) => logarithmic ? Math.Log(value) : value;
        double To(double value) => logarithmic ? Math.Exp(value) : value;
        double[] edges = [.. Enumerable.Range(0, bins + 1).Select(i => To(From(low) + ((From(high) - From(low)) * i / bins)))];
        (edges[0], edges[^1]) = (low, high);
        return edges;
    }

    private static double[] WholeEdges(double low, double high, int bins)
    {
        double width = Math.Max(1, Math.Ceiling((high - low + 1) / bins));
        int count = (int)Math.Ceiling((high - low + 1) / width);
        return [.. Enumerable.Range(0, count + 1).Select(i => low - 0.5 + (i * width))];
    }

    private static long[] Count(double[] edges, IEnumerable<double> values)
    {
        long[] counts = new long[edges.Length - 1];
        foreach (double value in values)
        {
            int at = Array.BinarySearch(edges, value);
            counts[Math.Clamp(at >= 0 ? at : ~at - 1, 0, counts.Length - 1)]++;
        }
        return counts;
    }
}
