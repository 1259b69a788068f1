namespace RadioDiffusion.ModelCore.Sky.Projections;

/// <summary>AIT, Hammer-Aitoff: the whole sky in an ellipse (CG, section 5.3.4).</summary>
internal sealed class HammerAitoff : IProjection
{
    public string Code => "AIT";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters => [];

    /// <summary>gamma² = 2 / (1 + cos theta cos(phi / 2)).</summary>
    public bool TryProject(in Direction native, out double x, out double y)
    {
        double cosTheta = native.AxisDistance;
        var (sinHalf, cosHalf) = Math.SinCos(native.Longitude / 2);
        double gamma = Math.Sqrt(2 / (1 + cosTheta * cosHalf));
        x = 2 * gamma * cosTheta * sinHalf;
        y = gamma * native.Z;
        return true;
    }

    /// <summary>Z² = 1 - (x / 4)² - (y / 2)² is at least 1/2 on the map.</summary>
    public bool TryUnproject(double x, double y, out Direction native)
    {
        double zSquared = 1 - x * x / 16 - y * y / 4;
        if (!(zSquared >= 0.5 - Projection.Tolerance))
        {
            native = Direction.Nowhere;
            return false;
        }
        double z = Math.Sqrt(zSquared);
        double along = 2 * zSquared - 1, across = z * x / 2;          // cos theta times cosine and sine of phi / 2
        double cosTheta = Math.Sqrt(along * along + across * across);
        var (sinPhi, cosPhi) = Math.SinCos(2 * Math.Atan2(across, along));
        native = new Direction(cosTheta * cosPhi, cosTheta * sinPhi, y * z);
        return true;
    }
}

/// <summary>MOL, Mollweide's equal-area ellipse (CG, section 5.3.3).</summary>
/// <remarks>
/// The paper's gamma solves 2 gamma + sin 2 gamma = pi sin theta. Here it is epsilon = pi - 2 |gamma|, small at the poles, where
/// gamma has lost its digits: epsilon - sin epsilon = pi (1 - |sin theta|).
/// </remarks>
internal sealed class Mollweide : IProjection
{
    private const int MostSteps = 60;

    public string Code => "MOL";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        double oneMinusSine = (native.X * native.X + native.Y * native.Y) / (1 + Math.Abs(native.Z));
        var (sinHalf, cosHalf) = Math.SinCos(Epsilon(Math.PI * oneMinusSine) / 2);
        x = 2 * Math.Sqrt(2) / Math.PI * native.Longitude * sinHalf;
        y = Math.CopySign(Math.Sqrt(2) * cosHalf, native.Z);
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double half = Math.Atan2(Math.Sqrt(Math.Max(0, 2 - y * y)), Math.Abs(y));
        double sinHalf = Math.Sin(half);
        if (!(y * y <= 2 + Projection.Tolerance) || !(Math.Abs(x) <= 2 * Math.Sqrt(2) * sinHalf + Projection.Tolerance))
        {
            native = Direction.Nowhere;
            return false;
        }
        double oneMinusSine = Difference(2 * half) / Math.PI;
        double cosTheta = Math.Sqrt(oneMinusSine * (2 - oneMinusSine));
        double phi = x == 0 ? 0 : Math.Clamp(Math.PI * x / (2 * Math.Sqrt(2) * sinHalf), -Math.PI, Math.PI);
        var (sinPhi, cosPhi) = Math.SinCos(phi);
        native = new Direction(cosTheta * cosPhi, cosTheta * sinPhi, Math.CopySign(1 - oneMinusSine, y));
        return true;
    }

    /// <summary>Newton's method; the function is convex, so after the first step it comes down to the root from above.</summary>
    private static double Epsilon(double target)
    {
        double epsilon = Math.Min(Math.PI, Math.Cbrt(6 * target));
        for (int step = 0; step < MostSteps && epsilon > 0; step++)
        {
            double sine = Math.Sin(epsilon / 2);
            double change = (Difference(epsilon) - target) / (2 * sine * sine);
            epsilon -= change;
            if (Math.Abs(change) <= 4e-16 * epsilon)
                break;
        }
        return epsilon;
    }

    /// <summary>epsilon - sin epsilon, by its series where the difference would cancel.</summary>
    private static double Difference(double epsilon)
    {
        if (epsilon > 0.5)
            return epsilon - Math.Sin(epsilon);
        double square = epsilon * epsilon;
        return epsilon * square / 6 * (1 - square / 20 * (1 - square / 42 * (1 - square / 72 * (1 - square / 110 * (1 - square / 156 * (1 - square / 210))))));
    }
}
