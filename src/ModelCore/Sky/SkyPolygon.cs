namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A polygon whose sides are great circles, within half of the sky; it may be concave. Where it crosses itself, what is enclosed twice is outside.</summary>
/// <remarks>Seen in a gnomonic projection, in which great circles are straight.</remarks>
internal sealed class SkyPolygon : ISkyRegion
{
    private readonly Direction _centre, _right, _up;
    private readonly (double X, double Y)[] _corners;
    private readonly GreatCircleArc[] _sides;

    private SkyPolygon(Direction[] corners, in Direction centre)
    {
        _centre = centre;
        var aside = Math.Abs(centre.Z) < 0.7 ? new Direction(0, 0, 1) : new Direction(1, 0, 0);
        _right = Scaled(aside.Cross(centre));
        _up = centre.Cross(_right);
        _corners = [.. corners.Select(corner => Projected(corner))];
        _sides = [.. corners.Select((corner, i) => new GreatCircleArc(corner, corners[(i + 1) % corners.Length]))];
    }

    /// <summary>Null unless the corners lie within half of the sky, around their mean.</summary>
    public static SkyPolygon? Create(Direction[] corners)
    {
        const double least = 1e-6;                                           // of the cosine of the distance from the mean: the projection must end before the horizon
        var centre = Scaled(new Direction(corners.Sum(corner => corner.X), corners.Sum(corner => corner.Y), corners.Sum(corner => corner.Z)));
        return corners.All(corner => corner.Dot(centre) > least) ? new SkyPolygon(corners, centre) : null;
    }

    public double Depth(in Direction direction)
    {
        double distance = double.PositiveInfinity;
        foreach (ref readonly var side in _sides.AsSpan())
            distance = Math.Min(distance, side.DistanceTo(direction));
        return IsInside(direction) ? distance : -distance;
    }

    /// <summary>A ray to the right crosses the sides an odd number of times.</summary>
    private bool IsInside(in Direction direction)
    {
        if (direction.Dot(_centre) <= 0)
            return false;
        var (x, y) = Projected(direction);
        bool isInside = false;
        for (int i = 0, j = _corners.Length - 1; i < _corners.Length; j = i++)
        {
            var (from, to) = (_corners[j], _corners[i]);
            if (from.Y > y != to.Y > y && x < from.X + (y - from.Y) / (to.Y - from.Y) * (to.X - from.X))
                isInside = !isInside;
        }
        return isInside;
    }

    private (double X, double Y) Projected(in Direction direction)
    {
        double depth = direction.Dot(_centre);
        return (direction.Dot(_right) / depth, direction.Dot(_up) / depth);
    }

    private static Direction Scaled(in Direction direction)
    {
        double length = Math.Sqrt(direction.Dot(direction));
        return new Direction(direction.X / length, direction.Y / length, direction.Z / length);
    }
}
