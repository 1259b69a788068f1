namespace RadioDiffusion.ModelCore.Sky;

/// <summary>All directions between two right ascensions and two declinations.</summary>
internal sealed class SkyBox : ISkyRegion
{
    private readonly double _first, _width, _south, _north;
    private readonly GreatCircleArc _western, _eastern;

    /// <param name="first">Degrees, where the box begins; it goes on eastwards.</param>
    /// <param name="width">Degrees, 0 to 360.</param>
    /// <param name="south">Degrees.</param>
    /// <param name="north">Degrees.</param>
    public SkyBox(double first, double width, double south, double north)
    {
        (_first, _width, _south, _north) = (first, width, south, north);
        _western = GreatCircleArc.Meridian(first, south, north);
        _eastern = GreatCircleArc.Meridian(first + width, south, north);
    }

    private bool IsRound => _width >= 360;

    public double Depth(in Direction direction)
    {
        var position = QuadrantDirection.From(direction).ToSky();
        double declination = position.Declination;
        bool isBetweenMeridians = IsRound || Degrees.Wrap(position.RightAscension - _first) <= _width;
        double distance = double.PositiveInfinity;
        if (!IsRound)
            distance = Math.Min(_western.DistanceTo(direction), _eastern.DistanceTo(direction));
        if (isBetweenMeridians && _south > -90)                              // elsewhere the ends of the meridians are nearer
            distance = Math.Min(distance, double.DegreesToRadians(Math.Abs(declination - _south)));
        if (isBetweenMeridians && _north < 90)
            distance = Math.Min(distance, double.DegreesToRadians(Math.Abs(_north - declination)));
        return isBetweenMeridians && declination >= _south && declination <= _north ? distance : -distance;
    }
}
