using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>A map of the sky in numbers, so that a simulated one can be put beside a real one.</summary>
/// <param name="AreaSquareDegrees">Of the pixels that have a value.</param>
/// <param name="Mean">Of the pixels, Jy/beam.</param>
/// <param name="Noise">Standard deviation of the background between the sources, Jy/beam, as the finder clips it.</param>
/// <param name="Percentiles">Of the pixels, Jy/beam, at <see cref="Percents"/>.</param>
/// <param name="Histogram">Share of the pixels between two <see cref="Edges"/>, from below the first one to above the last one.</param>
/// <param name="Islands">That our finder found.</param>
/// <param name="Sources">In them.</param>
/// <param name="Gaussians">Of which they are made.</param>
/// <param name="SourcesPerSquareDegree">All of them.</param>
/// <param name="PerSquareDegreeAbove">With a total flux above <see cref="FluxLimits"/>.</param>
/// <param name="MedianFlux">Total flux of the sources, Jy.</param>
/// <param name="MedianMajorArcsec">FWHM of the longest axis of the sources.</param>
/// <param name="ShareOfSeveralGaussians">Sources that are made of more than one.</param>
/// <param name="TotalFlux">Of the sources, Jy.</param>
public sealed record MapFigures(
    double AreaSquareDegrees,
    double Mean,
    double Noise,
    IReadOnlyList<double> Percentiles,
    IReadOnlyList<double> Histogram,
    int Islands,
    int Sources,
    int Gaussians,
    double SourcesPerSquareDegree,
    IReadOnlyList<double> PerSquareDegreeAbove,
    double MedianFlux,
    double MedianMajorArcsec,
    double ShareOfSeveralGaussians,
    double TotalFlux)
{
    public static IReadOnlyList<double> Percents { get; } = [0.1, 1, 5, 16, 50, 84, 95, 99, 99.9];

    /// <summary>In units of the noise that <see cref="Of"/> is given.</summary>
    public static IReadOnlyList<double> Edges { get; } = [-5, -3, -2, -1, 0, 1, 2, 3, 5, 10, 20, 50, 100];

    /// <summary>Jy.</summary>
    public static IReadOnlyList<double> FluxLimits { get; } = [0.0005, 0.001, 0.002, 0.005, 0.01];

    /// <param name="image">In any unit that it knows.</param>
    /// <param name="unit">What the histogram's edges count in, Jy/beam.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RadioDiffusionException">No pixel has a value.</exception>
    public static MapFigures Of(SkyImage image, double unit, CancellationToken cancellationToken)
    {
        double[] pixels = [.. image.Pixels.Where(float.IsFinite).Select(pixel => pixel * image.JanskyPerUnit).Order()];
        if (pixels.Length == 0)
            throw new RadioDiffusionException($"{image.Path} should have pixels with values, but all are blank.");
        var pixel = new SkyPixel(image.Wcs.GeometryAt((image.Width - 1) / 2.0, (image.Height - 1) / 2.0));
        double area = pixels.Length * pixel.Degrees * pixel.Degrees;
        var found = SourceFinder.FindInParallel(image.Pixels, image.Width, image.Height, new SourceFinderOptions { Beam = image.Beam }, null, cancellationToken);
        double[] histogram = new double[Edges.Count + 1];
        foreach (double value in pixels)
            histogram[Edges.Count(edge => value >= edge * unit)]++;
        double[] fluxes = [.. found.Sources.Select(source => source.TotalFlux * image.JanskyPerUnit).Order()];
        double[] sizes = [.. found.Sources.Select(source => pixel.ToSky(source.MajorFwhm, source.MinorFwhm, source.PositionAngle).Major * 3600).Order()];
        return new MapFigures(
            area,
            pixels.Average(),
            found.Rms * image.JanskyPerUnit,
            [.. Percents.Select(percent => pixels[(int)Math.Round((pixels.Length - 1) * percent / 100)])],
            [.. histogram.Select(count => count / pixels.Length)],
            found.Islands.Count,
            found.Sources.Count,
            found.Gaussians.Count,
            found.Sources.Count / area,
            [.. FluxLimits.Select(limit => fluxes.Count(flux => flux >= limit) / area)],
            Median(fluxes),
            Median(sizes),
            found.Sources.Count == 0 ? 0 : (double)found.Gaussians.GroupBy(gaussian => gaussian.Source).Count(group => group.Count() > 1) / found.Sources.Count,
            fluxes.Sum());
    }

    private static double Median(double[] sorted) => sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
}
