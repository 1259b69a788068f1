namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Second moments of a distribution in a plane; of a Gaussian all there is to its shape.</summary>
/// <param name="XX">Variance along the first axis.</param>
/// <param name="XY">Covariance.</param>
/// <param name="YY">Variance along the second axis.</param>
internal readonly record struct Ellipse(double XX, double XY, double YY)
{
    /// <param name="major">Full width at half maximum.</param>
    /// <param name="minor">The same across.</param>
    /// <param name="angle">Of the long axis, in degrees from the second axis against the first: from +y counter-clockwise, or from north through east where the first axis points west.</param>
    public static Ellipse Of(double major, double minor, double angle)
    {
        double big = Square(major / Beam.FwhmPerSigma), small = Square(minor / Beam.FwhmPerSigma);
        var (sin, cos) = Math.SinCos(angle * (Math.PI / 180));
        return new Ellipse((big * sin * sin) + (small * cos * cos), (small - big) * sin * cos, (big * cos * cos) + (small * sin * sin));
    }

    /// <summary>Full widths at half maximum of the Gaussian with these moments, and the angle of its long axis in degrees from 0 up to 180; 0 where a moment is not positive.</summary>
    public (double Major, double Minor, double Angle) Axes()
    {
        double middle = (XX + YY) / 2, difference = Math.Sqrt(Square((XX - YY) / 2) + Square(XY));
        double angle = difference == 0 ? 0 : 0.5 * Math.Atan2(-2 * XY, YY - XX) * (180 / Math.PI);
        return (Width(middle + difference), Width(middle - difference), (angle + 180) % 180);
    }

    /// <summary>The same distribution after a linear map: (x, y) becomes (a x + b y, c x + d y).</summary>
    public Ellipse Through(double a, double b, double c, double d) => new(
        (a * a * XX) + (2 * a * b * XY) + (b * b * YY),
        (a * c * XX) + (((a * d) + (b * c)) * XY) + (b * d * YY),
        (c * c * XX) + (2 * c * d * XY) + (d * d * YY));

    public static Ellipse operator -(Ellipse one, Ellipse other) => new(one.XX - other.XX, one.XY - other.XY, one.YY - other.YY);

    public static Ellipse operator +(Ellipse one, Ellipse other) => new(one.XX + other.XX, one.XY + other.XY, one.YY + other.YY);

    public static Ellipse operator *(double factor, Ellipse one) => new(factor * one.XX, factor * one.XY, factor * one.YY);

    private static double Width(double variance) => variance > 0 ? Beam.FwhmPerSigma * Math.Sqrt(variance) : 0;

    private static double Square(double value) => value * value;
}
