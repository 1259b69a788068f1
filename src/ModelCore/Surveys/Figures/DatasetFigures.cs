using System.Globalization;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Plots;

namespace RadioDiffusion.ModelCore.Surveys.Figures;

/// <summary>A figure of a data set.</summary>
/// <param name="Name">File name without its ending.</param>
/// <param name="Drawing">The figure, with its caption.</param>
/// <param name="IsPlot">Whether it is a plot, which is wanted as SVG too.</param>
public sealed record DatasetFigure(string Name, Drawing Drawing, bool IsPlot);

/// <summary>The pictures that a paper shows of a training set: examples, what the cuts remove, S/N, peak fluxes before and after the transform, classes.</summary>
/// <remarks>After Figs. 1 to 5 of the paper, with the measured numbers beside the images.</remarks>
public static class DatasetFigures
{
    private const int Columns = 8;
    private const int SnrBins = 60;

    /// <summary>Every figure that the set has data for.</summary>
    /// <param name="set">The set.</param>
    /// <param name="mosaicDirectory">Where its mosaics lie; null for a set that was imported.</param>
    /// <param name="images">Images in the picture of examples.</param>
    /// <param name="problems">What cannot be shown, with the reason.</param>
    public static IReadOnlyList<DatasetFigure> Of(TrainingSetReader set, string? mosaicDirectory, int images, ICollection<string> problems)
    {
        var figures = new List<DatasetFigure> { new("images", Examples(set, images), false) };
        if (set.ClassCount > 0)
            figures.Add(new("classes", Classes(set), false));
        if (set.Description.Cuts is { } cuts)
        {
            var measurements = set.AllMeasurements();
            if (!cuts.SourceFree && SnrDistribution(measurements, cuts) is { } snr)
                figures.Add(new("snr", snr, true));
            if (mosaicDirectory != null && RemovedExamples.Read(mosaicDirectory, measurements, cuts, [.. (set.Description.Channels ?? []).Skip(1).Select(channel => channel.Name)], set.ImageSize, Columns, problems) is { Count: > 0 } removed)
                figures.Add(new("removed", Removed(removed, set), false));
        }
        if (set.Description is { Transform: { } transform, Fluxes: { } fluxes })
            figures.Add(new("flux", FluxDistributions(set, transform, fluxes), true));
        return figures;
    }

    /// <summary>The first images of a set with their classes or peak fluxes.</summary>
    public static Drawing Examples(TrainingSetReader set, int images)
    {
        var shown = Enumerable.Range(0, Math.Clamp(images, 1, set.Count)).Select(i => new LabelledImage(set.Channel(i, 0).ToArray(), Label(set, i))).ToList();
        return ImageSheet.Draw([new ImageSection("", shown)], set.ImageSize, Columns,
            $"{(shown.Count < set.Count ? $"The first {shown.Count} of {set.Count} images" : $"All {set.Count} images")} of {SizeOf(set)}{(set.ClassCount > 0 ? ", with their classes" : HasUnit(set) ? ", with their peak flux" : "")}. {Sentence(Picture.Stretch)}");
    }

    private static Drawing Classes(TrainingSetReader set)
    {
        var byClass = Enumerable.Range(0, set.Count).ToLookup(set.Label);
        var sections = Enumerable.Range(0, set.ClassCount).Where(byClass.Contains).Select(label => new ImageSection(
            string.Create(CultureInfo.InvariantCulture, $"{set.Description.Classes[label]}: {byClass[label].Count()} of {set.Count} images"),
            [.. byClass[label].Take(Columns).Select(i => new LabelledImage(set.Channel(i, 0).ToArray(), set.Split(i)))]));
        return ImageSheet.Draw([.. sections], set.ImageSize, Columns, $"The first images of each class, of {SizeOf(set)}. {Sentence(Picture.Stretch)}");
    }

    private static Drawing Removed(IReadOnlyList<ImageSection> removed, TrainingSetReader set) => ImageSheet.Draw(removed, set.ImageSize, Columns,
        $"The first images that each cut removes, of {SizeOf(set)}, with the number that they were removed for; each row counts at the first cut that removes it. Read from the mosaics as they are: {Picture.Stretch}; outside the mosaic is grey too.");

    private static Drawing? SnrDistribution(IReadOnlyList<CutoutMeasurement> measurements, SelectionCuts cuts)
    {
        var measured = measurements.Where(measurement => !measurement.Problem && !measurement.HasNan && !measurement.Broken).ToList();
        if (Histogram.Of(measured.Select(measurement => measurement.SigmaSnr), SnrBins, logarithmic: true) is not { } histogram)
            return null;
        int below = measured.Count(measurement => !(measurement.SigmaSnr >= cuts.MinimumSnr));
        string undefined = histogram.Outside > 0 ? string.Create(CultureInfo.InvariantCulture, $" {histogram.Outside} without a defined S/N are not shown.") : "";
        return HistogramPlot.Draw(
            [
                new HistogramPanel("Signal-to-noise ratio", histogram, "S/N_σ (Eqs. 9 and 10)")
                {
                    IsLogarithmic = true,
                    CountLabel = "cut-outs in a bin",
                    Mark = (cuts.MinimumSnr, string.Create(CultureInfo.InvariantCulture, $"kept from {cuts.MinimumSnr:0.####}")),
                },
            ],
            string.Create(CultureInfo.InvariantCulture, $"S/N of the {measured.Count} cut-outs that are whole and not broken, in {SnrBins} bins of equal width in the logarithm; {below} lie below the threshold.{undefined}"));
    }

    private static Drawing FluxDistributions(TrainingSetReader set, BoxCoxTransform transform, FluxDistribution fluxes)
    {
        var before = Histogram.Of(Enumerable.Range(0, set.Count).Select(i => set.PeakFlux(i) * 1000.0), FluxDistribution.PublishedBins)!;
        var after = new Histogram([.. Enumerable.Range(0, fluxes.Counts.Count + 1).Select(fluxes.Edge)], fluxes.Counts, 0);
        double width = after.Edges[1] - after.Edges[0];
        double Normal(double value) => set.Count * width * Math.Exp(-value * value / 2) / Math.Sqrt(2 * Math.PI);
        return HistogramPlot.Draw(
            [
                new HistogramPanel("Peak flux", before, "peak flux [mJy/beam]") { HasLogarithmicCounts = true },
                new HistogramPanel("After the Box-Cox transform", after, "standardised transform of the peak flux") { Curve = Normal },
            ],
            string.Create(CultureInfo.InvariantCulture,
                $"Peak fluxes of the {set.Count} images, and their Box-Cox transform (λ = {transform.Lambda:0.####}, Eq. 12; fluxes in Jy/beam), standardised; {fluxes.Counts.Count} bins each. The right histogram is the one that the fluxes of generated sources are drawn from; the curve is the normal distribution."));
    }

    private static string Label(TrainingSetReader set, int i) => set.ClassCount > 0
        ? set.Description.Classes[set.Label(i)]
        : HasUnit(set) ? FluxText(set.PeakFlux(i)) : "";

    /// <summary>Three digits in the unit that needs no exponent.</summary>
    private static string FluxText(double jansky) => jansky switch
    {
        >= 0.9995 => string.Create(CultureInfo.InvariantCulture, $"{jansky:G3} Jy/beam"),
        >= 0.9995e-4 => string.Create(CultureInfo.InvariantCulture, $"{jansky * 1e3:G3} mJy/beam"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{jansky * 1e6:G3} μJy/beam"),
    };

    private static bool HasUnit(TrainingSetReader set) => set.Description.Unit.Length > 0;

    private static string SizeOf(TrainingSetReader set) => set.Description.PixelScaleArcsec > 0
        ? string.Create(CultureInfo.InvariantCulture, $"{set.ImageSize} x {set.ImageSize} pixels ({set.ImageSize * set.Description.PixelScaleArcsec / 60:0.##} arcmin a side)")
        : $"{set.ImageSize} x {set.ImageSize} pixels";

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}
