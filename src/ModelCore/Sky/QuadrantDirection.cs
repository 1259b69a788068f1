namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A direction by the axis of the equator that it is nearest to in longitude: what HEALPix reckons with, exact at the axes and symmetric about them.</summary>
/// <param name="Axis">0 to 3 (taken modulo 4): the axis at longitude 90 degrees times this.</param>
/// <param name="Turn">Longitude from that axis in quarter turns, -1/2 to 1/2.</param>
/// <param name="Z">Sine of the latitude.</param>
/// <param name="AxisDistance">Cosine of the latitude, kept beside the sine so that positions near a pole lose nothing.</param>
/// <remarks>All of it, there and back, comes from + - * / and square roots: equal inputs give equal bits on every machine.</remarks>
internal readonly record struct QuadrantDirection(int Axis, double Turn, double Z, double AxisDistance)
{
    private const double QuarterTurn = Math.PI / 2;
    private const double TurnsPerRadian = 2 / Math.PI;

    public static QuadrantDirection From(in Direction direction)
    {
        if (!double.IsFinite(direction.X + direction.Y + direction.Z))
            throw new ArgumentOutOfRangeException(nameof(direction), direction, "A direction should have finite components.");
        double x = Math.Abs(direction.X), y = Math.Abs(direction.Y);
        bool isNearX = x >= y;
        int axis = isNearX ? (direction.X < 0 ? 2 : 0) : direction.Y < 0 ? 3 : 1;
        double turn = (isNearX ? PortableTrigonometry.ArcTangent(y, x) : PortableTrigonometry.ArcTangent(x, y)) * TurnsPerRadian;
        bool isBefore = axis switch { 0 => direction.Y < 0, 1 => direction.X > 0, 2 => direction.Y > 0, _ => direction.X < 0 };
        return new QuadrantDirection(axis, isBefore ? -turn : turn, direction.Z, direction.AxisDistance);
    }

    public static QuadrantDirection From(SkyCoordinate position)
    {
        if (!double.IsFinite(position.RightAscension) || !(Math.Abs(position.Declination) <= 90))
            throw new ArgumentOutOfRangeException(nameof(position), position, "A position should have a right ascension and a declination from -90 to 90, in degrees.");
        double longitude = Degrees.Wrap(position.RightAscension), latitude = Math.Abs(position.Declination);
        int axis = (int)(longitude / 90 + 0.5);
        var (sin, cos) = PortableTrigonometry.SinCos(double.DegreesToRadians(latitude <= 45 ? latitude : 90 - latitude));
        if (latitude > 45)
            (sin, cos) = (cos, sin);
        return new QuadrantDirection(axis, (longitude - 90 * axis) / 90, position.Declination < 0 ? -sin : sin, cos);
    }

    public Direction ToDirection()
    {
        var (sin, cos) = PortableTrigonometry.SinCos(Turn * QuarterTurn);
        double along = AxisDistance * cos, across = AxisDistance * sin;
        return (Axis & 3) switch
        {
            0 => new Direction(along, across, Z),
            1 => new Direction(-across, along, Z),
            2 => new Direction(-along, -across, Z),
            _ => new Direction(across, -along, Z),
        };
    }

    public SkyCoordinate ToSky()
    {
        double latitude = double.RadiansToDegrees(PortableTrigonometry.ArcTangent(Math.Abs(Z), AxisDistance));
        return new SkyCoordinate(Degrees.Wrap(90 * ((Axis & 3) + Turn)), Z < 0 ? -latitude : latitude);
    }
}
