using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.SourceFinding;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>Why an image has no measurement of its flux.</summary>
public enum FluxProblem
{
    None,

    /// <summary>A pixel is not finite.</summary>
    NotFinite,

    /// <summary>No pixel is above 0.</summary>
    Blank,

    /// <summary>There is no noise to find sources above.</summary>
    NoNoise,
}

/// <summary>What the paper's source finding says of one scaled image.</summary>
/// <param name="Problem">Why there are no numbers; they are NaN and 0 then.</param>
/// <param name="ModelFlux">Sum over the Gaussians, in units of the image (a scaled image: of its peak) times beams; 0 if nothing was found.</param>
/// <param name="A50">The fewest pixels that hold half of the model's flux; 0 if nothing was found.</param>
/// <param name="PositiveResidual">What the image has above its model, Delta+.</param>
/// <param name="Islands">How many.</param>
/// <param name="Gaussians">How many.</param>
/// <param name="Rejected">Gaussians that were not believed, whose flux is missing in the model.</param>
/// <param name="HasConverged">Whether all fits did.</param>
public readonly record struct FluxMeasurement(FluxProblem Problem, double ModelFlux, int A50, double PositiveResidual, int Islands, int Gaussians, int Rejected, bool HasConverged)
{
    /// <summary>How much noise is added before, relative to the peak.</summary>
    private const double AddedNoise = 0.01;

    /// <remarks>
    /// Paper, Sect. 5.1 and 5.2 and Table 5. Its programme adds fresh normal noise of 1 % of the peak to each image, which the text does not say and without which
    /// scaled images, whose negative pixels are 0, have no noise. Here it comes from the seed and the image's number. Delta+ is that of the image before.
    /// </remarks>
    /// <param name="finder">With <see cref="SourceFinderOptions.Paper"/>; it belongs to one thread.</param>
    /// <param name="image">(side, side), scaled to [0, 1].</param>
    /// <param name="seed">Of the added noise.</param>
    /// <param name="number">Of the image in its set.</param>
    /// <param name="publishedArea">Whether A50 is what the published search finds (<see cref="SourceFinding.ModelFlux.PublishedHalfFluxArea"/>), and not the exact one.</param>
    public static FluxMeasurement Of(SourceFinder finder, ReadOnlySpan<float> image, int side, ulong seed, long number, bool publishedArea = false)
    {
        if (image.Length != side * side)
            throw new ArgumentException($"An image should have {side} x {side} pixels, but has {image.Length}.", nameof(image));
        foreach (float pixel in image)
        {
            if (!float.IsFinite(pixel))
                return None(FluxProblem.NotFinite);
        }
        double peak = Math.Min(TensorPrimitives.Max(image), 1);
        if (!(peak > 0))
            return None(FluxProblem.Blank);
        var stream = new RandomStream(seed, "noise before source finding", number);
        float[] noisy = image.ToArray();
        for (int i = 0; i < noisy.Length; i++)
            noisy[i] += (float)(AddedNoise * peak * stream.NextNormal());
        FoundSources found;
        try
        {
            found = finder.Find(noisy, side, side);
        }
        catch (UnphysicalNoiseException)
        {
            return None(FluxProblem.NoNoise);
        }
        float[] model = found.Model();
        return new FluxMeasurement(FluxProblem.None, found.TotalFlux, publishedArea ? SourceFinding.ModelFlux.PublishedHalfFluxArea(model) : SourceFinding.ModelFlux.HalfFluxArea(model), SourceFinding.ModelFlux.PositiveResidual(image, model),
            found.Islands.Count, found.Gaussians.Count, found.Islands.Sum(island => island.Rejections.Count), found.Islands.All(island => island.HasConverged));
    }

    private static FluxMeasurement None(FluxProblem problem) => new(problem, double.NaN, 0, double.NaN, 0, 0, 0, false);
}
