namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Angles in degrees.</summary>
internal static class Degrees
{
    public const double ArcsecPerRadian = 180 * 3600 / Math.PI;

    /// <summary>The same angle, 0 up to (not including) 360.</summary>
    public static double Wrap(double degrees)
    {
        double wrapped = degrees % 360;
        if (wrapped < 0)
            wrapped += 360;
        return wrapped >= 360 ? 0 : wrapped;            // -1e-20 + 360 rounds to 360
    }

    /// <summary>Sine and cosine; exact at multiples of 90 degrees, so that the usual LONPOLE of 180 leaves no rounding error behind.</summary>
    public static (double Sin, double Cos) SinCos(double degrees) => Wrap(degrees) switch
    {
        0 => (0, 1),
        90 => (1, 0),
        180 => (0, -1),
        270 => (-1, 0),
        _ => Math.SinCos(double.DegreesToRadians(degrees)),
    };
}
