using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Measures small distances on the sky in standard deviations of a Gaussian of any shape.</summary>
/// <param name="major">Standard deviation along the longest axis, arc seconds.</param>
/// <param name="minor">Along the shortest.</param>
/// <param name="angleDegrees">Position angle of the longest axis, from north through east.</param>
internal sealed class BeamForm(double major, double minor, double angleDegrees)
{
    /// <summary>Full width at half maximum over standard deviation: 2 sqrt(2 ln 2).</summary>
    public const double SigmasPerFwhm = 2.3548200450309493;

    private readonly double _sin = Math.Sin(double.DegreesToRadians(angleDegrees));
    private readonly double _cos = Math.Cos(double.DegreesToRadians(angleDegrees));

    /// <summary>Arc seconds.</summary>
    public double Major => major;

    /// <summary>Arc seconds.</summary>
    public double Minor => minor;

    public double MajorRadians => major / Degrees.ArcsecPerRadian;

    /// <summary>The Gaussian's axes at a place of the sky, as vectors: products with a small difference of directions are distances in standard deviations.</summary>
    public (Direction Along, Direction Across) AxesAt(in Direction place)
    {
        var (east, north) = place.EastAndNorth();
        double along = Degrees.ArcsecPerRadian / major, across = Degrees.ArcsecPerRadian / minor;
        return (Combine(east, _sin * along, north, _cos * along), Combine(east, _cos * across, north, -_sin * across));
    }

    private static Direction Combine(in Direction a, double x, in Direction b, double y) => new(a.X * x + b.X * y, a.Y * x + b.Y * y, a.Z * x + b.Z * y);
}
