using System.Collections;
using System.IO.Hashing;
using System.Text;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>
/// A survey catalogue: a FITS binary table, CSV, ECSV, VOTable or Parquet, whose columns a <see cref="ColumnMapping"/> names. What the
/// cut-outs need is kept in columns, some 100 bytes a row; everything else is read from the file when it is asked for.
/// </summary>
public sealed class Catalogue
{
    private readonly ChunkedList<SkyCoordinate> _positions = new();
    private readonly ChunkedList<SkyCoordinate>? _opticalPositions;
    private readonly ChunkedTexts? _names;
    private readonly ChunkedList<int>? _mosaics;
    private readonly List<string?> _mosaicIds = [null];
    private readonly Dictionary<string, int> _mosaicCodes = new(StringComparer.Ordinal);
    private readonly ChunkedList<double>? _peakFluxes;
    private readonly ChunkedList<double>? _totalFluxes;
    private readonly ChunkedList<double>? _sizes;
    private readonly DateTime _written;
    private int _withoutPosition, _outOfRange, _wrapped, _opticalOutOfRange;
    private int? _firstOutOfRange;

    private Catalogue(CatalogueReader reader, ColumnMapping mapping, bool detected, CancellationToken cancellationToken)
    {
        Path = reader.Path;
        Mapping = mapping;
        Columns = reader.Columns;
        _written = File.GetLastWriteTimeUtc(reader.Path);
        var leftOut = new List<string>(reader.LeftOut);
        MappedColumn? Optional(CatalogueField field)
        {
            var column = MappedColumn.Find(reader, mapping, field, out string? problem);
            if (problem != null)
                leftOut.Add(problem);
            return column;
        }
        MappedColumn ra = Needed(reader, mapping, CatalogueField.RightAscension), dec = Needed(reader, mapping, CatalogueField.Declination);
        MappedColumn? opticalRa = Optional(CatalogueField.OpticalRightAscension), opticalDec = Optional(CatalogueField.OpticalDeclination);
        MappedColumn? name = Optional(CatalogueField.Name), mosaic = Optional(CatalogueField.Mosaic);
        MappedColumn? peak = Optional(CatalogueField.PeakFlux), total = Optional(CatalogueField.TotalFlux), size = Optional(CatalogueField.LargestAngularSize);
        if (opticalRa == null || opticalDec == null)
            (opticalRa, opticalDec) = (null, null);

        _opticalPositions = opticalRa == null ? null : new();
        _names = name == null ? null : new();
        _mosaics = mosaic == null ? null : new();
        _peakFluxes = peak == null ? null : new();
        _totalFluxes = total == null ? null : new();
        _sizes = size == null ? null : new();

        MappedColumn[] columns = [.. new[] { ra, dec, opticalRa, opticalDec, name, mosaic, peak, total, size }.OfType<MappedColumn>()];
        foreach (var batch in reader.Read([.. columns.Select(column => column.Column)], cancellationToken))
        {
            ColumnValues? Values(MappedColumn? column) => column == null ? null : batch.Columns[Array.IndexOf(columns, column)];
            if (batch.FirstRow + batch.RowCount > Array.MaxLength)
                throw new RadioDiffusionException($"{Path} should have at most {Array.MaxLength} rows, but it has more: split it.");
            Rows = new RowView(this, (int)batch.FirstRow + batch.RowCount);
            AddPositions(batch, ra, Values(ra)!, dec, Values(dec)!, opticalRa, Values(opticalRa), opticalDec, Values(opticalDec));
            AddNames(Values(name));
            AddMosaics(Values(mosaic));
            AddNumbers(_peakFluxes, peak, Values(peak), batch);
            AddNumbers(_totalFluxes, total, Values(total), batch);
            AddNumbers(_sizes, size, Values(size), batch);
        }
        var (duplicates, first) = CountDuplicates();
        Report = new CatalogueReport
        {
            Path = Path,
            Format = reader.Format,
            Mapping = mapping.Name,
            MappingDetected = detected,
            Fields = [.. columns.Select(column => column.Source)],
            Rows = Count,
            RowsWithoutPosition = _withoutPosition,
            RowsOutOfRange = _outOfRange,
            FirstRowOutOfRange = _firstOutOfRange,
            RowsWrapped = _wrapped,
            OpticalPositionsOutOfRange = _opticalOutOfRange,
            DuplicateNames = duplicates,
            FirstDuplicateName = first,
            LeftOut = leftOut,
        };
    }

    public string Path { get; }

    public ColumnMapping Mapping { get; }

    /// <summary>All columns of the file that can be read by name.</summary>
    public IReadOnlyList<CatalogueColumn> Columns { get; }

    /// <summary>What was found on reading.</summary>
    public CatalogueReport Report { get; }

    public int Count => Rows.Count;

    /// <summary>The rows in the file's order; each is made when it is asked for.</summary>
    public IReadOnlyList<CatalogueRow> Rows { get; private set; } = [];

    /// <summary>Reads a catalogue; which format it has decides the content.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">A built-in column mapping or a mapping file; null to find it by the columns.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="RadioDiffusionException">The file is missing or malformed, or lacks a needed column.</exception>
    public static Catalogue Read(string path, string? columns = null, CancellationToken cancellationToken = default)
    {
        using var reader = CatalogueReader.Open(path);
        var mapping = columns != null ? ColumnMapping.Open(columns) : ColumnMapping.Detect(reader) ?? throw NoMapping(reader);
        return new Catalogue(reader, mapping, columns == null, cancellationToken);
    }

    /// <summary>Where the cut-out of a row is centred; NaN where the catalogue has no position.</summary>
    public SkyCoordinate Centre(int row) => Optical(row) ?? _positions[row];

    public string? MosaicId(int row) => _mosaics == null ? null : _mosaicIds[_mosaics[row]];

    /// <summary>Whether a field's column is there; it is read by <see cref="Numbers(CatalogueField, CancellationToken)"/>.</summary>
    public bool Has(CatalogueField field)
    {
        using var reader = Reopen();
        return MappedColumn.Find(reader, Mapping, field, out _) != null;
    }

    /// <summary>All numbers of a field, in the program's unit, read from the file now; NaN where there is none.</summary>
    /// <exception cref="RadioDiffusionException">There is no such column, it holds no numbers, or the file has changed.</exception>
    public double[] Numbers(CatalogueField field, CancellationToken cancellationToken = default)
    {
        using var reader = Reopen();
        var column = Needed(reader, Mapping, field);
        return ReadAll(reader, column.Column, column.Number, cancellationToken);
    }

    /// <summary>All numbers of any column by its name, in the file's own unit, read from the file now; NaN where there is none.</summary>
    /// <exception cref="RadioDiffusionException">There is no such column, it holds no numbers, or the file has changed.</exception>
    public double[] Numbers(string column, CancellationToken cancellationToken = default)
    {
        using var reader = Reopen();
        var found = reader.Find(column) ?? throw new RadioDiffusionException($"The catalogue {Path} should have a column {column}, but it has {NamesOf(reader)}.");
        if (found.Type == ColumnType.Text && reader.Format != CatalogueFormat.Csv)
            throw new RadioDiffusionException($"{Path}: column {found.Name} should hold numbers, but it holds text.");
        if (found.Type is ColumnType.Text or ColumnType.Integer && reader.Format == CatalogueFormat.Csv)
            found = found with { Type = ColumnType.Double };         // the first rows do not speak for all
        return ReadAll(reader, found, (values, index, _) => values.Number(index), cancellationToken);
    }

    private double[] ReadAll(CatalogueReader reader, CatalogueColumn column, Func<ColumnValues, int, long, double> number, CancellationToken cancellationToken)
    {
        double[] numbers = new double[Count];
        long rows = 0;
        foreach (var batch in reader.Read([column], cancellationToken))
        {
            rows += batch.RowCount;
            for (int i = 0; i < batch.RowCount && rows <= Count; i++)
                numbers[batch.FirstRow + i] = number(batch.Columns[0], i, batch.FirstRow + i);
        }
        return rows == Count ? numbers : throw Changed();
    }

    private CatalogueReader Reopen() => File.GetLastWriteTimeUtc(Path) == _written ? CatalogueReader.Open(Path) : throw Changed();

    private RadioDiffusionException Changed() => new($"The catalogue {Path} has changed since it was read: read it again.");

    private static MappedColumn Needed(CatalogueReader reader, ColumnMapping mapping, CatalogueField field)
    {
        if (MappedColumn.Find(reader, mapping, field, out string? problem) is { } column)
            return column;
        if (problem != null)
            throw new RadioDiffusionException($"{reader.Path}: column {problem}. A column mapping of your own (--columns FILE) can name another column.");
        var tried = mapping.Fields.TryGetValue(field, out var place) ? place.Columns : [];
        throw new RadioDiffusionException(tried.Count == 0
            ? $"Column mapping {mapping.Name}, with which {reader.Path} was read, names no column for {CatalogueFields.NameOf(field)}; the catalogue has {NamesOf(reader)}. {Advice}"
            : $"The catalogue {reader.Path} should have a column {tried[0]}, but it has {NamesOf(reader)}. For {CatalogueFields.NameOf(field)}, column mapping {mapping.Name} tried {string.Join(", ", tried)}. {Advice}");
    }

    private static RadioDiffusionException NoMapping(CatalogueReader reader)
    {
        CatalogueField[] needed = [CatalogueField.RightAscension, CatalogueField.Declination];
        string[] Names(CatalogueField field) => [.. ColumnMapping.BuiltIn.SelectMany(mapping => mapping.Fields[field].Columns).Distinct()];
        var missing = needed.Where(field => !ColumnMapping.BuiltIn.Any(mapping => mapping.Find(reader, field) != null)).ToArray();
        string what = missing.Length == 0 ? "columns of right ascension and declination that belong together" : string.Join(" and ", missing.Select(field => $"a column {Names(field)[0]}"));
        string tried = string.Join("; ", needed.Select(field => $"for {CatalogueFields.NameOf(field)} {string.Join(", ", Names(field))}"));
        return new RadioDiffusionException(
            $"The catalogue {reader.Path} should have {what}, but it has {NamesOf(reader)}. Tried were {tried} (column mappings {string.Join(", ", ColumnMapping.BuiltIn.Select(mapping => mapping.Name))}). {Advice}");
    }

    private static string Advice =>
        "Give a column mapping of your own with --columns FILE: JSON such as {\"name\": \"mine\", \"fields\": {\"rightAscension\": {\"columns\": [\"ALPHA\"], \"unit\": \"deg\"}, \"declination\": {\"columns\": [\"DELTA\"], \"unit\": \"deg\"}}}.";

    private static string NamesOf(CatalogueReader reader) => string.Join(", ", reader.Columns.Select(column => column.Name));

    private void AddPositions(CatalogueBatch batch, MappedColumn ra, ColumnValues raValues, MappedColumn dec, ColumnValues decValues,
        MappedColumn? opticalRa, ColumnValues? opticalRaValues, MappedColumn? opticalDec, ColumnValues? opticalDecValues)
    {
        for (int i = 0; i < batch.RowCount; i++)
        {
            long row = batch.FirstRow + i;
            var position = Checked(new SkyCoordinate(ra.Number(raValues, i, row), dec.Number(decValues, i, row)), out var fault);
            _positions.Add(position);
            if (fault == Fault.Missing)
                _withoutPosition++;
            else if (fault == Fault.Wrapped)
                _wrapped++;
            else if (fault == Fault.OutOfRange)
                (_outOfRange, _firstOutOfRange) = (_outOfRange + 1, _firstOutOfRange ?? (int)row);
            if (_opticalPositions == null)
                continue;
            _opticalPositions.Add(Checked(new SkyCoordinate(opticalRa!.Number(opticalRaValues!, i, row), opticalDec!.Number(opticalDecValues!, i, row)), out fault));
            if (fault == Fault.OutOfRange)
                _opticalOutOfRange++;
        }
    }

    private enum Fault
    {
        None,
        Missing,
        Wrapped,
        OutOfRange,
    }

    /// <summary>The position with its right ascension from 0 up to 360; NaN in both where it is none.</summary>
    private static SkyCoordinate Checked(SkyCoordinate position, out Fault fault)
    {
        var (alpha, delta) = position;
        fault = double.IsNaN(alpha) || double.IsNaN(delta) ? Fault.Missing
            : Math.Abs(delta) > 90 || alpha is < -360 or > 720 ? Fault.OutOfRange
            : alpha is < 0 or >= 360 ? Fault.Wrapped
            : Fault.None;
        if (fault is Fault.Missing or Fault.OutOfRange)
            return new SkyCoordinate(double.NaN, double.NaN);
        if (fault == Fault.Wrapped)
        {
            alpha %= 360;
            alpha = alpha < 0 ? alpha + 360 : alpha;
            alpha = alpha >= 360 ? 0 : alpha;                        // -1e-20 + 360 is 360
        }
        return new SkyCoordinate(alpha, delta);
    }

    private void AddNames(ColumnValues? values)
    {
        for (int i = 0; values != null && i < values.Count; i++)
        {
            if (values is TextValues texts)
                _names!.Add(CellText.Trim(texts[i]));
            else
                _names!.Add(Encoding.UTF8.GetBytes(values.Text(i)));
        }
    }

    private void AddMosaics(ColumnValues? values)
    {
        if (values == null)
            return;
        int last = 0;
        for (int i = 0; i < values.Count; i++)
        {
            if (values is TextValues texts && i > 0 && texts[i].SequenceEqual(texts[i - 1]))
            {
                _mosaics!.Add(last);                                 // catalogues are most often sorted so that this is the rule
                continue;
            }
            string id = values.Text(i).Trim();
            last = 0;
            if (id.Length > 0 && !_mosaicCodes.TryGetValue(id, out last))
            {
                _mosaicCodes[id] = last = _mosaicIds.Count;
                _mosaicIds.Add(id);
            }
            _mosaics!.Add(last);
        }
    }

    private static void AddNumbers(ChunkedList<double>? list, MappedColumn? column, ColumnValues? values, CatalogueBatch batch)
    {
        for (int i = 0; values != null && i < values.Count; i++)
            list!.Add(column!.Number(values, i, batch.FirstRow + i));
    }

    /// <summary>By sorting the names' hashes; only names of equal hash are compared. Rows without a name count for nothing.</summary>
    private (int Count, string? First) CountDuplicates()
    {
        if (_names == null)
            return (0, null);
        ulong[] hashes = new ulong[Count];
        int[] rows = new int[Count];
        for (int i = 0; i < Count; i++)
            (hashes[i], rows[i]) = (XxHash3.HashToUInt64(_names[i]), i);
        Array.Sort(hashes, rows);
        int duplicates = 0, first = int.MaxValue;
        for (int begin = 0, end; begin < Count; begin = end)
        {
            end = begin + 1;
            while (end < Count && hashes[end] == hashes[begin])
                end++;
            if (end == begin + 1 || _names[rows[begin]].IsEmpty)
                continue;
            Array.Sort(rows, begin, end - begin);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            for (int i = begin; i < end; i++)
            {
                if (!seen.Add(_names.Text(rows[i])))
                    (duplicates, first) = (duplicates + 1, Math.Min(first, rows[i]));
            }
        }
        return (duplicates, duplicates == 0 ? null : _names.Text(first));
    }

    private SkyCoordinate? Optical(int row) => _opticalPositions?[row] is { } position && double.IsFinite(position.RightAscension) ? position : null;

    private CatalogueRow Row(int row)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Count, nameof(row));
        return new CatalogueRow
        {
            Index = row,
            SourceName = _names == null || _names[row].IsEmpty ? $"row {row}" : _names.Text(row),
            Position = _positions[row],
            OpticalPosition = Optical(row),
            MosaicId = MosaicId(row),
            PeakFluxMilliJansky = _peakFluxes?[row] ?? double.NaN,
            TotalFluxMilliJansky = _totalFluxes?[row] ?? double.NaN,
            LargestAngularSizeArcsec = _sizes?[row] is { } arcsec && double.IsFinite(arcsec) ? arcsec : null,
        };
    }

    private sealed class RowView(Catalogue catalogue, int count) : IReadOnlyList<CatalogueRow>
    {
        public int Count => count;

        public CatalogueRow this[int index] => catalogue.Row(index);

        public IEnumerator<CatalogueRow> GetEnumerator()
        {
            for (int row = 0; row < count; row++)
                yield return catalogue.Row(row);
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
