namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>A Gaussian found in an image, with standard errors; heights and fluxes in the image's unit (a flux per beam makes a flux).</summary>
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

        double flux = fit.Height * major * minor / (beam.MajorFwhm * beam.MinorFwhm);
        var errors = GaussianErrors.Of(fit.Height, major, minor, angle, island.Rms, beam);
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
            PeakError = errors.Peak,
            MajorFwhmError = errors.MajorFwhm,
            MinorFwhmError = errors.MinorFwhm,
            XError = errors.X,
            YError = errors.Y,
            PositionAngleError = errors.PositionAngle,
            TotalFluxError = errors.RelativeFlux * Math.Abs(flux),
        };
    }

    /// <summary>As it is painted: the angle of the first axis is that of the long one.</summary>
    internal FitGaussian ToFit() => new(Peak, X, Y, MajorFwhm / Beam.FwhmPerSigma, MinorFwhm / Beam.FwhmPerSigma, PositionAngle + 90);

    private static bool HasShapeOf(FitGaussian fit, FitGaussian start) =>
        Math.Abs(fit.Sigma1 - start.Sigma1) <= 1e-7 * start.Sigma1 && Math.Abs(fit.Sigma2 - start.Sigma2) <= 1e-7 * start.Sigma2
        && Math.Abs(fit.Angle - start.Angle) <= 1e-7 * Math.Abs(start.Angle);
}
