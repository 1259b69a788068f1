using System.Runtime.InteropServices;
using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Writes generated images as a training set, so that whatever works on data sets works on them. They may come in any order, and memory holds one at a time; those that never come are left out.</summary>
public sealed class GeneratedSetWriter : IDisposable
{
    private const string StagedFile = "pixels.staged";
    private readonly string _directory;
    private readonly int _side;
    private readonly FileStream _staged;
    private readonly string?[] _names;

    /// <param name="directory">An empty folder.</param>
    /// <param name="count">Images.</param>
    /// <param name="side">Pixels a side.</param>
    public GeneratedSetWriter(string directory, int count, int side)
    {
        (_directory, _side, _names) = (directory, side, new string?[count]);
        _staged = new FileStream(Path.Combine(directory, StagedFile), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    /// <param name="index">Its place in the set.</param>
    /// <param name="name">What the set calls it: its sample ID.</param>
    /// <param name="image">(side, side), in the unit of the set.</param>
    public void Put(int index, string name, ReadOnlySpan<float> image)
    {
        if (image.Length != _side * _side)
            throw new ArgumentException($"A generated image should have {_side} x {_side} pixels, but has {image.Length}.", nameof(image));
        _names[index] = name;
        _staged.Position = (long)index * _side * _side * sizeof(float);
        _staged.Write(MemoryMarshal.AsBytes(image));
    }

    /// <summary>Once all images are there that will be.</summary>
    /// <param name="model">What made them.</param>
    /// <param name="peakFluxes">Jy/beam that each was asked to have; null for a model without fluxes.</param>
    /// <param name="labels">The class that each was asked to be of; null for a model without classes.</param>
    public TrainingSetDescription Complete(SnapshotDescription model, float[]? peakFluxes, int[]? labels)
    {
        int[] kept = [.. Enumerable.Range(0, _names.Length).Where(i => _names[i] != null)];
        peakFluxes = peakFluxes == null ? null : Array.ConvertAll(kept, i => peakFluxes[i]);
        labels = labels == null ? null : Array.ConvertAll(kept, i => labels[i]);
        var transform = peakFluxes == null ? null : model.FluxTransform;
        var description = new TrainingSetDescription
        {
            Count = kept.Length,
            Size = _side,
            IsGenerated = true,
            Classes = labels == null ? [] : model.Classes,
            Transform = transform,
            PixelScaleArcsec = model.PixelScaleArcsec,
            BeamArcsec = model.BeamArcsec,
            Unit = peakFluxes == null ? "" : "Jy/beam",
            Selection = new SelectionTable { Rows = kept.Length, Cutouts = kept.Length, Removed = [], Selected = kept.Length },
            PeakFluxPercentiles = peakFluxes == null ? [] : TrainingSet.Percentiles(peakFluxes),
        };
        MeasurementTable.Write(_directory, [.. kept.Select((place, i) => new CutoutMeasurement
        {
            Row = i,
            SourceName = _names[place]!,
            MosaicId = "",
            RightAscension = double.NaN,
            Declination = double.NaN,
            ImageIndex = i,
            PeakFlux = peakFluxes?[i] ?? double.NaN,
        })]);
        WriteTensors(kept, transform, peakFluxes ?? [.. Enumerable.Repeat(1f, kept.Length)], labels);
        File.WriteAllBytes(Path.Combine(_directory, TrainingSet.DescriptionFile), JsonSerializer.SerializeToUtf8Bytes(description, TrainingSet.Json));
        return description;
    }

    public void Dispose()
    {
        _staged.Dispose();
        File.Delete(Path.Combine(_directory, StagedFile));
    }

    private void WriteTensors(int[] kept, BoxCoxTransform? transform, float[] peaks, int[]? labels)
    {
        long count = kept.Length;
        List<(string, string, long[])> tensors = [("images", "F32", [count, _side, _side]), ("peak_flux", "F32", [count])];
        if (transform != null)
            tensors.Add(("peak_flux_scaled", "F32", [count]));
        tensors.Add(("rows", "I64", [count]));
        if (labels != null)
            tensors.Add((TrainingSet.Labels, "I64", [count]));
        using var writer = new SafetensorsWriter(File.Create(Path.Combine(_directory, TrainingSet.ImagesFile)), tensors);
        float[] image = new float[_side * _side];
        foreach (int place in kept)
        {
            _staged.Position = (long)place * _side * _side * sizeof(float);
            _staged.ReadExactly(MemoryMarshal.AsBytes(image.AsSpan()));
            writer.Write<float>(image);
        }
        writer.Write<float>(peaks);
        if (transform != null)
            writer.Write<float>(Array.ConvertAll(peaks, peak => (float)transform.Apply(peak)));
        writer.Write<long>(Enumerable.Range(0, kept.Length).Select(i => (long)i).ToArray());
        if (labels != null)
            writer.Write<long>(Array.ConvertAll(labels, label => (long)label));
        writer.Complete();
    }
}
