using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>Measures the images of a set, a part at a time.</summary>
public static class SetMeter
{
    /// <summary>Pixels, source finding with the settings of Table 5, and the fluxes that the set knows. What cannot be measured is flagged; the others go on.</summary>
    /// <param name="set">The set.</param>
    /// <param name="first">The first image.</param>
    /// <param name="count">How many.</param>
    /// <param name="seed">Of the noise that is added before source finding; an image's noise follows from it and its place in the set.</param>
    /// <param name="publishedArea">Whether A50 is what the published search finds, and not the exact one.</param>
    /// <param name="progress">Images measured.</param>
    /// <param name="ct">Stops it.</param>
    public static ImageMeasurements Measure(TrainingSetReader set, int first, int count, ulong seed, bool publishedArea = false, IProgress<int>? progress = null, CancellationToken ct = default)
    {
        var finder = new SourceFinder(SourceFinderOptions.Paper);
        var images = new ImageMeasurement[count];
        float[] pixelCounts = new float[count * ImageMeasurements.PixelBins];
        for (int i = 0; i < count; i++)
        {
            ct.ThrowIfCancellationRequested();
            float[] image = ScaledImages.Of(set, first + i);
            Count(image, pixelCounts.AsSpan(i * ImageMeasurements.PixelBins, ImageMeasurements.PixelBins));
            var (mean, deviation) = Moments(image);
            images[i] = new ImageMeasurement(mean, deviation, FluxMeasurement.Of(finder, image, set.ImageSize, seed, first + i, publishedArea),
                set.Description.Unit.Length > 0 ? set.PeakFlux(first + i) : double.NaN, set.HasContext ? set.Context(first + i)[0] : double.NaN, set.ClassCount > 0 ? set.Label(first + i) : -1);
            progress?.Report(i + 1);
        }
        return new ImageMeasurements(images, pixelCounts);
    }

    /// <summary>Bins are half open, the last one closed; what is not a number counts nowhere.</summary>
    private static void Count(ReadOnlySpan<float> image, Span<float> counts)
    {
        foreach (float pixel in image)
        {
            if (float.IsFinite(pixel))
                counts[Math.Clamp((int)(pixel * ImageMeasurements.PixelBins), 0, ImageMeasurements.PixelBins - 1)]++;
        }
    }

    private static (double Mean, double Deviation) Moments(ReadOnlySpan<float> image)
    {
        double sum = 0, squares = 0;
        foreach (float pixel in image)
            sum += pixel;
        double mean = sum / image.Length;
        foreach (float pixel in image)
            squares += (pixel - mean) * (pixel - mean);
        return (mean, Math.Sqrt(squares / image.Length));
    }
}
