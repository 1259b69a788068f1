namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>The restoring beam in pixels.</summary>
/// <param name="MajorFwhm">Full width at half maximum along the long axis, in pixels.</param>
/// <param name="MinorFwhm">The same along the short axis.</param>
/// <param name="PositionAngle">Of the long axis, in degrees from the columns' direction (+y) counter-clockwise.</param>
public readonly record struct Beam(double MajorFwhm, double MinorFwhm, double PositionAngle = 0)
{
    /// <summary>Full width at half maximum over standard deviation, with as many digits as PyBDSF has.</summary>
    internal const double FwhmPerSigma = 2.35482;

    /// <summary>pi / (4 ln 2): the area of a Gaussian beam over the product of its widths.</summary>
    public const double AreaPerSquareFwhm = 1.1330900354567985;

    /// <summary>The beam's area in pixels, as PyBDSF rounds it: 1.1331 times the product of the widths.</summary>
    public double Area => 1.1331 * MajorFwhm * MinorFwhm;

    internal double MajorSigma => MajorFwhm / FwhmPerSigma;

    internal double MinorSigma => MinorFwhm / FwhmPerSigma;
}
