namespace RadioDiffusion.ModelCore.Sky.Projections;

// Zenithal projections (CG, section 5.1): x = R sin phi, y = -R cos phi, with R a function of theta alone. With the native direction (l, m, n)
// sin phi is m / cos theta and cos phi is l / cos theta, so that most of them need no trigonometry.

/// <summary>SIN: what an interferometer sees; slant if its array is not perpendicular to the line of sight (CG, section 5.1.5).</summary>
/// <param name="xi">PV2_1.</param>
/// <param name="eta">PV2_2.</param>
internal sealed class SlantOrthographic(double xi, double eta) : IProjection
{
    private readonly double _a = 1 + xi * xi + eta * eta;

    public string Code => "SIN";

    public double ReferenceLatitude => 90;

    public IReadOnlyList<double> Parameters { get; } = xi == 0 && eta == 0 ? [] : [xi, eta];

    /// <summary>x = m + xi (1 - n), y = -l + eta (1 - n), in front of the limb.</summary>
    public bool TryProject(in Direction native, out double x, out double y)
    {
        double oneMinusN = SmallDifference(native);
        x = native.Y + xi * oneMinusN;
        y = -native.X + eta * oneMinusN;
        return native.Z + xi * native.Y - eta * native.X >= -Projection.Tolerance;
    }

    /// <summary>u = 1 - n is the smaller root of a u² - 2 b u + r² = 0, which |(l, m, n)| = 1 gives for the equations above.</summary>
    public bool TryUnproject(double x, double y, out Direction native)
    {
        double b = 1 + xi * x + eta * y;
        double square = x * x + y * y;
        double discriminant = b * b - _a * square;
        if (!(b > 0) || !(discriminant >= -Projection.Tolerance))
        {
            native = Direction.Nowhere;
            return false;
        }
        double u = square / (b + Math.Sqrt(Math.Max(0, discriminant)));
        native = new Direction(eta * u - y, x - xi * u, 1 - u);
        return u <= 2 + Projection.Tolerance;
    }

    /// <summary>1 - n without cancellation near the reference point.</summary>
    private static double SmallDifference(in Direction native) =>
        native.Z > 0 ? (native.X * native.X + native.Y * native.Y) / (1 + native.Z) : 1 - native.Z;
}

/// <summary>TAN: R = cot theta (CG, section 5.1.3).</summary>
internal sealed class Gnomonic : IProjection
{
    public string Code => "TAN";

    public double ReferenceLatitude => 90;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        x = native.Y / native.Z;
        y = -native.X / native.Z;
        return native.Z > 0;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double n = 1 / Math.Sqrt(1 + x * x + y * y);
        native = new Direction(-y * n, x * n, n);
        return n > 0;
    }
}

/// <summary>STG: R = 2 tan((90° - theta) / 2) = 2 cos theta / (1 + sin theta) (CG, section 5.1.4).</summary>
internal sealed class Stereographic : IProjection
{
    public string Code => "STG";

    public double ReferenceLatitude => 90;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        double scale = 2 / ZenithalEqualArea.OnePlusN(native);
        x = native.Y * scale;
        y = -native.X * scale;
        return double.IsFinite(scale);
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double square = x * x + y * y;
        double scale = 4 / (4 + square);
        native = new Direction(-y * scale, x * scale, (4 - square) / (4 + square));
        return double.IsFinite(square);
    }
}

/// <summary>ZEA, Lambert's equal-area projection: R = 2 sin((90° - theta) / 2), up to 2 (CG, section 5.1.8).</summary>
internal sealed class ZenithalEqualArea : IProjection
{
    public string Code => "ZEA";

    public double ReferenceLatitude => 90;

    public IReadOnlyList<double> Parameters => [];

    /// <summary>1 + sin theta without cancellation near the far pole.</summary>
    public static double OnePlusN(in Direction native) =>
        native.Z < 0 ? (native.X * native.X + native.Y * native.Y) / (1 - native.Z) : 1 + native.Z;

    public bool TryProject(in Direction native, out double x, out double y)
    {
        double onePlusN = OnePlusN(native);
        double scale = Math.Sqrt(2 / onePlusN);
        // The far pole is the whole border of the map; its longitude is taken as 0.
        (x, y) = onePlusN == 0 ? (0, -2) : (native.Y * scale, -native.X * scale);
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double square = x * x + y * y;
        if (!(square <= 4 + Projection.Tolerance))
        {
            native = Direction.Nowhere;
            return false;
        }
        double scale = Math.Sqrt(Math.Max(0, 1 - square / 4));
        native = new Direction(-y * scale, x * scale, 1 - square / 2);
        return true;
    }
}

/// <summary>ARC: R = 90° - theta, up to 180 degrees (CG, section 5.1.6).</summary>
internal sealed class ZenithalEquidistant : IProjection
{
    public string Code => "ARC";

    public double ReferenceLatitude => 90;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        double cosTheta = native.AxisDistance;
        double radius = Math.Atan2(cosTheta, native.Z);
        // At the poles phi is taken as 0.
        (x, y) = cosTheta == 0 ? (0, -radius) : (native.Y * (radius / cosTheta), -native.X * (radius / cosTheta));
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double radius = Math.Sqrt(x * x + y * y);
        var (sin, cos) = Math.SinCos(radius);
        double scale = radius == 0 ? 1 : sin / radius;
        native = new Direction(-y * scale, x * scale, cos);
        return radius <= Math.PI + Projection.Tolerance;
    }
}
