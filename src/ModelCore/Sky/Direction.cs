namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A direction as unit vector: x to longitude 0 on the equator, y to longitude 90 degrees, z to the north pole.</summary>
internal readonly record struct Direction(double X, double Y, double Z)
{
    public static Direction Nowhere { get; } = new(double.NaN, double.NaN, double.NaN);

    /// <summary>Distance from the axis through the poles: the cosine of the latitude.</summary>
    public double AxisDistance => Math.Sqrt(X * X + Y * Y);

    /// <summary>Radians, -pi to pi.</summary>
    public double Longitude => Math.Atan2(Y, X);

    /// <summary>Radians; as an arc tangent it is exact at the poles too, where an arc sine is not.</summary>
    public double Latitude => Math.Atan2(Z, AxisDistance);

    /// <param name="longitude">Degrees.</param>
    /// <param name="latitude">Degrees.</param>
    public static Direction FromDegrees(double longitude, double latitude) =>
        FromRadians(double.DegreesToRadians(longitude), double.DegreesToRadians(latitude));

    public static Direction FromRadians(double longitude, double latitude)
    {
        var (sinLongitude, cosLongitude) = Math.SinCos(longitude);
        var (sinLatitude, cosLatitude) = Math.SinCos(latitude);
        return new Direction(cosLatitude * cosLongitude, cosLatitude * sinLongitude, sinLatitude);
    }

    public static Direction operator -(in Direction a, in Direction b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    /// <summary>Unit vectors along the sky to the east and to the north; not defined at the poles.</summary>
    public (Direction East, Direction North) EastAndNorth()
    {
        double distance = AxisDistance, x = X / distance, y = Y / distance;
        return (new Direction(-y, x, 0), new Direction(-Z * x, -Z * y, distance));
    }

    public double Dot(in Direction other) => X * other.X + Y * other.Y + Z * other.Z;

    public Direction Cross(in Direction other) => new(Y * other.Z - Z * other.Y, Z * other.X - X * other.Z, X * other.Y - Y * other.X);

    /// <summary>Angle between two directions in radians, 0 to pi, exact at all distances: half of it stands in the rhombus of the two.</summary>
    public double SeparationTo(in Direction other)
    {
        double dx = X - other.X, dy = Y - other.Y, dz = Z - other.Z, sx = X + other.X, sy = Y + other.Y, sz = Z + other.Z;
        return 2 * PortableTrigonometry.ArcTangent(Math.Sqrt(dx * dx + dy * dy + dz * dz), Math.Sqrt(sx * sx + sy * sy + sz * sz));
    }

    /// <param name="zeroLongitude">Degrees; the longitude of the x axis.</param>
    public SphericalCoordinate ToSpherical(double zeroLongitude = 0) =>
        new(Degrees.Wrap(double.RadiansToDegrees(Longitude) + zeroLongitude), double.RadiansToDegrees(Latitude));
}
