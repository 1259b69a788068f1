namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A position on the sky.</summary>
/// <param name="RightAscension">alpha in degrees, 0 up to 360.</param>
/// <param name="Declination">delta in degrees, -90 to 90.</param>
public readonly record struct SkyCoordinate(double RightAscension, double Declination)
{
    /// <summary>Great-circle distance in degrees, exact at all distances (Vincenty's formula on the sphere).</summary>
    public double SeparationTo(SkyCoordinate other)
    {
        var (sin1, cos1) = Math.SinCos(double.DegreesToRadians(Declination));
        var (sin2, cos2) = Math.SinCos(double.DegreesToRadians(other.Declination));
        var (sinD, cosD) = Math.SinCos(double.DegreesToRadians(other.RightAscension - RightAscension));
        double across = Math.Sqrt(Square(cos2 * sinD) + Square(cos1 * sin2 - sin1 * cos2 * cosD));
        return double.RadiansToDegrees(Math.Atan2(across, sin1 * sin2 + cos1 * cos2 * cosD));
    }

    private static double Square(double value) => value * value;
}
