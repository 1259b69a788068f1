using System.IO.Compression;
using System.Text;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>The formats of catalogue files.</summary>
public enum CatalogueFormat
{
    Fits,

    /// <summary>Delimited text: commas, tabs, semicolons, bars or blanks; also with the header of PyBDSF's text catalogues.</summary>
    Csv,

    /// <summary>Delimited text whose comment lines give types and units (astropy's Enhanced CSV 1.0).</summary>
    Ecsv,
    Votable,
    Parquet,
}

/// <summary>Which format a file has: its first bytes decide, not its name.</summary>
internal static class CatalogueFormats
{
    private const int StartLength = 4096;

    private static readonly (byte[] Start, string What)[] _others =
    [
        ([0x89, (byte)'H', (byte)'D', (byte)'F'], "an HDF5 file"),
        ([0x89, (byte)'P', (byte)'N', (byte)'G'], "a PNG image"),
        ([0xff, 0xd8, 0xff], "a JPEG image"),
        ("%PDF"u8.ToArray(), "a PDF document"),
        ("PK\u0003\u0004"u8.ToArray(), "a ZIP archive"),
        ([0x1f, 0x8b], "a gzip file within a gzip file"),
        ("BZh"u8.ToArray(), "a bzip2 file"),
        ([0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z'], "an xz file"),
        ("SQLite format 3"u8.ToArray(), "an SQLite database"),
        ("{"u8.ToArray(), "a JSON document"),
    ];

    /// <exception cref="RadioDiffusionException">It is missing, empty, or of another kind altogether.</exception>
    public static CatalogueFormat Detect(string path)
    {
        if (!File.Exists(path))
            throw new RadioDiffusionException($"The catalogue '{path}' does not exist.");
        bool compressed = IsGzip(path);
        var start = Start(path);
        if (start.IsEmpty)
            throw new RadioDiffusionException($"The catalogue {path} is empty: expected {Expected}.");
        if (start.StartsWith("SIMPLE  ="u8))
            return CatalogueFormat.Fits;
        if (start.StartsWith("PAR1"u8))
        {
            return compressed
                ? throw new RadioDiffusionException($"{path} is a Parquet file within a gzip file: unpack it (gunzip), since Parquet is read from its end.")
                : CatalogueFormat.Parquet;
        }
        foreach (var (bytes, what) in _others)
        {
            if (start.StartsWith(bytes))
                throw Another(path, what);
        }
        return OfText(path, start);
    }

    /// <summary>The format that a file's name asks for: .fits, .csv, .ecsv, .vot, .xml or .parquet.</summary>
    public static CatalogueFormat OfName(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".fits" or ".fit" or ".fts" => CatalogueFormat.Fits,
        ".csv" => CatalogueFormat.Csv,
        ".ecsv" => CatalogueFormat.Ecsv,
        ".vot" or ".votable" or ".xml" => CatalogueFormat.Votable,
        ".parquet" or ".pq" => CatalogueFormat.Parquet,
        _ => throw new RadioDiffusionException($"The name of a catalogue to write should end with .fits, .csv, .ecsv, .vot or .parquet, but it is '{path}'."),
    };

    /// <summary>The file's bytes from the start, unpacked if it is a gzip file.</summary>
    public static Stream OpenStream(string path)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, FileOptions.SequentialScan);
        return IsGzip(path) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    private static string Expected => "a FITS binary table, CSV, ECSV, VOTable or Parquet";

    private static bool IsGzip(string path)
    {
        Span<byte> start = stackalloc byte[2];
        using var stream = File.OpenRead(path);
        return stream.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start is [0x1f, 0x8b];
    }

    private static ReadOnlySpan<byte> Start(string path)
    {
        byte[] start = new byte[StartLength];
        try
        {
            using var stream = OpenStream(path);
            return start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false));
        }
        catch (InvalidDataException error)
        {
            throw new RadioDiffusionException($"{path} begins like a gzip file, but it cannot be unpacked: {error.Message}", error);
        }
    }

    private static CatalogueFormat OfText(string path, ReadOnlySpan<byte> start)
    {
        if (start is [0xfe, 0xff, ..] or [0xff, 0xfe, ..])
            throw Another(path, "a text in UTF-16");
        if (start.StartsWith("\ufeff"u8))
            start = start[3..];
        foreach (byte letter in start)
        {
            if (letter < ' ' && letter is not ((byte)'\t' or (byte)'\r' or (byte)'\n'))
                throw Another(path, "a binary file");
        }
        string text = Encoding.Latin1.GetString(start).TrimStart();
        if (text.StartsWith('<'))
        {
            return text.Contains("VOTABLE", StringComparison.Ordinal) ? CatalogueFormat.Votable
                : throw Another(path, text.Contains("<html", StringComparison.OrdinalIgnoreCase) ? "an HTML page" : "an XML document without a VOTABLE element near its start");
        }
        return text.StartsWith("# %ECSV", StringComparison.Ordinal) ? CatalogueFormat.Ecsv : CatalogueFormat.Csv;
    }

    private static RadioDiffusionException Another(string path, string what) => new($"{path} is {what}, and no catalogue: expected {Expected}.");
}
