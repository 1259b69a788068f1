namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>A quantity of two sets: the distribution of each, and how far they are from each other.</summary>
/// <param name="Name">For files and JSON: pixel, mean, standard_deviation, model_flux, a50, positive_residual.</param>
/// <param name="Title">For people.</param>
/// <param name="Unit">Of the numbers; empty for none.</param>
/// <param name="Counts">In common bins: pixels, or images.</param>
/// <param name="Real">Of the real set.</param>
/// <param name="Generated">Of the generated set.</param>
/// <param name="Distance">Between the sets, with the bootstrap's errors over images; null where one of them has no number.</param>
public sealed record ComparedQuantity(string Name, string Title, string Unit, BinnedCounts Counts, QuantitySummary Real, QuantitySummary Generated, DistributionDistance? Distance)
{
    private const int FewestBins = 8, MostBins = 40, PixelBinsShown = 64;

    /// <summary>Whether the bins are equal in the logarithm.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>The distributions of the paper's Sects. 5.1, 5.2 and 6.1: pixels, means, standard deviations, model fluxes, A50, and Delta+.</summary>
    /// <param name="real">The real set.</param>
    /// <param name="generated">The generated set.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static IReadOnlyList<ComparedQuantity> AllOf(ImageMeasurements real, ImageMeasurements generated, ulong seed) =>
    [
        Pixels(real, generated, seed),
        OfImages("mean", "Mean pixel of an image", "", image => image.Mean, real, generated, seed, logarithmic: true),
        OfImages("standard_deviation", "Standard deviation of an image's pixels", "", image => image.Deviation, real, generated, seed, logarithmic: true),
        OfImages("model_flux", "Flux of the model", "peaks × beams", image => image.Flux.Problem == FluxProblem.None ? image.Flux.ModelFlux : double.NaN, real, generated, seed, logarithmic: true),
        OfImages("a50", "A50, pixels that hold half of the model's flux", "pixels", image => image.Flux is { Problem: FluxProblem.None, Gaussians: > 0 } ? image.Flux.A50 : double.NaN, real, generated, seed, whole: true),
        OfImages("positive_residual", "Positive residual Δ+", "peaks", image => image.Flux.PositiveResidual, real, generated, seed, logarithmic: true),
    ];

    private static ComparedQuantity OfImages(string name, string title, string unit, Func<ImageMeasurement, double> value, ImageMeasurements real, ImageMeasurements generated, ulong seed,
        bool logarithmic = false, bool whole = false)
    {
        double[] one = [.. real.Images.Select(value)], other = [.. generated.Images.Select(value)];
        DistributionDistance? distance = one.Any(double.IsFinite) && other.Any(double.IsFinite) ? DistributionDistance.Of(one, other, seed) : null;
        return new ComparedQuantity(name, title, unit, BinnedCounts.Of(one, other, BinsFor(Math.Min(one.Length, other.Length)), logarithmic, whole), QuantitySummary.Of(one), QuantitySummary.Of(other), distance) { IsLogarithmic = logarithmic };
    }

    /// <summary>As many as the smaller set can fill: they grow with the cube root of its images.</summary>
    private static int BinsFor(int images) => Math.Clamp((int)(2.5 * Math.Cbrt(images)), FewestBins, MostBins);

    /// <summary>The bootstrap draws images, not pixels, since the pixels of an image belong together.</summary>
    private static ComparedQuantity Pixels(ImageMeasurements real, ImageMeasurements generated, ulong seed)
    {
        var (one, other) = (PixelDistribution.Of(real), PixelDistribution.Of(generated));
        double[] edges = [.. Enumerable.Range(0, PixelBinsShown + 1).Select(i => (double)i / PixelBinsShown)];
        return new ComparedQuantity("pixel", "Pixels scaled to 0 to 1", "", new BinnedCounts(edges, one.Merged(PixelBinsShown), other.Merged(PixelBinsShown)),
            one.Summary(), other.Summary(), PixelDistribution.Distance(real, generated, seed));
    }
}

/// <summary>What a distribution is in a few numbers; NaN where there are none.</summary>
/// <param name="Count">Finite numbers.</param>
/// <param name="Missing">Images without one.</param>
/// <param name="Mean">Of them.</param>
/// <param name="Median">Of them.</param>
/// <param name="Low">16th percentile.</param>
/// <param name="High">84th percentile.</param>
public readonly record struct QuantitySummary(long Count, long Missing, double Mean, double Median, double Low, double High)
{
    public static QuantitySummary Of(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        return sorted.Length == 0
            ? new QuantitySummary(0, values.Count, double.NaN, double.NaN, double.NaN, double.NaN)
            : new QuantitySummary(sorted.Length, values.Count - sorted.Length, sorted.Average(), Percentile(sorted, 0.5), Percentile(sorted, 0.16), Percentile(sorted, 0.84));
    }

    /// <summary>By linear interpolation between the sorted numbers.</summary>
    internal static double Percentile(double[] sorted, double share)
    {
        double at = share * (sorted.Length - 1);
        int below = (int)at;
        return below + 1 < sorted.Length ? sorted[below] + ((at - below) * (sorted[below + 1] - sorted[below])) : sorted[^1];
    }
}
