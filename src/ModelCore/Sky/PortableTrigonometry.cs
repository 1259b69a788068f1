namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Sine, cosine and arc tangent from + - * / alone: the same bits on every machine, where those of <see cref="Math"/> may differ in the last one.</summary>
/// <remarks>Taylor's series on arguments small enough for it; right to three units in the last place.</remarks>
internal static class PortableTrigonometry
{
    private static readonly double[] _arcTangentOfQuarters =
        [0, 0.24497866312686414, 0.46364760900080615, 0.6435011087932844, Math.PI / 4];

    /// <param name="angle">Radians, -pi/4 to pi/4.</param>
    public static (double Sin, double Cos) SinCos(double angle)
    {
        double q = angle * angle;
        double sin = -1.0 / 6 + q * (1.0 / 120 + q * (-1.0 / 5040 + q * (1.0 / 362880 + q * (-1.0 / 39916800
            + q * (1.0 / 6227020800 + q * (-1.0 / 1307674368000 + q * (1.0 / 355687428096000)))))));
        double cos = 1.0 / 24 + q * (-1.0 / 720 + q * (1.0 / 40320 + q * (-1.0 / 3628800 + q * (1.0 / 479001600
            + q * (-1.0 / 87178291200 + q * (1.0 / 20922789888000))))));
        return (angle + angle * q * sin, 1 - (q / 2 - q * q * cos));
    }

    /// <summary>The angle at the foot of a slope.</summary>
    /// <param name="rise">0 or more.</param>
    /// <param name="run">0 or more.</param>
    /// <returns>Radians, 0 to pi/2; 0 if both are 0.</returns>
    public static double ArcTangent(double rise, double run) =>
        rise > run ? Math.PI / 2 - OfGentleSlope(run, rise) : rise == 0 ? 0 : OfGentleSlope(rise, run);

    /// <summary>atan t = atan c + atan((t - c) / (1 + t c)) with c the nearest quarter, so that the series takes at most 1/8.</summary>
    private static double OfGentleSlope(double rise, double run)
    {
        int quarters = (int)(4 * (rise / run) + 0.5);
        double c = quarters / 4.0;
        double d = (rise - c * run) / (run + c * rise), q = d * d;
        double series = -1.0 / 3 + q * (1.0 / 5 + q * (-1.0 / 7 + q * (1.0 / 9 + q * (-1.0 / 11 + q * (1.0 / 13 + q * (-1.0 / 15 + q * (1.0 / 17)))))));
        return _arcTangentOfQuarters[quarters] + (d + d * q * series);
    }
}
