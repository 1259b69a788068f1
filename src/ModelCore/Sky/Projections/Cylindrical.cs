namespace RadioDiffusion.ModelCore.Sky.Projections;

// Cylindrical and pseudo-cylindrical projections (CG, sections 5.2 and 5.3.1): x = phi, or phi times a function of theta. The longitude phi is -180 to 180
// degrees; a map goes no further.

/// <summary>CAR, plate carrée: x = phi, y = theta (CG, section 5.2.3).</summary>
internal sealed class PlateCarree : IProjection
{
    public string Code => "CAR";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        x = native.Longitude;
        y = native.Latitude;
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        native = Direction.FromRadians(x, y);
        return Math.Abs(x) <= Math.PI + Projection.Tolerance && Math.Abs(y) <= Math.PI / 2 + Projection.Tolerance;
    }
}

/// <summary>CEA: x = phi, y = sin theta / lambda (CG, section 5.2.2).</summary>
internal sealed class CylindricalEqualArea(double lambda) : IProjection
{
    public string Code => "CEA";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters { get; } = lambda == 1 ? [] : [lambda];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        x = native.Longitude;
        y = native.Z / lambda;
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double sinTheta = y * lambda;
        double cosTheta = Math.Sqrt(Math.Max(0, (1 - sinTheta) * (1 + sinTheta)));
        var (sinPhi, cosPhi) = Math.SinCos(x);
        native = new Direction(cosTheta * cosPhi, cosTheta * sinPhi, sinTheta);
        return Math.Abs(x) <= Math.PI + Projection.Tolerance && Math.Abs(sinTheta) <= 1 + Projection.Tolerance;
    }
}

/// <summary>MER: x = phi, y = ln tan((90° + theta) / 2), without the poles (CG, section 5.2.4).</summary>
internal sealed class Mercator : IProjection
{
    public string Code => "MER";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        double cosTheta = native.AxisDistance;
        x = native.Longitude;
        y = Math.Asinh(native.Z / cosTheta);
        return cosTheta > 0;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double cosTheta = 1 / Math.Cosh(y);
        var (sinPhi, cosPhi) = Math.SinCos(x);
        native = new Direction(cosTheta * cosPhi, cosTheta * sinPhi, Math.Tanh(y));
        return Math.Abs(x) <= Math.PI + Projection.Tolerance;
    }
}

/// <summary>SFL, Sanson-Flamsteed: x = phi cos theta, y = theta (CG, section 5.3.1).</summary>
internal sealed class SansonFlamsteed : IProjection
{
    public string Code => "SFL";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters => [];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        x = native.Longitude * native.AxisDistance;
        y = native.Latitude;
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        double cosTheta = Math.Cos(y);
        bool onMap = Math.Abs(y) <= Math.PI / 2 + Projection.Tolerance && Math.Abs(x) <= Math.PI * Math.Abs(cosTheta) + Projection.Tolerance;
        double phi = x == 0 ? 0 : Math.Clamp(x / cosTheta, -Math.PI, Math.PI);
        native = onMap ? Direction.FromRadians(phi, y) : Direction.Nowhere;
        return onMap;
    }
}
