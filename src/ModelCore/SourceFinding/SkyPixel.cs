using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Shapes in pixels and on the sky, where a source is.</summary>
/// <param name="Geometry">Of the pixel there; its axes stand upright on each other.</param>
internal readonly record struct SkyPixel(PixelGeometry Geometry)
{
    /// <summary>Side of a square of the pixel's area.</summary>
    public double Degrees => Math.Sqrt(Geometry.ColumnScaleArcsec * Geometry.RowScaleArcsec) / 3600;

    /// <param name="majorFwhm">In pixels.</param>
    /// <param name="positionAngle">In degrees from +y counter-clockwise.</param>
    /// <returns>Widths in degrees, the angle north through east.</returns>
    public (double Major, double Minor, double PositionAngle) ToSky(double majorFwhm, double minorFwhm, double positionAngle) => ToSky(Ellipse.Of(majorFwhm, minorFwhm, positionAngle));

    public (double Major, double Minor, double PositionAngle) ToSky(Ellipse shape)
    {
        var (major, minor, angle) = shape.Through(Geometry.ColumnScaleArcsec / 3600, 0, 0, Geometry.RowScaleArcsec / 3600).Axes();
        return (major, minor, Wrapped(Geometry.PositionAngle + (Geometry.IsMirrored ? -angle : angle)));
    }

    /// <summary>A beam of the header in pixels.</summary>
    /// <param name="majorArcsec">Full width at half maximum.</param>
    /// <param name="positionAngle">In degrees north through east.</param>
    public Beam ToBeam(double majorArcsec, double minorArcsec, double positionAngle)
    {
        double turned = positionAngle - Geometry.PositionAngle;
        var (major, minor, angle) = Ellipse.Of(majorArcsec, minorArcsec, Geometry.IsMirrored ? -turned : turned).Through(1 / Geometry.ColumnScaleArcsec, 0, 0, 1 / Geometry.RowScaleArcsec).Axes();
        return new Beam(major, minor, angle);
    }

    /// <summary>Errors towards east and north, in degrees.</summary>
    public (double East, double North) ErrorsOnSky(double xError, double yError)
    {
        double x = xError * Geometry.ColumnScaleArcsec / 3600, y = yError * Geometry.RowScaleArcsec / 3600;
        var (sin, cos) = Math.SinCos(Geometry.PositionAngle * (Math.PI / 180));
        return (Math.Sqrt((x * x * cos * cos) + (y * y * sin * sin)), Math.Sqrt((x * x * sin * sin) + (y * y * cos * cos)));
    }

    private static double Wrapped(double angle) => ((angle % 180) + 180) % 180;
}
