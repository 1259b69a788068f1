using System.Runtime.InteropServices;
using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Surveys.Labelled;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>The chosen images of an import, written as a training set.</summary>
internal sealed class ImportedSet(IImageSource source, DatasetImportOptions options, StagedImage[] images, int side, SelectionTable table)
{
    public IReadOnlyList<StagedImage> Images => images;

    private bool HasClasses => source.Classes.Count > 0;

    /// <summary>Only unlabelled sets in Jy/beam are conditioned on flux: the published class model knows no flux.</summary>
    private bool HasFlux => source.IsInJanskyPerBeam && !HasClasses && options.ClipSigma == 0;

    public TrainingSetDescription Write(string directory, string staged, CancellationToken ct)
    {
        float[] peaks = [.. images.Select(image => image.PeakFlux)];
        var transform = HasFlux ? BoxCoxTransform.Fit(peaks) : null;
        string[] splits = [.. images.Select(image => image.Split).Where(split => split.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        var description = new TrainingSetDescription
        {
            Count = images.Length,
            Size = side,
            Classes = source.Classes,
            Splits = splits,
            HeldOutSplit = options.HeldOutSplit,
            BalancesClasses = options.Balance == ClassBalance.Weights,
            Transform = transform,
            Fluxes = transform == null ? null : FluxDistribution.Of(peaks, transform),
            PixelScaleArcsec = options.PixelScaleArcsec > 0 ? options.PixelScaleArcsec : source.PixelScaleArcsec,
            BeamArcsec = options.BeamArcsec > 0 ? options.BeamArcsec : source.BeamArcsec,
            Unit = source.IsInJanskyPerBeam && options.ClipSigma == 0 ? "Jy/beam" : "",
            Selection = table,
            PeakFluxPercentiles = HasFlux ? TrainingSet.Percentiles(peaks) : [],
        };
        WriteTensors(directory, staged, description, peaks, ct);
        File.WriteAllBytes(Path.Combine(directory, TrainingSet.DescriptionFile), JsonSerializer.SerializeToUtf8Bytes(description, TrainingSet.Json));
        MeasurementTable.Write(directory, [.. images.Select((image, i) => image.Measurement with { ImageIndex = i })]);
        return description;
    }

    private void WriteTensors(string directory, string staged, TrainingSetDescription description, float[] peaks, CancellationToken ct)
    {
        long count = images.Length;
        List<(string, string, long[])> tensors = [("images", "F32", [count, side, side]), ("peak_flux", "F32", [count])];
        if (HasFlux)
            tensors.Add(("peak_flux_scaled", "F32", [count]));
        tensors.Add(("rows", "I64", [count]));
        if (HasClasses)
            tensors.Add((TrainingSet.Labels, "I64", [count]));
        if (description.Splits.Count > 0)
            tensors.Add((TrainingSet.SplitNumbers, "I64", [count]));
        using var writer = new SafetensorsWriter(File.Create(Path.Combine(directory, TrainingSet.ImagesFile)), tensors);
        CopyImages(staged, writer, ct);
        writer.Write<float>(peaks);
        if (HasFlux)
            writer.Write<float>(Array.ConvertAll(peaks, peak => (float)description.Transform!.Apply(peak)));
        writer.Write<long>(Array.ConvertAll(images, image => (long)image.Source));
        if (HasClasses)
            writer.Write<long>(Array.ConvertAll(images, image => (long)image.Label));
        if (description.Splits.Count > 0)
            writer.Write<long>(Array.ConvertAll(images, image => (long)description.Splits.ToList().IndexOf(image.Split)));
        writer.Complete();
    }

    /// <summary>Negative pixels become 0, as in every training set.</summary>
    private void CopyImages(string staged, SafetensorsWriter writer, CancellationToken ct)
    {
        float[] image = new float[side * side];
        using var stream = File.OpenRead(staged);
        foreach (var chosen in images)
        {
            ct.ThrowIfCancellationRequested();
            stream.Position = (long)chosen.StagedAt * image.Length * sizeof(float);
            stream.ReadExactly(MemoryMarshal.AsBytes(image.AsSpan()));
            foreach (ref float pixel in image.AsSpan())
                pixel = Math.Max(pixel, 0);
            writer.Write<float>(image);
        }
    }
}
