namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Gaussians that are one source.</summary>
public sealed record FoundSource
{
    public required int Number { get; init; }

    public required int Island { get; init; }

    /// <summary>S: the only Gaussian of its island; C: one Gaussian, of several in the island; M: several Gaussians.</summary>
    public required char Code { get; init; }

    /// <summary>The brightest Gaussian's, or where several overlap the largest of their sum at their centres.</summary>
    public required double Peak { get; init; }

    public required double PeakError { get; init; }

    /// <summary>Column of the flux's centre.</summary>
    public required double X { get; init; }

    public required double XError { get; init; }

    /// <summary>Row of the flux's centre.</summary>
    public required double Y { get; init; }

    public required double YError { get; init; }

    /// <summary>Column of the peak.</summary>
    public required double PeakX { get; init; }

    /// <summary>Row of the peak.</summary>
    public required double PeakY { get; init; }

    /// <summary>From the second moments of all its Gaussians; in pixels.</summary>
    public required double MajorFwhm { get; init; }

    public required double MajorFwhmError { get; init; }

    public required double MinorFwhm { get; init; }

    public required double MinorFwhmError { get; init; }

    /// <summary>In degrees from +y counter-clockwise.</summary>
    public required double PositionAngle { get; init; }

    public required double PositionAngleError { get; init; }

    public required double TotalFlux { get; init; }

    public required double TotalFluxError { get; init; }

    internal static FoundSource Of(int number, IReadOnlyList<FoundGaussian> gaussians, bool isAlone, double rms, Beam beam)
    {
        var brightest = gaussians.MaxBy(Height)!;
        double flux = gaussians.Sum(gaussian => gaussian.TotalFlux);
        double x = Mean(gaussian => gaussian.X), y = Mean(gaussian => gaussian.Y);
        var shape = new Ellipse(Mean(gaussian => Square(gaussian.X - x)), Mean(gaussian => (gaussian.X - x) * (gaussian.Y - y)), Mean(gaussian => Square(gaussian.Y - y)));
        foreach (var gaussian in gaussians)
            shape += gaussian.TotalFlux / flux * Ellipse.Of(gaussian.MajorFwhm, gaussian.MinorFwhm, gaussian.PositionAngle);
        var (major, minor, angle) = gaussians.Count == 1 ? (brightest.MajorFwhm, brightest.MinorFwhm, brightest.PositionAngle) : shape.Axes();
        double peak = Height(brightest);
        var errors = GaussianErrors.Of(peak, major, minor, angle, rms, beam);
        return new FoundSource
        {
            Number = number,
            Island = brightest.Island,
            Code = gaussians.Count > 1 ? 'M' : isAlone ? 'S' : 'C',
            Peak = peak,
            PeakError = errors.Peak,
            X = x,
            XError = errors.X,
            Y = y,
            YError = errors.Y,
            PeakX = brightest.X,
            PeakY = brightest.Y,
            MajorFwhm = major,
            MajorFwhmError = errors.MajorFwhm,
            MinorFwhm = minor,
            MinorFwhmError = errors.MinorFwhm,
            PositionAngle = angle,
            PositionAngleError = errors.PositionAngle,
            TotalFlux = flux,
            TotalFluxError = Math.Sqrt(gaussians.Sum(gaussian => Square(gaussian.TotalFluxError))),
        };

        double Height(FoundGaussian at) => gaussians.Count == 1 ? at.Peak : gaussians.Sum(gaussian => gaussian.ToFit().At(at.X, at.Y));

        double Mean(Func<FoundGaussian, double> value) => gaussians.Sum(gaussian => gaussian.TotalFlux * value(gaussian)) / flux;
    }

    private static double Square(double value) => value * value;
}
