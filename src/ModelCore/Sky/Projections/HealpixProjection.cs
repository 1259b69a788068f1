namespace RadioDiffusion.ModelCore.Sky.Projections;

/// <summary>HPX: an equal-area cylinder around the equator and H interrupted gores at each pole.</summary>
/// <param name="h">H, facets along the equator: 4 in HEALPix.</param>
/// <param name="k">K, layers of facets: 3 in HEALPix.</param>
/// <remarks>Calabretta and Roukema (2007, MNRAS 381, 865), section 5.</remarks>
internal sealed class HealpixProjection(int h, int k) : IProjection
{
    private readonly double _halfFacet = Math.PI / h;                // half the width of a facet, radians
    private readonly double _equatorialSine = (k - 1.0) / k;         // sin of the latitude where the gores begin

    public string Code => "HPX";

    public double ReferenceLatitude => 0;

    public IReadOnlyList<double> Parameters { get; } = h == 4 && k == 3 ? [] : [h, k];

    public bool TryProject(in Direction native, out double x, out double y)
    {
        double phi = native.Longitude;
        if (Math.Abs(native.Z) <= _equatorialSine)
        {
            x = phi;
            y = Math.PI / 2 * k / h * native.Z;
            return true;
        }
        // sigma² = K (1 - |sin theta|), without cancellation at the poles.
        double sigma = Math.Sqrt(k / (1 + Math.Abs(native.Z))) * native.AxisDistance;
        double centre = GoreCentre(phi, native.Z > 0);
        x = centre + (phi - centre) * sigma;
        y = Math.CopySign(_halfFacet * ((k + 1) / 2.0 - sigma), native.Z);
        return true;
    }

    public bool TryUnproject(double x, double y, out Direction native)
    {
        native = Direction.Nowhere;
        if (!(Math.Abs(x) <= Math.PI + Projection.Tolerance))
            return false;
        double height = Math.Abs(y) / _halfFacet;
        if (height <= (k - 1) / 2.0)
        {
            double sine = y * 2 * h / (Math.PI * k);
            native = FromSine(x, Math.Sqrt((1 - sine) * (1 + sine)), sine);
            return true;
        }
        double sigma = (k + 1) / 2.0 - height;
        if (!(sigma >= -Projection.Tolerance))
            return false;
        sigma = Math.Max(0, sigma);
        double centre = GoreCentre(x, y > 0);
        double offset = x - centre;
        if (Math.Abs(offset) > sigma * _halfFacet + Projection.Tolerance)
            return false;
        double phi = offset == 0 ? centre : centre + Math.Clamp(offset / sigma, -_halfFacet, _halfFacet);
        double oneMinusSine = sigma * sigma / k;
        native = FromSine(phi, Math.Sqrt(oneMinusSine * (2 - oneMinusSine)), Math.CopySign(1 - oneMinusSine, y));
        return true;
    }

    /// <summary>The middle of the gore that a longitude lies in; southern gores are shifted by half a facet if K is even.</summary>
    private double GoreCentre(double phi, bool isNorth)
    {
        int omega = k % 2 == 1 || isNorth ? 1 : 0;
        double gore = Math.Floor((phi + Math.PI) / (2 * _halfFacet) + (1 - omega) / 2.0);
        if (omega == 1)
            gore = Math.Min(gore, h - 1);                              // phi = 180 degrees belongs to the last gore
        return -Math.PI + (2 * gore + omega) * _halfFacet;
    }

    private static Direction FromSine(double phi, double cosTheta, double sinTheta)
    {
        var (sinPhi, cosPhi) = Math.SinCos(phi);
        return new Direction(cosTheta * cosPhi, cosTheta * sinPhi, sinTheta);
    }
}
