namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>What the paper measures on a flux model and what it leaves over.</summary>
public static class ModelFlux
{
    private const double LevelTolerance = 1e-5;              // of the published search, in the image's unit

    /// <summary>The fewest pixels that hold half of a model's flux, A50; 0 if it has none.</summary>
    /// <remarks>Paper, Sect. 5.1; exact.</remarks>
    /// <param name="model">Any order.</param>
    public static int HalfFluxArea(ReadOnlySpan<float> model)
    {
        float[] ordered = model.ToArray();
        Array.Sort(ordered);
        double half = 0;
        foreach (float pixel in ordered)
            half += pixel;
        half /= 2;
        if (!(half > 0))
            return 0;
        double sum = 0;
        for (int i = ordered.Length - 1; i >= 0; i--)
        {
            sum += ordered[i];
            if (sum >= half)
                return ordered.Length - i;
        }
        return ordered.Length;
    }

    /// <summary>
    /// A50 as the published programme finds it: the pixels at or above the level whose share of the flux is nearest to a half, by a search of the level that ends in a local minimum, up
    /// to 9 pixels away on images of 80 x 80. All pixels for a model without flux.
    /// </summary>
    /// <param name="model">Any order.</param>
    public static int PublishedHalfFluxArea(ReadOnlySpan<float> model)
    {
        float[] ordered = model.ToArray();
        Array.Sort(ordered);
        double[] below = new double[ordered.Length + 1];
        for (int i = 0; i < ordered.Length; i++)
            below[i + 1] = below[i] + ordered[i];
        double total = below[^1];
        if (!(total > 0))
            return ordered.Length;
        int FirstAtOrAbove(double level)
        {
            int low = 0, high = ordered.Length;
            while (low < high)
            {
                int middle = (low + high) / 2;
                (low, high) = ordered[middle] >= level ? (low, middle) : (middle + 1, high);
            }
            return low;
        }
        double level = BoundedMinimum.Find(
            at =>
            {
                double missing = ((total - below[FirstAtOrAbove(at)]) / total) - 0.5;
                return missing * missing;
            },
            0, ordered[^1], LevelTolerance);
        return ordered.Length - FirstAtOrAbove(level);
    }

    /// <summary>Sum of what an image has above its model, Delta+ (eq. 26), in the image's unit.</summary>
    public static double PositiveResidual(ReadOnlySpan<float> image, ReadOnlySpan<float> model)
    {
        double sum = 0;
        for (int i = 0; i < image.Length; i++)
            sum += Math.Max(0, image[i] - model[i]);
        return sum;
    }
}
