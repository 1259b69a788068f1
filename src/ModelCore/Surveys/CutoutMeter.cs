namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>What is measured on a cut-out.</summary>
/// <param name="Broken">More than one pixel has exactly the smallest value.</param>
/// <param name="Snr">S/N_sigma with the threshold it was found at.</param>
/// <param name="EdgeRelativeMaximum">Largest pixel of the border over the largest of all.</param>
/// <param name="PeakFlux">The largest pixel, at least 0; NaN for a cut-out of nothing but NaN.</param>
/// <param name="Background">Median of the clipped pixels.</param>
/// <param name="Rms">Standard deviation of the clipped pixels.</param>
public readonly record struct CutoutQuality(bool Broken, SigmaSnr Snr, double EdgeRelativeMaximum, double PeakFlux, double Background, double Rms)
{
    internal static CutoutQuality OfNothing { get; } = new(false, SigmaSnr.Undefined, double.NaN, double.NaN, double.NaN, double.NaN);
}

/// <summary>Measures cut-outs, one after another, without allocating. Not for several threads at once.</summary>
/// <param name="mostPixels">Pixels of the largest image.</param>
public sealed class CutoutMeter(int mostPixels)
{
    private readonly PixelStatistics _statistics = new(mostPixels);

    /// <param name="pixels">Row after row; blanked ones replaced. Nothing is measured if they are not all finite.</param>
    /// <param name="width">Pixels of a row.</param>
    public CutoutQuality Measure(ReadOnlySpan<float> pixels, int width)
    {
        var (minimum, maximum) = ImageStatistics.Range(pixels);   // NaN if one pixel is
        if (!float.IsFinite(minimum) || !float.IsFinite(maximum))
            return CutoutQuality.OfNothing;
        double range = (double)maximum - minimum;
        var snr = _statistics.Snr(pixels, minimum, maximum);
        return new CutoutQuality(ImageStatistics.HasTwice(pixels, minimum), snr, (double)ImageStatistics.EdgeMaximum(pixels, width) / maximum, Math.Max(0, maximum),
            minimum + range * snr.Statistics.Median, range * snr.Statistics.StandardDeviation);
    }

    /// <summary>Replaces blanked pixels by the smallest finite one, if there is one. Returns whether there were any.</summary>
    internal static bool ReplaceNan(Span<float> pixels)
    {
        if (ImageStatistics.AreFinite(pixels))
            return false;
        float minimum = float.PositiveInfinity;
        foreach (float pixel in pixels)
            minimum = float.IsFinite(pixel) ? Math.Min(minimum, pixel) : minimum;
        foreach (ref float pixel in pixels)
            pixel = float.IsFinite(pixel) || float.IsInfinity(minimum) ? pixel : minimum;
        return true;
    }
}
