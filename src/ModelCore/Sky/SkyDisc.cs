namespace RadioDiffusion.ModelCore.Sky;

/// <summary>All directions within an angle of a centre.</summary>
internal sealed class SkyDisc : ISkyRegion
{
    private readonly Direction _centre;
    private readonly double _radius;

    public SkyDisc(in Direction centre, double radiusRadians)
    {
        if (!(radiusRadians >= 0))
            throw new ArgumentOutOfRangeException(nameof(radiusRadians), radiusRadians, "The radius of a disc should be 0 radians or more.");
        if (!double.IsFinite(centre.X + centre.Y + centre.Z))
            throw new ArgumentOutOfRangeException(nameof(centre), centre, "The centre of a disc should be a direction.");
        _centre = centre;
        _radius = radiusRadians;
    }

    public double Depth(in Direction direction) => _radius < Math.PI ? _radius - _centre.SeparationTo(direction) : double.PositiveInfinity;
}
