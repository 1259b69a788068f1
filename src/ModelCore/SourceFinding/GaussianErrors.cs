namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Standard errors of a Gaussian in noise that is correlated over the beam.</summary>
/// <param name="Peak">In the image's unit.</param>
/// <param name="X">In pixels.</param>
/// <param name="Y">In pixels.</param>
/// <param name="MajorFwhm">In pixels.</param>
/// <param name="MinorFwhm">In pixels.</param>
/// <param name="PositionAngle">In degrees, at most 180.</param>
/// <param name="RelativeFlux">Of the flux, as a share of it.</param>
/// <remarks>
/// Condon (1997), PASP 109, 166, and Condon et al. (1998), AJ 115, 1693, as PyBDSF writes them; that of the position angle as its later versions do,
/// 1.10.3 makes it too large by the ratio of the axes.
/// </remarks>
internal readonly record struct GaussianErrors(double Peak, double X, double Y, double MajorFwhm, double MinorFwhm, double PositionAngle, double RelativeFlux)
{
    public static GaussianErrors Of(double peak, double major, double minor, double positionAngle, double rms, Beam beam)
    {
        double q = beam.MajorFwhm * beam.MinorFwhm;
        double d = Math.Sqrt(major * minor / (4 * q)), a = 1 + (q / (major * major)), b = 1 + (q / (minor * minor)), s = d * peak / rms;
        double root = Math.Sqrt(2);
        double peakError = root * peak / (s * Math.Pow(a, 0.75) * Math.Pow(b, 0.75));
        double majorError = root * major / (s * Math.Pow(a, 1.25) * Math.Pow(b, 0.25));
        double minorError = root * minor / (s * Math.Pow(a, 0.25) * Math.Pow(b, 1.25));
        var (sin, cos) = Math.SinCos(positionAngle * (Math.PI / 180));
        double roundness = ((major * major) - (minor * minor)) / (major * minor);
        double angleError = roundness > 0 ? 2 / (roundness * s * Math.Pow(a, 0.25) * Math.Pow(b, 1.25)) * (180 / Math.PI) : 180;
        return new GaussianErrors(
            peakError,
            Hypotenuse(majorError * sin, minorError * cos) / Math.Sqrt(8 * Math.Log(2)),
            Hypotenuse(majorError * cos, minorError * sin) / Math.Sqrt(8 * Math.Log(2)),
            majorError,
            minorError,
            Math.Min(angleError, 180),
            Hypotenuse(peakError / peak, Hypotenuse(majorError / major, minorError / minor) / (2 * d)));
    }

    private static double Hypotenuse(double one, double other) => Math.Sqrt((one * one) + (other * other));
}
