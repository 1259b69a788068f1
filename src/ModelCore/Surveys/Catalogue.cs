using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A survey catalogue with LoTSS column names: RA and DEC in degrees; if there, Source_Name, optRA, optDec, Mosaic_ID, Peak_flux, Total_flux (mJy), LAS.</summary>
public sealed class Catalogue
{
    private Catalogue(string path, IReadOnlyList<CatalogueRow> rows)
    {
        Path = path;
        Rows = rows;
    }

    public string Path { get; }

    public IReadOnlyList<CatalogueRow> Rows { get; }

    /// <summary>Reads a FITS binary table or a CSV file; which one it is decides the content.</summary>
    /// <exception cref="RadioDiffusionException">The file is missing or malformed, or lacks a needed column.</exception>
    public static Catalogue Read(string path)
    {
        if (!File.Exists(path))
            throw new RadioDiffusionException($"The catalogue '{path}' does not exist.");
        return new Catalogue(path, IsFits(path) ? ReadFits(path) : ReadCsv(path));
    }

    private static bool IsFits(string path)
    {
        Span<byte> start = stackalloc byte[9];
        using var stream = File.OpenRead(path);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("SIMPLE  ="u8);
    }

    private static List<CatalogueRow> ReadFits(string path)
    {
        using var file = FitsFile.Open(path);
        var table = file.FirstTable();
        double[] Needed(string name) => table.HasColumn(name) ? table.ReadDoubles(name) : throw Missing(path, name, table.Columns.Select(column => column.Name));
        double[]? Numbers(string name) => table.HasColumn(name) ? table.ReadDoubles(name) : null;
        string[]? Texts(string name) => table.HasColumn(name) ? table.ReadStrings(name) : null;
        var (ra, dec) = (Needed("RA"), Needed("DEC"));
        var (opticalRa, opticalDec) = (Numbers("optRA"), Numbers("optDec"));
        var (peak, total, size) = (Numbers("Peak_flux"), Numbers("Total_flux"), Numbers("LAS"));
        var (names, mosaics) = (Texts("Source_Name"), Texts("Mosaic_ID"));
        return [.. Enumerable.Range(0, checked((int)table.RowCount)).Select(i => Row(i, names?[i], ra[i], dec[i], opticalRa?[i], opticalDec?[i],
            mosaics?[i], peak?[i], total?[i], size?[i]))];
    }

    private static List<CatalogueRow> ReadCsv(string path)
    {
        var configuration = new CsvConfiguration(CultureInfo.InvariantCulture) { PrepareHeaderForMatch = header => header.Header.Trim().ToUpperInvariant(), MissingFieldFound = null };
        using var reader = new StreamReader(path);
        using var csv = new CsvReader(reader, configuration);
        if (!csv.Read() || !csv.ReadHeader())
            throw new RadioDiffusionException($"The catalogue {path} is empty: expected a header line with RA, DEC and further columns.");
        string[] header = csv.HeaderRecord ?? [];
        foreach (string needed in new[] { "RA", "DEC" })
        {
            if (!header.Any(name => name.Trim().Equals(needed, StringComparison.OrdinalIgnoreCase)))
                throw Missing(path, needed, header);
        }
        var rows = new List<CatalogueRow>();
        while (csv.Read())
        {
            int line = csv.Parser.RawRow;
            double? Number(string name) => ParseNumber(csv, name, path, line);
            rows.Add(Row(rows.Count, Text(csv, "Source_Name"), Number("RA") ?? double.NaN, Number("DEC") ?? double.NaN, Number("optRA"), Number("optDec"),
                Text(csv, "Mosaic_ID"), Number("Peak_flux"), Number("Total_flux"), Number("LAS")));
        }
        return rows;
    }

    private static string? Text(CsvReader csv, string name) => csv.TryGetField<string>(name, out string? text) ? text : null;

    /// <summary>A number; NaN where the field is blank or says so; null where there is no such column.</summary>
    private static double? ParseNumber(CsvReader csv, string name, string path, int line)
    {
        if (Text(csv, name) is not { } text)
            return null;
        text = text.Trim();
        if (text.Length == 0 || text.Equals("nan", StringComparison.OrdinalIgnoreCase))
            return double.NaN;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            ? number
            : throw new RadioDiffusionException($"{path}, line {line}: column {name} should be a number, but it is '{text}'.");
    }

    private static CatalogueRow Row(int index, string? name, double ra, double dec, double? opticalRa, double? opticalDec, string? mosaic,
        double? peak, double? total, double? size) => new()
        {
            Index = index,
            SourceName = string.IsNullOrWhiteSpace(name) ? $"row {index}" : name.Trim(),
            Position = new SkyCoordinate(ra, dec),
            OpticalPosition = opticalRa is { } alpha && opticalDec is { } delta && double.IsFinite(alpha) && double.IsFinite(delta) ? new SkyCoordinate(alpha, delta) : null,
            MosaicId = string.IsNullOrWhiteSpace(mosaic) ? null : mosaic.Trim(),
            PeakFluxMilliJansky = peak ?? double.NaN,
            TotalFluxMilliJansky = total ?? double.NaN,
            LargestAngularSizeArcsec = size is { } arcsec && double.IsFinite(arcsec) ? arcsec : null,
        };

    private static RadioDiffusionException Missing(string path, string column, IEnumerable<string> found) =>
        new($"The catalogue {path} should have a column {column}, but it has {string.Join(", ", found)}.");
}
