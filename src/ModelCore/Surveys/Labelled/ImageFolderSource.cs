using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys.Exchange;

namespace RadioDiffusion.ModelCore.Surveys.Labelled;

/// <summary>
/// Images in folders: CLASS/*, or SPLIT/CLASS/* where the outer folders are train, valid and test; images that lie in no folder have no class. PNG and JPEG
/// (8-bit grey, or in colour where their lightness is asked for) and FITS (first plane). An image is named after its file; files of one name in several folders after their path.
/// </summary>
internal sealed class ImageFolderSource : IImageSource
{
    private static readonly string[] _fits = [".fits", ".fit", ".fts"];
    private static readonly string[] _pictures = [".png", ".jpg", ".jpeg"];
    private static readonly Dictionary<string, string> _splits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["train"] = "train",
        ["valid"] = "valid",
        ["val"] = "valid",
        ["validation"] = "valid",
        ["test"] = "test",
    };

    private readonly List<string> _problems = [];
    private readonly string[] _paths;
    private readonly bool _takesLightness;

    public ImageFolderSource(string directory, bool takesLightness = false)
    {
        _takesLightness = takesLightness;
        var found = Find(directory);
        Classes = FirstClasses.InOrder([.. found.Select(entry => entry.Class).Where(name => name.Length > 0).Distinct()]);
        var unlabelled = Classes.Count > 0 ? found.Where(entry => entry.Class.Length == 0).ToList() : [];
        if (unlabelled.Count > 0)
            _problems.Add($"{directory}: {unlabelled.Count} images lie beside the class folders and have no class ({Path.GetFileName(unlabelled[0].Path)}): left out.");
        found = [.. found.Except(unlabelled)];
        _paths = [.. found.Select(entry => entry.Path)];
        var occurrences = _paths.CountBy(path => Path.GetFileName(path)!).ToDictionary(StringComparer.Ordinal);
        Images = [.. found.Select(entry => Describe(entry.Path, entry.Split, entry.Class, occurrences[Path.GetFileName(entry.Path)] > 1 ? Path.GetRelativePath(directory, entry.Path).Replace('\\', '/') : Path.GetFileName(entry.Path)))];
        if (_paths.Length == 0)
            throw new RadioDiffusionException($"{directory} holds no images: expected CLASS/*.png (or .jpg, .fits), SPLIT/CLASS/*.png with the splits train, valid, test, or HDF5 files.");
        IsInJanskyPerBeam = _paths.All(IsFits);
        (PixelScaleArcsec, BeamArcsec) = IsInJanskyPerBeam ? ScaleOf(_paths[0]) : (0, 0);
    }

    public string Format => "folder of images";

    public IReadOnlyList<string> Classes { get; }

    public IReadOnlyList<SourceImage> Images { get; }

    public bool IsInJanskyPerBeam { get; }

    public double PixelScaleArcsec { get; }

    public double BeamArcsec { get; }

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>The files in the order of the images.</summary>
    public IReadOnlyList<string> Paths => _paths;

    public void Read(int index, PixelBuffer buffer)
    {
        string path = _paths[index];
        if (!IsFits(path))
        {
            GreyPicture.Read(path, buffer, _takesLightness);
            return;
        }
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        image.ReadPixels(0, 0, image.Width, image.Height, buffer.Resize(image.Width, image.Height, path));
    }

    public void Dispose()
    {
    }

    private List<(string Split, string Class, string Path)> Find(string directory)
    {
        var found = new List<(string, string, string)>();
        var folders = Folders(directory);
        bool hasSplits = folders.Count > 0 && folders.All(folder => _splits.ContainsKey(Path.GetFileName(folder)));
        if (hasSplits)
        {
            foreach (string folder in folders)
                AddClasses(folder, _splits[Path.GetFileName(folder)], found);
        }
        else
        {
            AddClasses(directory, "", found);
        }
        return found;
    }

    private void AddClasses(string directory, string split, List<(string Split, string Class, string Path)> found)
    {
        found.AddRange(Files(directory).Select(path => (split, "", path)));
        foreach (string folder in Folders(directory))
        {
            var files = Files(folder);
            if (files.Count == 0)
                _problems.Add($"{folder}: the class folder holds no PNG, JPEG or FITS file: left out.");
            found.AddRange(files.Select(path => (split, Path.GetFileName(folder), path)));
        }
    }

    private static List<string> Folders(string directory) => [.. Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal)];

    private static List<string> Files(string directory) =>
        [.. Directory.EnumerateFiles(directory).Where(path => IsFits(path) || HasExtension(path, _pictures)).Order(StringComparer.Ordinal)];

    private static bool IsFits(string path) => HasExtension(path, _fits);

    private static bool HasExtension(string path, string[] extensions) => extensions.Contains(Path.GetExtension(path).ToLowerInvariant());

    private SourceImage Describe(string path, string split, string className, string name)
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        string[] parts = stem.Split('_');
        bool hasPosition = parts.Length >= 3 && Number(parts[0], out double ra) && Number(parts[1], out double dec) && ra is >= 0 and < 360 && Math.Abs(dec) <= 90;
        return new SourceImage
        {
            Name = name,
            Label = Classes.Count == 0 ? -1 : Classes.ToList().IndexOf(className),
            Split = split,
            // Names of the labelled FIRST set: RA_DEC_label_catalogue, in degrees.
            RightAscension = hasPosition ? double.Parse(parts[0], CultureInfo.InvariantCulture) : double.NaN,
            Declination = hasPosition ? double.Parse(parts[1], CultureInfo.InvariantCulture) : double.NaN,
        };
    }

    private static bool Number(string text, out double value) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);

    /// <summary>Of the first image that can be read; 0 where its header does not say.</summary>
    private static (double PixelScaleArcsec, double BeamArcsec) ScaleOf(string path)
    {
        try
        {
            using var file = FitsFile.Open(path);
            var header = file.FirstImage().Header;
            double beam = header.GetDouble("BMAJ") is { } major && header.GetDouble("BMIN") is { } minor ? Math.Round(Math.Sqrt(major * minor) * 3600, 6) : 0;
            return (Math.Abs(header.GetDouble("CDELT1") ?? header.GetDouble("CD1_1") ?? 0) * 3600, beam);
        }
        catch (RadioDiffusionException)
        {
            return (0, 0);                                   // the image is reported when it is read
        }
    }
}
