namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Size and orientation of a pixel on the sky.</summary>
/// <param name="ColumnScaleArcsec">Distance of neighbouring columns, arc seconds.</param>
/// <param name="RowScaleArcsec">Distance of neighbouring rows, arc seconds.</param>
/// <param name="PositionAngle">Direction of increasing rows, degrees from ICRS north through east, 0 up to 360: 0 if north is up.</param>
/// <param name="IsMirrored">False if east is to the left of north, as one looks at the sky; true if it is to the right.</param>
public readonly record struct PixelGeometry(double ColumnScaleArcsec, double RowScaleArcsec, double PositionAngle, bool IsMirrored)
{

    /// <summary>By differences over the width of the pixel.</summary>
    internal static PixelGeometry At(WorldCoordinateSystem wcs, double column, double row)
    {
        if (!wcs.TryPixelToNative(column, row, out var centre)
            || !wcs.TryPixelToNative(column - 0.5, row, out var left) || !wcs.TryPixelToNative(column + 0.5, row, out var right)
            || !wcs.TryPixelToNative(column, row - 0.5, out var below) || !wcs.TryPixelToNative(column, row + 0.5, out var above))
            return new PixelGeometry(double.NaN, double.NaN, double.NaN, false);
        var here = wcs.IcrsFromNative * centre;
        var (columnEast, columnNorth) = EastNorth(here, wcs.IcrsFromNative * left, wcs.IcrsFromNative * right);
        var (rowEast, rowNorth) = EastNorth(here, wcs.IcrsFromNative * below, wcs.IcrsFromNative * above);
        return new PixelGeometry(
            Math.Sqrt(columnEast * columnEast + columnNorth * columnNorth) * Degrees.ArcsecPerRadian,
            Math.Sqrt(rowEast * rowEast + rowNorth * rowNorth) * Degrees.ArcsecPerRadian,
            Degrees.Wrap(double.RadiansToDegrees(Math.Atan2(rowEast, rowNorth))),
            columnEast * rowNorth - columnNorth * rowEast > 0);
    }

    private static (double East, double North) EastNorth(in Direction here, in Direction from, in Direction to)
    {
        var (sinAlpha, cosAlpha) = Math.SinCos(here.Longitude);
        double x = to.X - from.X, y = to.Y - from.Y, z = to.Z - from.Z;
        double outwards = x * cosAlpha + y * sinAlpha;
        return (y * cosAlpha - x * sinAlpha, z * here.AxisDistance - outwards * here.Z);
    }
}
