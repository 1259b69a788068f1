using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>How a projection's native sphere is turned against the celestial one, from the reference point and the poles.</summary>
/// <remarks>Calabretta and Greisen (2002, A&amp;A 395, 1077), section 2.4; numbers of equations are theirs. All in degrees.</remarks>
internal sealed class CelestialRotation
{
    private const double Tolerance = 1e-10;

    /// <param name="reference">CRVAL (alpha0, delta0).</param>
    /// <param name="phi0">Native longitude of the reference point.</param>
    /// <param name="theta0">Native latitude of the reference point.</param>
    /// <param name="lonPole">LONPOLE, phi_p: native longitude of the celestial pole; null for its default.</param>
    /// <param name="latPole">LATPOLE, theta_p: chooses between two solutions; null for its default, 90.</param>
    /// <param name="what">The file, for messages.</param>
    public CelestialRotation(SphericalCoordinate reference, double phi0, double theta0, double? lonPole, double? latPole, string what)
    {
        if (!(Math.Abs(theta0) <= 90))
            throw new FitsException($"{what}: the native latitude of the reference point (PVi_2 of the longitude axis) should be -90 to 90, but it is {theta0}; correct it.");
        double phiP = lonPole ?? phi0 + (reference.Latitude < theta0 ? 180 : 0);
        (PoleLongitude, double deltaP) = theta0 == 90
            ? (reference.Longitude, reference.Latitude)
            : NativePole(reference, phi0, theta0, phiP, latPole ?? 90, what);
        NativeFromRelative = Matrix(deltaP, phiP);
    }

    /// <summary>alpha_p: the celestial longitude of the native pole.</summary>
    public double PoleLongitude { get; }

    /// <summary>To the native sphere from celestial directions whose longitude counts from <see cref="PoleLongitude"/>.</summary>
    /// <remarks>Differences of longitudes keep the reference point exact: no sum of large terms cancels there.</remarks>
    public Rotation NativeFromRelative { get; }

    /// <summary>Eqs. 8 to 10 with their special cases.</summary>
    private static (double Longitude, double Latitude) NativePole(
        SphericalCoordinate reference, double phi0, double theta0, double phiP, double latPole, string what)
    {
        var (sinTheta0, cosTheta0) = Degrees.SinCos(theta0);
        var (sinDelta0, cosDelta0) = Degrees.SinCos(reference.Latitude);
        var (sinPhi, cosPhi) = Degrees.SinCos(phiP - phi0);
        double deltaP = PoleLatitude(sinTheta0, cosTheta0, sinDelta0, cosPhi, latPole)
            ?? throw new FitsException($"{what}: no orientation of the sky has the reference point's latitude {reference.Latitude}, LONPOLE {phiP} and LATPOLE {latPole} "
                + $"(native reference latitude {theta0}); correct LONPOLE or CRVAL.");
        var (sinDeltaP, cosDeltaP) = Degrees.SinCos(deltaP);
        double product = cosDeltaP * cosDelta0;
        if (Math.Abs(product) >= Tolerance)
            return (reference.Longitude - Arg((sinTheta0 - sinDeltaP * sinDelta0) / product, sinPhi * cosTheta0 / cosDelta0), deltaP);
        if (Math.Abs(cosDelta0) < Tolerance)
            return (reference.Longitude, deltaP);                                        // a celestial pole at the reference point
        return deltaP > 0
            ? (reference.Longitude + phiP - phi0 - 180, deltaP)                          // the north pole at the native pole
            : (reference.Longitude - phiP + phi0, deltaP);                               // the south pole
    }

    /// <summary>Eq. 8: of the two solutions from -90 to 90 the one nearer to LATPOLE; null without any.</summary>
    private static double? PoleLatitude(double sinTheta0, double cosTheta0, double sinDelta0, double cosPhi, double latPole)
    {
        double x = cosTheta0 * cosPhi;
        double length = Math.Sqrt(x * x + sinTheta0 * sinTheta0);
        if (length < Tolerance)                                                          // delta_p is free: LATPOLE says it
            return Math.Abs(sinDelta0) < Tolerance ? Math.Clamp(latPole, -90, 90) : null;
        double cosine = sinDelta0 / length;
        if (Math.Abs(cosine) > 1 + Tolerance)
            return null;
        double middle = Arg(x, sinTheta0), half = double.RadiansToDegrees(Math.Acos(Math.Clamp(cosine, -1, 1)));
        double? best = null;
        foreach (double solution in (ReadOnlySpan<double>)[middle - half, middle + half])
        {
            double latitude = Math.IEEERemainder(solution, 360);
            if (Math.Abs(latitude) <= 90 + Tolerance && !(Math.Abs(latitude - latPole) >= Math.Abs((best ?? double.NaN) - latPole)))
                best = Math.Clamp(latitude, -90, 90);
        }
        return best;
    }

    /// <summary>Eq. 5's matrix with alpha_p = 0.</summary>
    private static Rotation Matrix(double deltaP, double phiP)
    {
        var (sinDelta, cosDelta) = Degrees.SinCos(deltaP);
        var (sinPhi, cosPhi) = Degrees.SinCos(phiP);
        return new Rotation(
            -cosPhi * sinDelta, sinPhi, cosPhi * cosDelta,
            -sinPhi * sinDelta, -cosPhi, sinPhi * cosDelta,
            cosDelta, 0, sinDelta);
    }

    /// <summary>The angle of a point: the paper's arg(x, y).</summary>
    private static double Arg(double x, double y) => double.RadiansToDegrees(Math.Atan2(y, x));
}
