namespace RadioDiffusion.ModelCore.Sky.Projections;

/// <summary>A map projection: between native directions on the sphere and the plane.</summary>
/// <remarks>
/// Calabretta and Greisen (2002, A&amp;A 395, 1077), "CG" below. A native direction has native longitude phi and latitude theta:
/// (cos theta cos phi, cos theta sin phi, sin theta). The plane's x and y are in radians (of 180/pi degrees in the paper).
/// </remarks>
internal interface IProjection
{
    /// <summary>The three letters in CTYPE.</summary>
    string Code { get; }

    /// <summary>theta0 in degrees: the native latitude of the reference point: 90 for zenithal projections, otherwise 0.</summary>
    double ReferenceLatitude { get; }

    /// <summary>PVi_1, PVi_2 of the latitude axis, as many as the projection takes.</summary>
    IReadOnlyList<double> Parameters { get; }

    /// <summary>The point of the plane; false where the projection has none.</summary>
    bool TryProject(in Direction native, out double x, out double y);

    /// <summary>The native direction at a point of the plane; false outside the map.</summary>
    bool TryUnproject(double x, double y, out Direction native);
}
