using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>
/// A FITS cube, a plane for each image, as <see cref="FitsCubeWriter"/> writes it; cubes of other programs too. If there, a table with a row for each plane says names
/// (Source_Name), positions (RA, DEC), peaks (Peak_flux), classes (Label, Class) and splits (Split).
/// </summary>
internal sealed class FitsCubeSource : IImageSource
{
    private readonly FitsFile _file;
    private readonly FitsImage _cube;
    private readonly double _janskyPerUnit = 1;
    private readonly List<string> _problems = [];

    private FitsCubeSource(FitsFile file)
    {
        _file = file;
        _cube = file.Hdus.OfType<FitsImage>().FirstOrDefault(image => image is { Width: > 0, Height: > 0 } && image.AxisLengths.Count >= 2)
            ?? throw new RadioDiffusionException($"{file.Path} should hold a cube of images, but it holds no image.");
        if (_cube.PlaneCount is < 2 or > int.MaxValue)
            throw new RadioDiffusionException($"{file.Path}: a cube should have 2 to {int.MaxValue} planes, but its axes are {string.Join(" x ", _cube.AxisLengths)}. A mosaic is cut by 'dataset build'.");
        if (_cube.AxisLengths.Skip(2).Count(length => length > 1) > 1)
            throw new RadioDiffusionException($"{file.Path}: a cube should have one plane for each image, but its axes are {string.Join(" x ", _cube.AxisLengths)}: several channels of an image are not imported. Write one cube for each channel, or build the set with 'dataset build --channel'.");
        var header = _cube.Header;
        IsInJanskyPerBeam = header.GetString("BUNIT")?.Trim() != "";
        if (IsInJanskyPerBeam)
            _janskyPerUnit = MosaicFolder.JanskyPerUnit(header, file.Path);
        PixelScaleArcsec = header.GetDouble(FitsCubeWriter.PixelScale) ?? Math.Abs(header.GetDouble("CDELT1") ?? header.GetDouble("CD1_1") ?? 0) * 3600;
        BeamArcsec = header.GetDouble("BMAJ") is { } major && header.GetDouble("BMIN") is { } minor ? Math.Round(Math.Sqrt(major * minor) * 3600, 6) : 0;
        var table = TableOf((int)_cube.PlaneCount);
        string[]? classOfPlane = Texts(table, "Class");
        Classes = classOfPlane == null ? [] : NamesInOrder(classOfPlane, table!);
        Images = Describe((int)_cube.PlaneCount, table, classOfPlane);
    }

    public string Format => "FITS cube";

    public IReadOnlyList<string> Classes { get; }

    public IReadOnlyList<SourceImage> Images { get; }

    public bool IsInJanskyPerBeam { get; }

    public double PixelScaleArcsec { get; }

    public double BeamArcsec { get; }

    public IReadOnlyList<string> Problems => _problems;

    /// <exception cref="RadioDiffusionException">It is no FITS file, or holds no cube.</exception>
    public static FitsCubeSource Open(string path)
    {
        var file = FitsFile.Open(path);
        try
        {
            return new FitsCubeSource(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Read(int index, PixelBuffer buffer)
    {
        var pixels = buffer.Resize(_cube.Width, _cube.Height, _file.Path);
        _cube.ReadPixels(index, 0, 0, _cube.Width, _cube.Height, pixels);
        if (_janskyPerUnit != 1)
            System.Numerics.Tensors.TensorPrimitives.Multiply(pixels, (float)_janskyPerUnit, pixels);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The table SOURCES, else the first one; left out if its rows cannot be those of the planes.</summary>
    private FitsTable? TableOf(int planes)
    {
        var tables = _file.Hdus.OfType<FitsTable>().ToList();
        var table = tables.Find(candidate => candidate.Name == FitsCubeWriter.TableName) ?? tables.FirstOrDefault();
        if (table == null || table.RowCount == planes)
            return table;
        _problems.Add($"{_file.Path}: the table '{table.Name}' has {table.RowCount} rows for {planes} planes, so that nothing says which belong together; its values are left out.");
        return null;
    }

    private SourceImage[] Describe(int planes, FitsTable? table, string[]? classes)
    {
        string[]? names = Texts(table, "Source_Name"), splits = Texts(table, "Split");
        double[]? ra = Numbers(table, "RA"), dec = Numbers(table, "DEC"), peaks = Numbers(table, "Peak_flux");
        var labels = Classes.Select((name, label) => (name, label)).ToDictionary(pair => pair.name, pair => pair.label, StringComparer.Ordinal);
        return [.. Enumerable.Range(0, planes).Select(i => new SourceImage
        {
            Name = names?[i] is { Length: > 0 } name ? name : $"image {i}",
            Label = classes == null ? -1 : labels.GetValueOrDefault(classes[i], -1),
            Split = splits?[i] ?? "",
            RightAscension = ra?[i] ?? double.NaN,
            Declination = dec?[i] ?? double.NaN,
            PeakFlux = peaks?[i] * _janskyPerUnit ?? double.NaN,
            Problem = classes?[i].Length == 0 ? $"{_file.Path}, row {i}: the column Class should name the class of the image, but it is empty." : null,
        })];
    }

    /// <summary>In the order of the column Label, which numbers the classes from 0; without one by name.</summary>
    private static string[] NamesInOrder(string[] classes, FitsTable table)
    {
        string[] names = [.. classes.Where(name => name.Length > 0).Distinct()];
        if (!table.HasColumn("Label"))
            return [.. names.Order(StringComparer.Ordinal)];
        long[] labels = table.ReadIntegers("Label");
        return [.. names.OrderBy(name => labels[Array.IndexOf(classes, name)]).ThenBy(name => name, StringComparer.Ordinal)];
    }

    private static string[]? Texts(FitsTable? table, string column) => table?.HasColumn(column) == true ? table.ReadStrings(column) : null;

    private static double[]? Numbers(FitsTable? table, string column) => table?.HasColumn(column) == true ? table.ReadDoubles(column) : null;
}
