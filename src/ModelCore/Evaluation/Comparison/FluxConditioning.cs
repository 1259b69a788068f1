using System.Text.Json.Serialization;
using MathNet.Numerics.Statistics;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>How the positive residual of the images depends on the flux that they have, or were asked to have: whether a model has understood its condition.</summary>
/// <remarks>Paper, Sects. 5.2 and 6.2 and Fig. 17: faint sources have more noise in their scaled images, and so a larger Delta+.</remarks>
/// <param name="Real">Of the real set.</param>
/// <param name="Generated">Of the generated set.</param>
public sealed record FluxConditioning(FluxDependence Real, FluxDependence Generated)
{
    /// <summary>Null where one of the sets has fewer than 3 images with flux and residual.</summary>
    public static FluxConditioning? Of(ImageMeasurements real, ImageMeasurements generated, ulong seed) =>
        FluxDependence.Of(real, seed) is { } one && FluxDependence.Of(generated, seed) is { } other ? new FluxConditioning(one, other) : null;
}

/// <summary>Delta+ against the scaled peak flux of one set.</summary>
/// <param name="Images">Images with both.</param>
/// <param name="Pearson">Their linear correlation.</param>
/// <param name="PearsonError">From the bootstrap.</param>
/// <param name="Spearman">The correlation of their ranks.</param>
/// <param name="SpearmanError">From the bootstrap.</param>
public sealed record FluxDependence(int Images, double Pearson, double PearsonError, double Spearman, double SpearmanError)
{
    private const int Resamplings = 200, LeastImages = 3;

    /// <summary>Scaled peak flux of each of them. In the tables of images, and not in JSON.</summary>
    [JsonIgnore]
    public double[] Fluxes { get; private init; } = [];

    /// <summary>Delta+ of each of them.</summary>
    [JsonIgnore]
    public double[] Residuals { get; private init; } = [];

    internal static FluxDependence? Of(ImageMeasurements set, ulong seed)
    {
        var images = set.Images.Where(image => double.IsFinite(image.ScaledFlux) && double.IsFinite(image.Flux.PositiveResidual)).ToList();
        if (images.Count < LeastImages)
            return null;
        double[] fluxes = [.. images.Select(image => image.ScaledFlux)], residuals = [.. images.Select(image => image.Flux.PositiveResidual)];
        double[] fluxRanks = Ranks(fluxes), residualRanks = Ranks(residuals);
        double[] pearson = new double[Resamplings], spearman = new double[Resamplings];
        Parallel.For(0, Resamplings, i =>
        {
            var stream = new RandomStream(seed, "correlation bootstrap", i);
            int[] drawn = [.. Enumerable.Range(0, fluxes.Length).Select(_ => stream.NextInt32(fluxes.Length))];
            pearson[i] = Correlation(fluxes, residuals, drawn);
            spearman[i] = Correlation(fluxRanks, residualRanks, drawn);
        });
        int[] all = [.. Enumerable.Range(0, fluxes.Length)];
        return new FluxDependence(fluxes.Length, Correlation(fluxes, residuals, all), pearson.StandardDeviation(), Correlation(fluxRanks, residualRanks, all), spearman.StandardDeviation()) { Fluxes = fluxes, Residuals = residuals };
    }

    /// <summary>The median and the 16th and 84th percentile of the residuals in bins of equally many images.</summary>
    public IReadOnlyList<(double Flux, double Low, double Median, double High)> Bands(int bins)
    {
        int[] order = [.. Enumerable.Range(0, Fluxes.Length).OrderBy(i => Fluxes[i])];
        int size = Math.Max(1, (order.Length + bins - 1) / bins);
        return
        [
            .. order.Chunk(size).Select(chunk =>
            {
                double[] residuals = [.. chunk.Select(i => Residuals[i]).Order()];
                return (chunk.Average(i => Fluxes[i]), QuantitySummary.Percentile(residuals, 0.16), QuantitySummary.Percentile(residuals, 0.5), QuantitySummary.Percentile(residuals, 0.84));
            }),
        ];
    }

    /// <summary>Equal numbers have the mean of their ranks.</summary>
    private static double[] Ranks(double[] values)
    {
        int[] order = [.. Enumerable.Range(0, values.Length).OrderBy(i => values[i])];
        double[] ranks = new double[values.Length];
        for (int first = 0; first < order.Length;)
        {
            int next = first + 1;
            while (next < order.Length && values[order[next]] == values[order[first]])
                next++;
            for (int i = first; i < next; i++)
                ranks[order[i]] = (first + next - 1) / 2.0;
            first = next;
        }
        return ranks;
    }

    /// <summary>0 where one of them is constant.</summary>
    private static double Correlation(double[] one, double[] other, int[] drawn)
    {
        double meanOne = 0, meanOther = 0;
        foreach (int i in drawn)
        {
            meanOne += one[i];
            meanOther += other[i];
        }
        meanOne /= drawn.Length;
        meanOther /= drawn.Length;
        double squareOne = 0, squareOther = 0, product = 0;
        foreach (int i in drawn)
        {
            double a = one[i] - meanOne, b = other[i] - meanOther;
            squareOne += a * a;
            squareOther += b * b;
            product += a * b;
        }
        return squareOne > 0 && squareOther > 0 ? product / Math.Sqrt(squareOne * squareOther) : 0;
    }
}
