namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A piece of a great circle, up to half of it.</summary>
internal readonly struct GreatCircleArc
{
    private readonly Direction _from, _to, _normal, _ahead, _behind;

    /// <summary>The shorter way between two directions that are not opposite.</summary>
    public GreatCircleArc(in Direction from, in Direction to)
        : this(from, to, Unit(from.Cross(to)))
    {
    }

    private GreatCircleArc(in Direction from, in Direction to, in Direction normal)
    {
        _from = from;
        _to = to;
        _normal = normal;
        _ahead = normal.Cross(from);
        _behind = to.Cross(normal);
    }

    /// <summary>A piece of a meridian, from south to north; degrees.</summary>
    public static GreatCircleArc Meridian(double longitude, double south, double north)
    {
        var eastwards = QuadrantDirection.From(new SkyCoordinate(longitude + 90, 0)).ToDirection();
        return new GreatCircleArc(
            QuadrantDirection.From(new SkyCoordinate(longitude, south)).ToDirection(),
            QuadrantDirection.From(new SkyCoordinate(longitude, north)).ToDirection(),
            new Direction(-eastwards.X, -eastwards.Y, 0));
    }

    /// <summary>Radians from the nearest point of the arc.</summary>
    public double DistanceTo(in Direction direction) => direction.Dot(_ahead) >= 0 && direction.Dot(_behind) >= 0
        ? Math.Abs(Math.Asin(Math.Clamp(direction.Dot(_normal), -1, 1)))
        : Math.Min(direction.SeparationTo(_from), direction.SeparationTo(_to));

    /// <summary>The pole of the circle; nowhere if both ends are the same, so that only they count.</summary>
    private static Direction Unit(in Direction direction)
    {
        double length = Math.Sqrt(direction.Dot(direction));
        return length > 0 ? new Direction(direction.X / length, direction.Y / length, direction.Z / length) : Direction.Nowhere;
    }
}
