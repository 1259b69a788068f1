namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A position on the sky in the ICRS.</summary>
/// <param name="RightAscension">alpha in degrees, 0 up to 360.</param>
/// <param name="Declination">delta in degrees, -90 to 90.</param>
public readonly record struct SkyCoordinate(double RightAscension, double Declination)
{
    /// <summary>Great-circle distance in degrees, exact at all distances (Vincenty's formula on the sphere).</summary>
    public double SeparationTo(SkyCoordinate other)
    {
        var (east, north, along) = Components(other);
        return double.RadiansToDegrees(Math.Atan2(Math.Sqrt(east * east + north * north), along));
    }

    /// <summary>Direction of the great circle to another position, degrees from north through east, 0 up to 360.</summary>
    public double PositionAngleTo(SkyCoordinate other)
    {
        var (east, north, _) = Components(other);
        return Degrees.Wrap(double.RadiansToDegrees(Math.Atan2(east, north)));
    }

    /// <summary>The other position's unit vector along east, north, and the line of sight of this one.</summary>
    private (double East, double North, double Along) Components(SkyCoordinate other)
    {
        var (sin1, cos1) = Math.SinCos(double.DegreesToRadians(Declination));
        var (sin2, cos2) = Math.SinCos(double.DegreesToRadians(other.Declination));
        var (sinD, cosD) = Math.SinCos(double.DegreesToRadians(other.RightAscension - RightAscension));
        return (cos2 * sinD, cos1 * sin2 - sin1 * cos2 * cosD, sin1 * sin2 + cos1 * cos2 * cosD);
    }
}
