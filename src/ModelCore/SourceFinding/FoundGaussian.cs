namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>A Gaussian found in an image, with standard errors; heights and fluxes in the image's unit (a flux per beam makes a flux).</summary>
/// <remarks>Errors after Condon (1997) and Condon et al. (1998), with correlated noise of the beam's size, as PyBDSF writes them; that of the position angle as its later versions do, 1.10.3 makes it too large by the axes' ratio.</remarks>
public sealed record FoundGaussian
{
    /// <summary>Number of its island, from 0.</summary>
    public required int Island { get; init; }

    /// <summary>Number of its source, from 0: Gaussians that overlap are one source.</summary>
    public int Source { get; init; }

    public required double Peak { get; init; }

    /// <summary>Column, from 0 in the middle of the first pixel.</summary>
    public required double X { get; init; }

    /// <summary>Row, from 0 in the middle of the first pixel.</summary>
    public required double Y { get; init; }

    /// <summary>Full width at half maximum along the long axis, in pixels.</summary>
    public required double MajorFwhm { get; init; }

    public required double MinorFwhm { get; init; }

    /// <summary>Of the long axis, in degrees from the columns' direction (+y) counter-clockwise, from 0 up to 180.</summary>
    public required double PositionAngle { get; init; }

    public required double TotalFlux { get; init; }

    public required double PeakError { get; init; }

    public required double XError { get; init; }

    public required double YError { get; init; }

    public required double MajorFwhmError { get; init; }

    public required double MinorFwhmError { get; init; }

    /// <summary>In degrees, at most 180.</summary>
    public required double PositionAngleError { get; init; }

    public required double TotalFluxError { get; init; }

    /// <summary>The fit's parameters in the words of the field.</summary>
    /// <param name="fit">In the coordinates of the island's box.</param>
    internal static FoundGaussian Of(FitGaussian fit, int number, Island island, SourceFinderOptions options)
    {
        var beam = options.Beam;
        double major = Beam.FwhmPerSigma * fit.LongSigma, minor = Beam.FwhmPerSigma * fit.ShortSigma, angle = fit.LongAngle - 90;
        if (HasShapeOf(fit, options.StartShape))
            (major, minor, angle) = (beam.MajorFwhm, beam.MinorFwhm, beam.PositionAngle);
        angle = ((angle % 180) + 180) % 180;

        double q = beam.MajorFwhm * beam.MinorFwhm;
        double flux = fit.Height * major * minor / q;
        double d = Math.Sqrt(major * minor / (4 * q)), a = 1 + (q / (major * major)), b = 1 + (q / (minor * minor)), s = d * fit.Height / island.Rms;
        double root = Math.Sqrt(2);
        double heightError = root * fit.Height / (s * Math.Pow(a, 0.75) * Math.Pow(b, 0.75));
        double majorError = root * major / (s * Math.Pow(a, 1.25) * Math.Pow(b, 0.25));
        double minorError = root * minor / (s * Math.Pow(a, 0.25) * Math.Pow(b, 1.25));
        var (sin, cos) = Math.SinCos(angle * (Math.PI / 180));
        double roundness = ((major * major) - (minor * minor)) / (major * minor);
        double angleError = 2 / (roundness * s * Math.Pow(a, 0.25) * Math.Pow(b, 1.25)) * (180 / Math.PI);
        return new FoundGaussian
        {
            Island = number,
            Peak = fit.Height,
            X = island.Box.Left + fit.X,
            Y = island.Box.Top + fit.Y,
            MajorFwhm = major,
            MinorFwhm = minor,
            PositionAngle = angle,
            TotalFlux = flux,
            PeakError = heightError,
            MajorFwhmError = majorError,
            MinorFwhmError = minorError,
            XError = Hypotenuse(majorError * sin, minorError * cos) / Math.Sqrt(8 * Math.Log(2)),
            YError = Hypotenuse(majorError * cos, minorError * sin) / Math.Sqrt(8 * Math.Log(2)),
            PositionAngleError = Math.Min(double.IsNaN(angleError) ? 180 : angleError, 180),
            TotalFluxError = flux * Math.Sqrt(Square(heightError / fit.Height) + ((Square(majorError / major) + Square(minorError / minor)) / (4 * d * d))),
        };
    }

    /// <summary>As it is painted: the angle of the first axis is that of the long one.</summary>
    internal FitGaussian ToFit() => new(Peak, X, Y, MajorFwhm / Beam.FwhmPerSigma, MinorFwhm / Beam.FwhmPerSigma, PositionAngle + 90);

    private static bool HasShapeOf(FitGaussian fit, FitGaussian start) =>
        Math.Abs(fit.Sigma1 - start.Sigma1) <= 1e-7 * start.Sigma1 && Math.Abs(fit.Sigma2 - start.Sigma2) <= 1e-7 * start.Sigma2
        && Math.Abs(fit.Angle - start.Angle) <= 1e-7 * Math.Abs(start.Angle);

    private static double Hypotenuse(double one, double other) => Math.Sqrt((one * one) + (other * other));

    private static double Square(double value) => value * value;
}
