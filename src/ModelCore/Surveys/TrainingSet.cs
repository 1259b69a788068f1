using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>What a training set is: dataset.json.</summary>
public sealed record TrainingSetDescription
{
    public required int Count { get; init; }

    /// <summary>Side of the images in pixels.</summary>
    public required int Size { get; init; }

    /// <summary>Names of the classes; none for a set without labels.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Names of the splits that the images came in (train, valid, test); none where there are none.</summary>
    public IReadOnlyList<string> Splits { get; init; } = [];

    /// <summary>Whether training draws each class equally often.</summary>
    public bool BalancesClasses { get; init; }

    /// <summary>Where the fluxes of generated sources can be drawn from; null for a set without.</summary>
    public FluxDistribution? Fluxes { get; init; }

    /// <summary>From peak flux (Jy/beam) to the condition; null for a set without.</summary>
    public BoxCoxTransform? Transform { get; init; }

    public required double PixelScaleArcsec { get; init; }

    /// <summary>Restoring beam; 0 if unknown.</summary>
    public required double BeamArcsec { get; init; }

    /// <summary>What the channels of the images are, the first one being what was measured; null for images of one channel.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public IReadOnlyList<ChannelDescription>? Channels { get; init; }

    /// <summary>Side of the images as stored, with a margin for turning them by any angle; 0 where there is none.</summary>
    public int StoredSize { get; init; }

    /// <summary>Unit of the images.</summary>
    public string Unit { get; init; } = "Jy/beam";

    /// <summary>Whether all but the source was set to 0 in each image.</summary>
    public bool SourceOnly { get; init; }

    /// <summary>The split whose images a training keeps for its validations, whatever share of the set it would keep itself; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public string? HeldOutSplit { get; init; }

    /// <summary>Whether a model made the images: each lies in 0 to its peak flux, which is the one that was asked for and need not be reached.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsGenerated { get; init; }

    public required SelectionTable Selection { get; init; }

    /// <summary>Null for an imported set, which was selected elsewhere.</summary>
    public SelectionCuts? Cuts { get; init; }

    /// <summary>Jy/beam: 1st percentile, median, 99th percentile.</summary>
    public IReadOnlyList<double> PeakFluxPercentiles { get; init; } = [];

    /// <summary>Reads dataset.json.</summary>
    /// <exception cref="RadioDiffusionException">It is none; the message begins with <paramref name="where"/>.</exception>
    public static TrainingSetDescription FromJson(ReadOnlySpan<byte> json, string where)
    {
        try
        {
            return JsonSerializer.Deserialize<TrainingSetDescription>(json, TrainingSet.Json)!;
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"{where} should describe a training set, but it cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>
/// A training set on disk: images.safetensors {images F32 (n, size, size), or (n, channels, size, size) with several, Jy/beam, negatives 0 but in sets of places without a source; peak_flux F32 (n); peak_flux_scaled F32 (n);
/// rows I64 (n)} and dataset.json; labelled sets have labels I64 (n) and no fluxes, sets with splits have splits I64 (n), -1 for none;
/// measurements.fits has every row that was measured, selected or not; columns.fits, where there is one, the kept columns of the catalogue, one line an image.
/// </summary>
public static class TrainingSet
{
    /// <summary>What a set is, as <see cref="TrainingSetDescription"/>.</summary>
    public const string DescriptionFile = "dataset.json";

    internal const string ImagesFile = "images.safetensors";
    internal const string Labels = "labels";
    internal const string SplitNumbers = "splits";

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Selects from the tiles' shards, fits the flux transform, and writes the set in the order of the catalogue.</summary>
    /// <param name="directory">Where to write.</param>
    /// <param name="shardDirectories">The tiles' shards.</param>
    /// <param name="size">Side of the images in pixels, without a margin.</param>
    /// <param name="rowsOutside">Rows in no mosaic.</param>
    /// <param name="rowsFailed">Rows whose mosaic could not be read.</param>
    /// <param name="cuts">The selection.</param>
    /// <param name="pixelScaleArcsec">Of the images.</param>
    /// <param name="beamArcsec">Of the mosaics; 0 if unknown.</param>
    /// <param name="sourceOnly">Sets all but the source to 0, by the threshold of S/N_sigma: for the models of Sect. 7.</param>
    /// <param name="channels">The channels of the shards if they have several: the first one is what was measured.</param>
    /// <param name="columns">Of the catalogue, one value for each of its rows, to be kept for the images; null for none.</param>
    /// <exception cref="RadioDiffusionException">Too few sources are left to fit the flux transform.</exception>
    public static TrainingSetDescription Write(string directory, IReadOnlyList<string> shardDirectories, int size, int rowsOutside, int rowsFailed, SelectionCuts cuts,
        double pixelScaleArcsec, double beamArcsec, bool sourceOnly = false, IReadOnlyList<ChannelDescription>? channels = null, IReadOnlyList<KeptColumn>? columns = null)
    {
        var shards = shardDirectories.Select(TileShard.Open).ToList();
        try
        {
            var all = shards.SelectMany(shard => shard.Measurements.Select(measurement => (Shard: shard, Measurement: measurement)))
                .OrderBy(entry => entry.Measurement.Row).ToList();
            var (positions, table) = Selection.Apply([.. all.Select(entry => entry.Measurement)], rowsOutside, rowsFailed, cuts, channels?.Skip(1).Select(channel => channel.Name).ToArray());
            var selected = positions.Select(position => all[position]).ToList();
            if (selected.Count < 2)
            {
                throw new RadioDiffusionException(
                    $"The selection leaves {selected.Count} of {table.Rows} rows ({string.Join(", ", table.Removed.Select(cut => $"{cut.Key} {cut.Value}"))}): at least 2 are needed. Lower the S/N cut (--min-snr) or add sources.");
            }
            float[] peaks = [.. selected.Select(entry => (float)entry.Measurement.PeakFlux)];
            var transform = BoxCoxTransform.Fit(peaks);
            var description = new TrainingSetDescription
            {
                Count = selected.Count,
                Size = size,
                Channels = channels,
                StoredSize = shards[0].Size == size ? 0 : shards[0].Size,
                Transform = transform,
                Fluxes = FluxDistribution.Of(peaks, transform),
                PixelScaleArcsec = pixelScaleArcsec,
                BeamArcsec = beamArcsec,
                SourceOnly = sourceOnly,
                Selection = table,
                Cuts = cuts,
                PeakFluxPercentiles = Percentiles(peaks),
            };
            WriteImages(directory, description, selected, peaks);
            File.WriteAllBytes(Path.Combine(directory, DescriptionFile), JsonSerializer.SerializeToUtf8Bytes(description, Json));
            MeasurementTable.Write(directory, [.. all.Select(entry => entry.Measurement)], channels != null);
            if (columns != null)
                KeptColumns.Write(directory, columns.Rows([.. selected.Select(entry => entry.Measurement.Row)]));
            return description;
        }
        finally
        {
            shards.ForEach(shard => shard.Dispose());
        }
    }

    private static void WriteImages(string directory, TrainingSetDescription description, List<(TileShard Shard, CutoutMeasurement Measurement)> selected, float[] peaks)
    {
        long count = description.Count, size = description.StoredSize > 0 ? description.StoredSize : description.Size, channels = description.Channels?.Count ?? 1;
        using var writer = new SafetensorsWriter(File.Create(Path.Combine(directory, ImagesFile)),
        [
            ("images", "F32", channels == 1 ? [count, size, size] : [count, channels, size, size]), ("peak_flux", "F32", [count]), ("peak_flux_scaled", "F32", [count]), ("rows", "I64", [count]),
        ]);
        float[] image = new float[channels * size * size];
        foreach (var (shard, measurement) in selected)
        {
            shard.Image(measurement.ImageIndex).CopyTo(image);
            if (description.SourceOnly)
                KeepSource(image, (int)(size * size), measurement.Background + measurement.Threshold * measurement.Rms);
            if (description.Cuts is not { SourceFree: true })
            {
                foreach (ref float pixel in image.AsSpan())
                    pixel = Math.Max(pixel, 0);
            }
            writer.Write<float>(image);
        }
        writer.Write<float>(peaks);
        writer.Write<float>(peaks.Select(peak => (float)description.Transform!.Apply(peak)).ToArray());
        writer.Write<long>(selected.Select(entry => (long)entry.Measurement.Row).ToArray());
        writer.Complete();
    }

    /// <summary>The source is what it is in the first channel, in all of them.</summary>
    private static void KeepSource(Span<float> image, int pixels, double bound)
    {
        for (int i = pixels; i < image.Length; i++)
            image[i] = image[i % pixels] > bound ? image[i] : 0;
        ImageStatistics.KeepSource(image[..pixels], bound);
    }

    /// <summary>1st percentile, median, 99th percentile.</summary>
    internal static double[] Percentiles(float[] peaks)
    {
        float[] sorted = [.. peaks.Order()];
        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
        return [At(0.01), At(0.5), At(0.99)];
    }
}

/// <summary>A training set, memory-mapped.</summary>
public sealed class TrainingSetReader : ITrainingData, IDisposable
{
    private readonly SafetensorsFile _file;

    private TrainingSetReader(SafetensorsFile file, TrainingSetDescription description)
    {
        _file = file;
        Description = description;
    }

    public TrainingSetDescription Description { get; }

    public int Count => Description.Count;

    public int ImageSize => Description.Size;

    public int StoredSize => Description.StoredSize > 0 ? Description.StoredSize : Description.Size;

    public int ImageChannels => Description.Channels?.Count ?? 1;

    /// <summary>Whether each image has a standardised peak flux.</summary>
    public bool HasContext => Description.Transform != null;

    public int ContextDimension => HasContext ? 1 : 0;

    public int ClassCount => Description.Classes.Count;

    /// <exception cref="RadioDiffusionException">The files do not make a whole training set.</exception>
    public static TrainingSetReader Open(string directory)
    {
        string path = Path.Combine(directory, TrainingSet.DescriptionFile);
        var description = TrainingSetDescription.FromJson(File.ReadAllBytes(path), path);
        var file = SafetensorsFile.Open(Path.Combine(directory, TrainingSet.ImagesFile));
        long side = description.StoredSize > 0 ? description.StoredSize : description.Size;
        long[] expected = description.Channels is { Count: > 1 } channels ? [description.Count, channels.Count, side, side] : [description.Count, side, side];
        if (!file.Entry("images").Shape.SequenceEqual(expected))
        {
            using (file)
                throw new RadioDiffusionException($"{file.Path}: images should have the shape ({string.Join(", ", expected)}) of {TrainingSet.DescriptionFile}, but it is ({string.Join(", ", file.Entry("images").Shape)}).");
        }
        return new TrainingSetReader(file, description);
    }

    public ReadOnlySpan<float> StoredImage(int index)
    {
        int length = ImageChannels * StoredSize * StoredSize;
        return _file.Values<float>("images", (long)index * length, length);
    }

    public ReadOnlySpan<float> Image(int index)
    {
        var stored = StoredImage(index);
        if (StoredSize == ImageSize)
            return stored;
        int margin = (StoredSize - ImageSize) / 2;
        float[] image = new float[ImageChannels * ImageSize * ImageSize];
        for (int row = 0; row < ImageChannels * ImageSize; row++)
            stored.Slice((row / ImageSize * StoredSize + margin + row % ImageSize) * StoredSize + margin, ImageSize).CopyTo(image.AsSpan(row * ImageSize));
        return image;
    }

    /// <summary>One channel of an image without its margin: side times side values.</summary>
    public ReadOnlySpan<float> Channel(int index, int channel) => Image(index).Slice(channel * ImageSize * ImageSize, ImageSize * ImageSize);

    /// <summary>Zero-based row of the catalogue.</summary>
    public int Row(int index) => (int)_file.Values<long>("rows")[index];

    /// <summary>Jy/beam.</summary>
    public float PeakFlux(int index) => _file.Values<float>("peak_flux")[index];

    /// <summary>The standardised Box-Cox transform of the peak flux.</summary>
    public ReadOnlySpan<float> Context(int index) => _file.Values<float>("peak_flux_scaled", index, 1);

    public int Label(int index) => (int)_file.Values<long>(TrainingSet.Labels)[index];

    public bool BalancesClasses => Description.BalancesClasses;

    public IReadOnlyList<int>? HeldOut => Description.HeldOutSplit is { } split ? [.. Enumerable.Range(0, Count).Where(i => Split(i) == split)] : null;

    /// <summary>The split that an image came in; empty without one.</summary>
    public string Split(int index) =>
        Description.Splits.Count > 0 && _file.Values<long>(TrainingSet.SplitNumbers)[index] is >= 0 and var split ? Description.Splits[(int)split] : "";

    /// <summary>Columns of the catalogue that the set keeps, one value an image.</summary>
    public IReadOnlyList<KeptColumn> KeptColumns() => Surveys.KeptColumns.Read(Path.GetDirectoryName(_file.Path)!);

    /// <summary>What was measured on every row in a mosaic, selected or not, in the order of the catalogue.</summary>
    public IReadOnlyList<CutoutMeasurement> AllMeasurements() => MeasurementTable.Read(Path.GetDirectoryName(_file.Path)!);

    /// <summary>What was measured on each image of the set, in its order.</summary>
    public IReadOnlyList<CutoutMeasurement> Measurements()
    {
        string directory = Path.GetDirectoryName(_file.Path)!;
        var byRow = new Dictionary<long, CutoutMeasurement>();
        foreach (var measurement in AllMeasurements())
            byRow.TryAdd(measurement.Row, measurement);
        long[] rows = _file.Values<long>("rows").ToArray();
        return [.. rows.Select(row => byRow.TryGetValue(row, out var measurement)
            ? measurement
            : throw new RadioDiffusionException($"{directory}/{MeasurementTable.FileName} should have the measurements of row {row}, which is in the set, but it has not."))];
    }

    public void Dispose() => _file.Dispose();
}
