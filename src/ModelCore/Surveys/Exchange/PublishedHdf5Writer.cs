using System.Text;
using PureHDF;
using PureHDF.Selections;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>numpy's bool as h5py stores it: an enumeration of 8 bits.</summary>
internal enum Hdf5Boolean : byte
{
    FALSE,
    TRUE,
}

/// <summary>
/// A training set as an HDF5 file of the published layout: <c>images</c> (n, side, side) float32 with the published attributes, <c>max_values</c> (the conditioning values), <c>names</c>, the table
/// <c>catalog</c> in pandas' fixed format, and for labelled sets <c>labels</c> and <c>splits</c> (int64, the names in attributes). Written in pieces: memory holds some images.
/// </summary>
internal static class PublishedHdf5Writer
{
    public const string PixelScale = "pixel_scale_arcsec";
    public const string Beam = "beam_arcsec";
    public const string Unit = "unit";
    public const string ClassNames = "class_names";
    public const string SplitNames = "split_names";
    private const int ImagesAtOnce = 64;

    public static void Write(string path, TrainingSetReader set, IProgress<int>? progress, CancellationToken ct)
    {
        var measurements = set.Measurements();
        ulong count = (ulong)set.Count, side = (ulong)set.ImageSize;
        var images = new H5Dataset<float[]>([count, side, side]) { Attributes = ImageAttributes(set) };
        string[] names = [.. measurements.Select(measurement => measurement.SourceName)];
        var catalogue = Catalogue(set, measurements);
        var file = new H5File
        {
            ["images"] = images,
            ["max_values"] = Values(set.Count, set.PeakFlux),
            ["names"] = names,
            ["catalog"] = catalogue,
        };
        if (set.ClassCount > 0)
            file["labels"] = new H5Dataset(Values(set.Count, i => (long)set.Label(i))) { Attributes = new() { [ClassNames] = set.Description.Classes.ToArray() } };
        if (set.Description.Splits.Count > 0)
            file["splits"] = new H5Dataset(Values(set.Count, i => (long)set.Description.Splits.ToList().IndexOf(set.Split(i)))) { Attributes = new() { [SplitNames] = set.Description.Splits.ToArray() } };
        // Fixed-length texts: PyTables, behind pandas, reads no others.
        int longest = Math.Max(16, names.Concat(set.Description.Classes).Concat(set.Description.Splits).Max(Encoding.UTF8.GetByteCount));
        using var stream = File.Create(path);
        using var writer = file.BeginWrite(stream, new H5WriteOptions(DefaultStringLength: longest));
        for (int first = 0; first < set.Count; first += ImagesAtOnce)
        {
            ct.ThrowIfCancellationRequested();
            int number = Math.Min(ImagesAtOnce, set.Count - first);
            float[] pixels = new float[number * set.ImageSize * set.ImageSize];
            for (int i = 0; i < number; i++)
                set.Image(first + i).CopyTo(pixels.AsSpan(i * set.ImageSize * set.ImageSize));
            writer.Write(images, pixels, fileSelection: new HyperslabSelection(3, [(ulong)first, 0, 0], [(ulong)number, side, side]));
            progress?.Report(first + number);
        }
    }

    private static Dictionary<string, object> ImageAttributes(TrainingSetReader set) => new()
    {
        ["size_px"] = (long)set.ImageSize,
        ["f_las"] = 1.5,
        ["opt_c"] = Hdf5Boolean.TRUE,
        ["comment"] = "written by RadioDiffusion",
        ["las_threshold"] = 0.0,
        ["flux_threshold"] = 0.0,
        ["peak_flux"] = Hdf5Boolean.FALSE,
        ["processed_file"] = "",
        [PixelScale] = set.Description.PixelScaleArcsec,
        [Beam] = set.Description.BeamArcsec,
        [Unit] = set.Description.Unit,
    };

    /// <summary>One block of float64 columns, with the attributes that pandas' read_hdf looks for.</summary>
    private static H5Group Catalogue(TrainingSetReader set, IReadOnlyList<CutoutMeasurement> measurements)
    {
        (string Name, Func<CutoutMeasurement, double> Value)[] columns =
        [
            ("RA", measurement => measurement.RightAscension),
            ("DEC", measurement => measurement.Declination),
            ("Edge_max", measurement => measurement.EdgeRelativeMaximum),
            ("Sigma_SNR", measurement => measurement.SigmaSnr),
        ];
        string[] names = [.. columns.Select(column => column.Name)];
        double[,] values = new double[set.Count, columns.Length];
        for (int row = 0; row < set.Count; row++)
        {
            for (int column = 0; column < columns.Length; column++)
                values[row, column] = columns[column].Value(measurements[row]);
        }
        return new H5Group
        {
            ["axis0"] = Axis(names, "string"),
            ["axis1"] = Axis(Values(set.Count, i => (long)i), "integer"),
            ["block0_items"] = Axis(names, "string"),
            ["block0_values"] = new H5Dataset(values) { Attributes = new() { ["transposed"] = 1L } },
            Attributes = new()
            {
                ["pandas_type"] = "frame",
                ["pandas_version"] = "0.15.2",
                ["encoding"] = "UTF-8",
                ["errors"] = "strict",
                ["ndim"] = 2L,
                ["nblocks"] = 1L,
                ["axis0_variety"] = "regular",
                ["axis1_variety"] = "regular",
                ["block0_items_variety"] = "regular",
            },
        };
    }

    private static H5Dataset Axis(Array values, string kind) => new(values) { Attributes = new() { ["kind"] = kind, ["transposed"] = 1L } };

    private static T[] Values<T>(int count, Func<int, T> value) => [.. Enumerable.Range(0, count).Select(value)];
}
