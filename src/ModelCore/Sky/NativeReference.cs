using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>What a header says about the native sphere; null is the default of the projection.</summary>
/// <param name="Phi0">PVi_1 of the longitude axis: native longitude of the reference point, degrees.</param>
/// <param name="Theta0">PVi_2: its native latitude.</param>
/// <param name="LonPole">LONPOLE or PVi_3.</param>
/// <param name="LatPole">LATPOLE or PVi_4.</param>
/// <param name="IsOffset">PVi_0 is not 0: the reference point lies at (0, 0) of the plane also if (phi0, theta0) is not the projection's own.</param>
internal readonly record struct NativeReference(double? Phi0, double? Theta0, double? LonPole, double? LatPole, bool IsOffset)
{
    public void AddTo(FitsHeader header, int longitudeAxis)
    {
        if (IsOffset)
            header.Set(CelestialAxes.Keyword("PV", longitudeAxis, 0), 1);
        if (Phi0 is { } phi0)
            header.Set(CelestialAxes.Keyword("PV", longitudeAxis, 1), phi0, "[deg]");
        if (Theta0 is { } theta0)
            header.Set(CelestialAxes.Keyword("PV", longitudeAxis, 2), theta0, "[deg]");
        if (LonPole is { } lonPole)
            header.Set("LONPOLE", lonPole, "[deg]");
        if (LatPole is { } latPole)
            header.Set("LATPOLE", latPole, "[deg]");
    }
}
