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
/// A training set as an HDF5 file of the published layout: <c>images</c> (n, side, side) float32 with the published attributes, <c>max_values</c> (the conditioning values), <c>names</c>, the
/// measurements <c>RA</c>, <c>DEC</c>, <c>Sigma_SNR</c>, <c>Edge_max</c>, and for labelled sets <c>labels</c> and <c>splits</c> (int64, the names in attributes). Written in pieces: memory holds some images.
/// </summary>
/// <remarks>
/// The published code makes an attribute of every numeric data set it does not know, so the measurements are plain data sets. Its own table <c>catalog</c> holds pickled Python objects and is not written; the
/// names, which it needs from there, are in <c>names</c>.
/// </remarks>
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
        var file = new H5File
        {
            ["images"] = images,
            ["max_values"] = Values(set.Count, set.PeakFlux),
            ["names"] = Values(set.Count, i => measurements[i].SourceName),
            ["RA"] = Values(set.Count, i => measurements[i].RightAscension),
            ["DEC"] = Values(set.Count, i => measurements[i].Declination),
            ["Sigma_SNR"] = Values(set.Count, i => measurements[i].SigmaSnr),
            ["Edge_max"] = Values(set.Count, i => measurements[i].EdgeRelativeMaximum),
        };
        if (set.ClassCount > 0)
            file["labels"] = new H5Dataset(Values(set.Count, i => (long)set.Label(i))) { Attributes = new() { [ClassNames] = set.Description.Classes.ToArray() } };
        if (set.Description.Splits.Count > 0)
            file["splits"] = new H5Dataset(Values(set.Count, i => (long)set.Description.Splits.ToList().IndexOf(set.Split(i)))) { Attributes = new() { [SplitNames] = set.Description.Splits.ToArray() } };
        using var stream = File.Create(path);
        using var writer = file.BeginWrite(stream);
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

    private static T[] Values<T>(int count, Func<int, T> value) => [.. Enumerable.Range(0, count).Select(value)];
}
