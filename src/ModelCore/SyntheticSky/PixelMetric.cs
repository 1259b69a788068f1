namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>Squared distances on the sky, in standard deviations of a Gaussian, by steps of pixels: E dx^2 + 2 F dx dy + G dy^2.</summary>
internal readonly record struct PixelMetric(double E, double F, double G)
{
    /// <param name="xAlong">A step of x along the Gaussian's longest axis.</param>
    /// <param name="xAcross">A step of x across it.</param>
    /// <param name="yAlong">A step of y along it.</param>
    /// <param name="yAcross">A step of y across it.</param>
    public PixelMetric(double xAlong, double xAcross, double yAlong, double yAcross)
        : this(xAlong * xAlong + xAcross * xAcross, xAlong * yAlong + xAcross * yAcross, yAlong * yAlong + yAcross * yAcross)
    {
    }

    public double Of(double x, double y) => E * x * x + 2 * F * x * y + G * y * y;

    /// <summary>Whether another one differs by no more than a share of its trace.</summary>
    public bool IsLike(PixelMetric other, double share) => Math.Max(Math.Abs(E - other.E), Math.Max(Math.Abs(F - other.F), Math.Abs(G - other.G))) <= share * (E + G);
}
