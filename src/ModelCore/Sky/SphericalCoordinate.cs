namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A position in some celestial frame (<see cref="SkyFrame"/>): alpha and delta, or galactic l and b.</summary>
/// <param name="Longitude">Degrees, 0 up to 360.</param>
/// <param name="Latitude">Degrees, -90 to 90.</param>
public readonly record struct SphericalCoordinate(double Longitude, double Latitude);
