namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>How alike two images are, from -1 to 1 (equal), by their means, variances and covariance over the whole image.</summary>
/// <remarks>Wang et al. (2004) with one window, as in the paper, Appendix A, Eq. 28: c1 = 0.01^2 and c2 = 0.03^2 for images in [0, 1]; population variances.</remarks>
public static class StructuralSimilarity
{
    private const double C1 = 1e-4, C2 = 9e-4;

    /// <param name="one">Pixels in [0, 1].</param>
    /// <param name="other">As many.</param>
    /// <exception cref="ArgumentException">They have different sizes.</exception>
    public static double Of(ReadOnlySpan<float> one, ReadOnlySpan<float> other)
    {
        if (one.Length != other.Length || one.Length == 0)
            throw new ArgumentException($"Both images should have the same pixels, but they have {one.Length} and {other.Length}.", nameof(other));
        double meanOne = 0, meanOther = 0;
        for (int i = 0; i < one.Length; i++)
        {
            meanOne += one[i];
            meanOther += other[i];
        }
        meanOne /= one.Length;
        meanOther /= one.Length;
        double varianceOne = 0, varianceOther = 0, covariance = 0;
        for (int i = 0; i < one.Length; i++)
        {
            double a = one[i] - meanOne, b = other[i] - meanOther;
            varianceOne += a * a;
            varianceOther += b * b;
            covariance += a * b;
        }
        varianceOne /= one.Length;
        varianceOther /= one.Length;
        covariance /= one.Length;
        return Of(meanOne, meanOther, varianceOne, varianceOther, covariance);
    }

    /// <summary>From what is known of both images.</summary>
    internal static double Of(double meanOne, double meanOther, double varianceOne, double varianceOther, double covariance) =>
        ((2 * meanOne * meanOther) + C1) * ((2 * covariance) + C2)
        / (((meanOne * meanOne) + (meanOther * meanOther) + C1) * (varianceOne + varianceOther + C2));
}
