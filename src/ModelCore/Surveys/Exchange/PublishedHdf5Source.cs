using PureHDF;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>
/// The HDF5 files of the published code: a data set <c>images</c> (training set, negatives 0) or <c>cutouts</c> (as cut), (n, side, side), Jy/beam; if there, <c>max_values</c>
/// in place of the largest pixels, <c>names</c>, <c>labels</c> and <c>splits</c> (their names in attributes), <c>RA</c> and <c>DEC</c>, or the table <c>catalog</c>.
/// </summary>
/// <remarks>
/// The published code pairs images and catalogue rows by position, which is wrong for cut-outs of a catalogue that is not sorted by mosaic; a catalogue with another number
/// of rows than images is therefore left alone. Values are taken as the file pairs them.
/// </remarks>
internal sealed class PublishedHdf5Source : IImageSource
{
    private static readonly string[] _imageNames = ["images", "cutouts"];
    private readonly Hdf5File _file;
    private readonly IH5Dataset _images;
    private readonly int _height;
    private readonly int _width;
    private readonly List<string> _problems = [];

    private PublishedHdf5Source(Hdf5File file, IH5Dataset images)
    {
        _file = file;
        _images = images;
        int[] shape = file.Shape(images);
        if (shape.Length == 4 && shape[1] == 1)
            shape = [shape[0], shape[2], shape[3]];
        if (shape.Length != 3 || shape.Any(axis => axis < 1))
            throw file.Error($"data set '{images.Name}' should have the shape (images, rows, columns), but it is ({string.Join(", ", shape)})");
        (_height, _width) = (shape[1], shape[2]);
        PixelScaleArcsec = file.NumberAttribute(images, PublishedHdf5Writer.PixelScale) ?? 0;
        BeamArcsec = file.NumberAttribute(images, PublishedHdf5Writer.Beam) ?? 0;
        IsInJanskyPerBeam = file.TextAttribute(images, PublishedHdf5Writer.Unit) is null or "Jy/beam" or "JY/BEAM";
        Classes = NamesOf("labels", PublishedHdf5Writer.ClassNames);
        Images = Describe(shape[0]);
    }

    public string Format => "HDF5 file of the published layout";

    public IReadOnlyList<string> Classes { get; }

    public IReadOnlyList<SourceImage> Images { get; }

    public bool IsInJanskyPerBeam { get; }

    public double PixelScaleArcsec { get; }

    public double BeamArcsec { get; }

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The file as an image source; null if it has neither <c>images</c> nor <c>cutouts</c>.</summary>
    public static PublishedHdf5Source? TryOpen(Hdf5File file) =>
        _imageNames.Select(name => file.FindDataset(file.Root, name)).FirstOrDefault(dataset => dataset != null) is { } images ? new PublishedHdf5Source(file, images) : null;

    public void Read(int index, PixelBuffer buffer) => _file.ReadFloats(_images, buffer.Resize(_width, _height, _file.Path), index);

    public void Dispose() => _file.Dispose();

    private SourceImage[] Describe(int count)
    {
        string[]? names = Texts("names", count);
        string[] splitNames = NamesOf("splits", PublishedHdf5Writer.SplitNames);
        double[]? peaks = Numbers("max_values", count), labels = Numbers("labels", count), splits = splitNames.Length > 0 ? Numbers("splits", count) : null;
        var catalogue = Catalogue(count);
        double[]? ra = Numbers("RA", count) ?? catalogue.GetValueOrDefault("RA"), dec = Numbers("DEC", count) ?? catalogue.GetValueOrDefault("DEC");
        if (labels != null && Classes.Count == 0)
            throw _file.Error($"data set 'labels' should have an attribute '{PublishedHdf5Writer.ClassNames}', the names of the classes in the order of the labels, but it has none");
        return [.. Enumerable.Range(0, count).Select(i => new SourceImage
        {
            Name = names?[i] is { Length: > 0 } name ? name : $"image {i}",
            Label = labels == null ? -1 : (int)labels[i],
            Split = splits?[i] is { } split && split >= 0 && split < splitNames.Length ? splitNames[(int)split] : "",
            RightAscension = ra?[i] ?? double.NaN,
            Declination = dec?[i] ?? double.NaN,
            PeakFlux = peaks?[i] ?? double.NaN,
            Problem = labels != null && !(labels[i] >= 0 && labels[i] < Classes.Count && labels[i] == Math.Floor(labels[i]))
                ? $"{_file.Path}, item {i}: the label should be a whole number from 0 to {Classes.Count - 1}, but it is {labels[i]}."
                : null,
        })];
    }

    private Dictionary<string, double[]> Catalogue(int count)
    {
        if (_file.Children(_file.Root).OfType<IH5Group>().FirstOrDefault(group => group.Name == "catalog") is not { } group)
            return [];
        var columns = PandasFrame.ReadNumbers(_file, group);
        if (columns.Count == 0)
            _problems.Add($"{_file.Path}: the table 'catalog' is not in pandas' fixed format, so that its values are left out; the images are whole.");
        else if (columns.Values.First().Length != count)
            _problems.Add($"{_file.Path}: the table 'catalog' has {columns.Values.First().Length} rows for {count} images, so that nothing says which belong together; its values are left out.");
        else
            return columns;
        return [];
    }

    private double[]? Numbers(string name, int count)
    {
        if (_file.FindDataset(_file.Root, name) is not { } dataset)
            return null;
        double[] values = _file.ReadDoubles(dataset);
        return values.Length == count ? values : throw _file.Error($"data set '{name}' should have {count} values, one for each image, but it has {values.Length}");
    }

    private string[] NamesOf(string dataset, string attribute) => _file.FindDataset(_file.Root, dataset) is { } owner ? _file.TextsAttribute(owner, attribute) : [];

    private string[]? Texts(string name, int count)
    {
        if (_file.FindDataset(_file.Root, name) is not { } dataset)
            return null;
        string[] values = _file.ReadTexts(dataset);
        return values.Length == count ? values : throw _file.Error($"data set '{name}' should have {count} texts, one for each image, but it has {values.Length}");
    }
}
