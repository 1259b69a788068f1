namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>What the paper measures on a flux model and what it leaves over.</summary>
public static class ModelFlux
{
    /// <summary>The fewest pixels that hold half of a model's flux, A50; 0 if it has none.</summary>
    /// <remarks>
    /// Paper, Sect. 5.1. The published programme looks for the level by a bounded search that stops early and is up to 9 pixels off on images of
    /// 80 x 80; this is exact.
    /// </remarks>
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

    /// <summary>Sum of what an image has above its model, Delta+ (eq. 26), in the image's unit.</summary>
    public static double PositiveResidual(ReadOnlySpan<float> image, ReadOnlySpan<float> model)
    {
        double sum = 0;
        for (int i = 0; i < image.Length; i++)
            sum += Math.Max(0, image[i] - model[i]);
        return sum;
    }
}
