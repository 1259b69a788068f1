using System.Globalization;
using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Evaluation.Plots;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys.Figures;

/// <summary>Examples of what each cut removes, read from the mosaics again: a training set keeps what is selected only.</summary>
public static class RemovedExamples
{
    /// <summary>The first removed rows of each cut that removes some, each with the number that it was removed for.</summary>
    /// <param name="mosaicDirectory">Where the mosaics lie.</param>
    /// <param name="measurements">Of all rows in a mosaic.</param>
    /// <param name="cuts">The cuts.</param>
    /// <param name="channels">Names of the further channels.</param>
    /// <param name="size">Side of a cut-out in pixels.</param>
    /// <param name="most">Images of one cut.</param>
    /// <param name="problems">What cannot be shown, with the reason.</param>
    public static IReadOnlyList<ImageSection> Read(string mosaicDirectory, IReadOnlyList<CutoutMeasurement> measurements, SelectionCuts cuts, IReadOnlyList<string> channels,
        int size, int most, ICollection<string> problems)
    {
        if (!Directory.Exists(mosaicDirectory))
        {
            problems.Add($"Examples of what the cuts remove are read from the mosaics, but their folder '{mosaicDirectory}' is not there.");
            return [];
        }
        var removed = Selection.RemovedBy(measurements, cuts, channels).Where(cut => cut.Value.Count > 0).ToList();
        var chosen = removed.SelectMany(cut => cut.Value.Take(most)).ToList();
        var images = ReadImages(MosaicFolder.FilesById(mosaicDirectory), chosen, size, problems);
        return [.. removed.Select(cut => new ImageSection(
            string.Create(CultureInfo.InvariantCulture, $"{CutTable.Describe(cut.Key, cuts)}: {cut.Value.Count} of {measurements.Count} rows in mosaics"),
            [.. cut.Value.Take(most).Where(measurement => images.ContainsKey(measurement.Row)).Select(measurement => new LabelledImage(images[measurement.Row], Label(cut.Key, measurement, images[measurement.Row])))]))
            .Where(section => section.Images.Count > 0)];
    }

    /// <summary>Each mosaic is opened once. What lies outside it is NaN, as blanked pixels are.</summary>
    private static Dictionary<int, float[]> ReadImages(IReadOnlyDictionary<string, string> files, List<CutoutMeasurement> chosen, int size, ICollection<string> problems)
    {
        var images = new Dictionary<int, float[]>();
        foreach (var group in chosen.GroupBy(measurement => measurement.MosaicId))
        {
            if (!files.TryGetValue(group.Key, out string? path))
            {
                problems.Add($"Mosaic '{group.Key}' is not in its folder any more, so that nothing removed from it is shown.");
                continue;
            }
            try
            {
                using var file = FitsFile.Open(path);
                var mosaic = Mosaic.Of(file);
                foreach (var measurement in group)
                    images[measurement.Row] = Cut(mosaic, file.FirstImage(), measurement, size);
            }
            catch (Exception error) when (error is RadioDiffusionException or IOException or UnauthorizedAccessException)
            {
                problems.Add($"Nothing removed from {path} is shown: {error.Message}");
            }
        }
        return images;
    }

    private static float[] Cut(Mosaic mosaic, FitsImage image, CutoutMeasurement measurement, int size)
    {
        float[] pixels = new float[size * size];
        Array.Fill(pixels, float.NaN);
        if (!mosaic.Wcs.TrySkyToPixel(new SkyCoordinate(measurement.RightAscension, measurement.Declination), out double column, out double row))
            return pixels;
        var window = CutoutExtractor.Window(column, row, size);
        var inside = window.Inside(mosaic.Width, mosaic.Height);
        for (int y = 0; y < inside.Height; y++)
        {
            var target = pixels.AsSpan((inside.Row + y) * size + inside.Column, inside.Width);
            image.ReadPixels(window.FirstColumn + inside.Column, window.FirstRow + inside.Row + y, inside.Width, 1, target);
            TensorPrimitives.Multiply(target, (float)mosaic.JanskyPerUnit, target);
        }
        return pixels;
    }

    /// <summary>The number that a row was removed for.</summary>
    private static string Label(string cut, CutoutMeasurement measurement, float[] pixels) => cut switch
    {
        Selection.Incomplete => Text($"{100 * measurement.Coverage:0.#} % covered"),
        Selection.Blanked => Text($"{100.0 * pixels.Count(float.IsNaN) / pixels.Length:0.##} % blanked"),
        Selection.Broken => Text($"{CountSmallest(pixels)} equal minima"),
        Selection.Source => Text($"peak at {(measurement.PeakFlux - measurement.Background) / measurement.Rms:0.0} σ"),
        Selection.Snr => double.IsFinite(measurement.SigmaSnr) ? Text($"S/N {measurement.SigmaSnr:0.00}") : "S/N undefined",
        Selection.Edge => Text($"edge {measurement.EdgeRelativeMaximum:0.000}"),
        Selection.Size => Text($"{measurement.LargestAngularSizeArcsec:0.#} arcsec"),
        Selection.Flux => Text($"{measurement.TotalFluxMilliJansky:0.###} mJy"),
        _ => measurement.SourceName,
    };

    private static int CountSmallest(float[] pixels)
    {
        float smallest = pixels.Where(float.IsFinite).DefaultIfEmpty(float.NaN).Min();
        return pixels.Count(pixel => pixel == smallest);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
