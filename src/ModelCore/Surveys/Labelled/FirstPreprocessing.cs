namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>From a raw survey image to the form of the labelled FIRST set: what is below 3 sigma of the noise becomes 0, the peak becomes 255.</summary>
/// <remarks>
/// Griese et al. (2023), Data in Brief 47, 108974, as measured on pairs of their pictures and FIRST images: 255 (S - 3 sigma) / (S_max - 3 sigma), 0 below. sigma is the standard
/// deviation of the sigma-clipped pixels.
/// </remarks>
public static class FirstPreprocessing
{
    /// <summary>The value of the brightest pixel.</summary>
    public const float White = 255;

    /// <summary>Clips and scales in place.</summary>
    /// <param name="image">Jy/beam; becomes 0 to 255. Blanked pixels (NaN) stay so.</param>
    /// <param name="clipSigma">Threshold in units of the noise; 3 as published.</param>
    /// <returns>The noise sigma in Jy/beam.</returns>
    /// <exception cref="RadioDiffusionException">No pixel is above the threshold.</exception>
    public static double Apply(Span<float> image, double clipSigma = 3)
    {
        double sigma = ImageStatistics.SigmaClipped(image).StandardDeviation;
        double threshold = clipSigma * sigma, peak = double.NaN;
        foreach (float pixel in image)
            peak = float.IsFinite(pixel) && !(pixel <= peak) ? pixel : peak;
        if (!(peak > threshold))
            throw new RadioDiffusionException($"No pixel is above {clipSigma} sigma = {threshold:g4} Jy/beam (the largest is {peak:g4}): there is no source in this image.");
        foreach (ref float pixel in image)
            pixel = (float)Math.Max(0, White * (pixel - threshold) / (peak - threshold));
        return sigma;
    }
}
