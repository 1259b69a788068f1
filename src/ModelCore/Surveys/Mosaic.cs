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
        var files = Directory.EnumerateFiles(directory).Where(file => _endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal)))
            .Concat(Directory.EnumerateDirectories(directory).SelectMany(folder => _endings.Select(ending => Path.Combine(folder, SurveyFile + ending))).Where(File.Exists))
            .Order(StringComparer.Ordinal);
        var mosaics = new SortedDictionary<string, Mosaic>(StringComparer.Ordinal);
        foreach (string file in files)
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

    /// <summary>One mosaic.</summary>
    /// <exception cref="FitsException">It is no FITS image with a celestial WCS, or it is cut off.</exception>
    public static Mosaic Open(string path)
    {
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        var wcs = WorldCoordinateSystem.FromHeader(image.Header, path);
        return new Mosaic
        {
            Id = IdOf(path),
            Path = path,
            Width = image.Width,
            Height = image.Height,
            Wcs = wcs,
            Centre = wcs.PixelToSky((image.Width - 1) / 2.0, (image.Height - 1) / 2.0),
            JanskyPerUnit = JanskyPerUnit(image.Header, path),
            BeamArcsec = image.Header.GetDouble("BMAJ") is { } major && image.Header.GetDouble("BMIN") is { } minor
                ? Math.Round(Math.Sqrt(major * minor) * 3600, 6)
                : null,
            FrequencyHertz = ObservingFrequency.Of(image.Header),
        };
    }

    /// <summary>An ID as it is used in file names and keys: other characters than letters, digits and + - . _ become _.</summary>
    public static string SafeId(string id) => string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '-' or '.' or '_' ? c : '_'));

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
    private static double JanskyPerUnit(FitsHeader header, string path) => header.GetString("BUNIT")?.Trim().ToUpperInvariant() switch
    {
        null or "" or "JY/BEAM" or "JY BEAM-1" or "JY/BM" or "JY" => 1,
        "MJY/BEAM" or "MJY BEAM-1" when header.GetString("BUNIT")!.TrimStart()[0] == 'm' => 1e-3,
        "UJY/BEAM" or "UJY BEAM-1" => 1e-6,
        _ => throw new FitsException($"{path}: keyword BUNIT should be Jy/beam, mJy/beam or uJy/beam, but it is '{header.GetString("BUNIT")}'."),
    };
}
