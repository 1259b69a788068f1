namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>How large sources are, by their flux.</summary>
/// <remarks>
/// Windhorst, Mathis and Neuschaefer (1990), ASP Conf. Ser. 10, 389: the median is 2 arcsec (S/mJy)^0.3 of the flux at 1.4 GHz, and a share exp(-ln 2 (theta/median)^0.62) is larger than theta.
/// These are sizes as a Gaussian's width; largest angular sizes are about 2.3 times as large (calibrated on the giant sources of Horton et al. 2025).
/// </remarks>
/// <param name="MedianAtOneMilliJansky">Arc seconds, for 1 mJy at 1.4 GHz.</param>
/// <param name="FluxExponent">Of the flux in the median.</param>
/// <param name="TailExponent">Of the size in the tail.</param>
/// <param name="Largest">Arc seconds; no source is larger.</param>
public sealed record AngularSizes(double MedianAtOneMilliJansky = 2, double FluxExponent = 0.3, double TailExponent = 0.62, double Largest = 300)
{
    /// <summary>Arc seconds, half of the sources being larger.</summary>
    /// <param name="flux">mJy at 1.4 GHz.</param>
    public double Median(double flux) => MedianAtOneMilliJansky * PortableMath.Pow(flux, FluxExponent);

    /// <summary>The share of the sources that is larger.</summary>
    /// <param name="flux">mJy at 1.4 GHz.</param>
    /// <param name="size">Arc seconds.</param>
    public double ShareAbove(double flux, double size) =>
        size >= Largest ? 0 : PortableMath.Exp(-PortableMath.Ln2 * PortableMath.Pow(size / Median(flux), TailExponent));

    /// <summary>A size in arc seconds.</summary>
    /// <param name="flux">mJy at 1.4 GHz.</param>
    /// <param name="u">Uniform in (0, 1).</param>
    public double Draw(double flux, double u) =>
        Math.Min(Largest, Median(flux) * PortableMath.Pow(-PortableMath.Log(u) / PortableMath.Ln2, 1 / TailExponent));
}
