using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A mosaic by its header: the image itself is read only where it is cut.</summary>
public sealed record Mosaic
{
    /// <summary>The survey's name of it, as in the catalogue's Mosaic_ID.</summary>
    public required string Id { get; init; }

    public required string Path { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    public required WorldCoordinateSystem Wcs { get; init; }

    /// <summary>The position of the middle of the image.</summary>
    public required SkyCoordinate Centre { get; init; }

    /// <summary>From the unit of the pixels (BUNIT) to Jy/beam: 1, or 0.001 for mJy/beam.</summary>
    public double JanskyPerUnit { get; init; } = 1;

    /// <summary>Restoring beam, geometric mean of its axes; null if the header does not say.</summary>
    public double? BeamArcsec { get; init; }

    /// <summary>Hertz; null if the header does not say.</summary>
    public double? FrequencyHertz { get; init; }

    /// <summary>The mosaic in an open file.</summary>
    /// <exception cref="FitsException">It holds no image with a celestial WCS.</exception>
    public static Mosaic Of(FitsFile file)
    {
        var image = file.FirstImage();
        return MosaicFolder.Describe(file.Path, image.Header, image.Width, image.Height);
    }
}

/// <summary>The mosaics in a folder.</summary>
public static class MosaicFolder
{
    private const string SurveyFile = "mosaic-blanked";
    private static readonly string[] _endings = [".fits", ".fits.fz", ".fits.gz"];
    private static readonly string[] _suffixes = ["-mosaic-blanked", "-mosaic", "_mosaic", "-blanked"];

    /// <summary>All of *.fits in the folder and NAME/mosaic-blanked.fits below it, by ID; *.fits.fz and *.fits.gz too.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="problems">Files that cannot be used are named here, with the reason.</param>
    public static IReadOnlyList<Mosaic> Scan(string directory, ICollection<string> problems)
    {
        var mosaics = new SortedDictionary<string, Mosaic>(StringComparer.Ordinal);
        foreach (string file in Files(directory))
        {
            try
            {
                var mosaic = Open(file);
                if (!mosaics.TryAdd(mosaic.Id, mosaic))
                    problems.Add($"{file}: {mosaics[mosaic.Id].Path} is mosaic '{mosaic.Id}' already.");
            }
            catch (RadioDiffusionException error)
            {
                problems.Add(error.Message);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                problems.Add($"{file}: {error.Message}");
            }
        }
        return [.. mosaics.Values];
    }

    /// <summary>The files of the mosaics in a folder by ID, unopened; of two with the same ID the first, as in <see cref="Scan"/>.</summary>
    public static IReadOnlyDictionary<string, string> FilesById(string directory)
    {
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in Files(directory))
            files.TryAdd(IdOf(file), file);
        return files;
    }

    /// <summary>One mosaic, by its header alone; of a gzip file the data are not unpacked.</summary>
    /// <exception cref="FitsException">It is no FITS image with a celestial WCS, or it is cut off.</exception>
    public static Mosaic Open(string path)
    {
        var image = FitsImageHeader.Read(path);
        return Describe(path, image.Header, image.Width, image.Height);
    }

    internal static Mosaic Describe(string path, FitsHeader header, int width, int height)
    {
        var wcs = WorldCoordinateSystem.FromHeader(header, path);
        return new Mosaic
        {
            Id = IdOf(path),
            Path = path,
            Width = width,
            Height = height,
            Wcs = wcs,
            Centre = wcs.PixelToSky((width - 1) / 2.0, (height - 1) / 2.0),
            JanskyPerUnit = JanskyPerUnit(header, path),
            BeamArcsec = header.GetDouble("BMAJ") is { } major && header.GetDouble("BMIN") is { } minor
                ? Math.Round(Math.Sqrt(major * minor) * 3600, 6)
                : null,
            FrequencyHertz = ObservingFrequency.Of(header),
        };
    }

    /// <summary>An ID as it is used in file names and keys: other characters than letters, digits and + - . _ become _.</summary>
    public static string SafeId(string id) => string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' ? c : '_'));

    private static IEnumerable<string> Files(string directory) =>
        Directory.EnumerateFiles(directory).Where(file => _endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Concat(Directory.EnumerateDirectories(directory).SelectMany(folder => _endings.Select(ending => Path.Combine(folder, SurveyFile + ending))).Where(File.Exists))
            .Order(StringComparer.Ordinal);

    private static string IdOf(string path)
    {
        string file = Path.GetFileName(path);
        string stem = _endings.LastOrDefault(ending => file.EndsWith(ending, StringComparison.Ordinal)) is { } found ? file[..^found.Length] : Path.GetFileNameWithoutExtension(file);
        if (stem == SurveyFile)
            return SafeId(Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)))!);
        return SafeId(_suffixes.FirstOrDefault(suffix => stem.EndsWith(suffix, StringComparison.Ordinal) && stem.Length > suffix.Length) is { } suffix
            ? stem[..^suffix.Length]
            : stem);
    }

    /// <summary>Images of radio surveys are in Jy/beam if the header does not say otherwise.</summary>
    internal static double JanskyPerUnit(FitsHeader header, string path) => header.GetString("BUNIT")?.Trim().ToUpperInvariant() switch
    {
        null or "" or "JY/BEAM" or "JY BEAM-1" or "JY/BM" or "JY" => 1,
        "MJY/BEAM" or "MJY BEAM-1" when header.GetString("BUNIT")!.TrimStart()[0] == 'm' => 1e-3,
        "UJY/BEAM" or "UJY BEAM-1" => 1e-6,
        _ => throw new FitsException($"{path}: keyword BUNIT should be Jy/beam, mJy/beam or uJy/beam, but it is '{header.GetString("BUNIT")}'."),
    };
}
