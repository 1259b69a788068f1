using System.Text;
using System.Text.Unicode;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Reads delimited text with a header line.</summary>
/// <remarks>
/// Commas, tabs, semicolons, bars or blanks: the header line tells. Comment lines before it begin with '#'; in PyBDSF's text catalogues the
/// last of them is the header, and in ECSV they describe the columns.
/// </remarks>
internal sealed class CsvCatalogueReader : CatalogueReader
{
    private readonly byte _delimiter;
    private readonly int _headerLength;
    private readonly bool _headerIsComment;
    private long? _rows;

    public CsvCatalogueReader(string path, CatalogueFormat format, long sampleRows)
        : base(path)
    {
        Format = format;
        using var text = new DelimitedText(CatalogueFormats.OpenStream(path), path);
        var comments = Comments(text);
        var ecsv = format == CatalogueFormat.Ecsv ? EcsvHeader.Parse(comments, path) : null;
        string line = text.PeekLine();
        _headerIsComment = ecsv == null && comments.Count > 0 && IsHeader(comments[^1], line);
        string header = _headerIsComment ? comments[^1].TrimStart('#', ' ') : line;
        if (header.Length == 0)
            throw new RadioDiffusionException($"The catalogue {path} is empty: expected a header line with RA, DEC and further columns.");
        _delimiter = ecsv?.Delimiter ?? DelimiterOf(_headerIsComment ? line : header);
        string[] names = Names(header);
        _headerLength = names.Length;
        text.Delimiter = _delimiter;
        SetColumns(ecsv, names, text, sampleRows);
    }

    public override CatalogueFormat Format { get; }

    public override long? RowCount => _rows;

    public override IEnumerable<CatalogueBatch> Read(IReadOnlyList<CatalogueColumn> columns, CancellationToken cancellationToken = default)
    {
        using var text = new DelimitedText(CatalogueFormats.OpenStream(Path), Path, _delimiter);
        SkipHeader(text);
        long first = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var values = Room(columns, first == 0 ? 256 : BatchRows);
            int count = Fill(text, values);
            if (count > 0)
                yield return new CatalogueBatch(first, values);
            first += count;
            if (count < BatchRows)
                break;
        }
        _rows = first;
    }

    /// <summary>Found by reading up to the row again, which only errors do.</summary>
    internal override string PlaceOf(long row)
    {
        using var text = new DelimitedText(CatalogueFormats.OpenStream(Path), Path, _delimiter);
        SkipHeader(text);
        for (long i = 0; i <= row; i++)
            text.Read();
        return $"line {text.Line}";
    }

    private static List<string> Comments(DelimitedText text)
    {
        var comments = new List<string>();
        while (text.TryReadComment(out string comment))
            comments.Add(comment);
        return comments;
    }

    /// <summary>Whether a comment names the columns of the line below: as many words, and none of them a number.</summary>
    private static bool IsHeader(string comment, string line)
    {
        string[] names = Words(comment.TrimStart('#')), values = Words(line);
        return names.Length > 1 && names.Length == values.Length && !names.Any(IsNumber) && values.Any(IsNumber);
    }

    private static bool IsNumber(string word) => CellText.TryNumber(Encoding.UTF8.GetBytes(word), out _);

    private static string[] Words(string line) => line.Split(DelimiterOf(line) is DelimitedText.Blanks ? [' ', '\t'] : [(char)DelimiterOf(line)], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>The most frequent of comma, tab, semicolon and bar; blanks if there is none of these.</summary>
    private static byte DelimiterOf(string line)
    {
        char best = ",\t;|".MaxBy(candidate => line.Count(letter => letter == candidate));
        return line.Contains(best, StringComparison.Ordinal) ? (byte)best : line.Trim().Contains(' ', StringComparison.Ordinal) ? DelimitedText.Blanks : (byte)',';
    }

    private string[] Names(string header)
    {
        using var text = new DelimitedText(new MemoryStream(Encoding.UTF8.GetBytes(header)), Path, _delimiter);
        if (!text.Read())
            throw new RadioDiffusionException($"The catalogue {Path} should begin with a header line of column names, but that line is blank.");
        return [.. Enumerable.Range(0, text.FieldCount).Select(i => Encoding.UTF8.GetString(text.Field(i)).Trim())];
    }

    private void SkipHeader(DelimitedText text)
    {
        Comments(text);
        if (!_headerIsComment)
            text.Read();
    }

    private void SetColumns(EcsvHeader? ecsv, string[] names, DelimitedText text, long sampleRows)
    {
        if (!_headerIsComment)
            text.Read();
        if (ecsv != null)
        {
            SetColumns(ecsv.Columns(names, Path, out var leftOut), leftOut);
            return;
        }
        var types = new CsvColumnTypes(names.Length);
        long rows = 0;
        for (; rows < sampleRows; rows++)
        {
            if (!text.Read())
            {
                _rows = rows;
                break;
            }
            CheckFieldCount(text);
            types.Look(text);
        }
        SetColumns(names.Select((name, i) => new CatalogueColumn(name.Length == 0 ? $"column {i + 1}" : name, types[i]) { Position = i }), []);
    }

    private int Fill(DelimitedText text, ColumnValues[] values)
    {
        int rows = 0;
        while (rows < BatchRows && text.Read())
        {
            CheckFieldCount(text);
            foreach (var column in values)
                Add(column, text);
            rows++;
        }
        return rows;
    }

    private void Add(ColumnValues values, DelimitedText text)
    {
        var cell = text.Field(values.Column.Position);
        if (values.Column.Type == ColumnType.Text && !Utf8.IsValid(cell))
            throw new RadioDiffusionException($"{Path}, line {text.Line}: column {values.Column.Name} should be text in UTF-8, but it holds other bytes: convert the file (iconv -f latin1 -t utf8).");
        if (!CellText.TryAdd(values, cell))
        {
            throw new RadioDiffusionException(
                $"{Path}, line {text.Line}: column {values.Column.Name} should be {CellText.Name(values.Column.Type)}, but it is '{Encoding.UTF8.GetString(cell).Trim()}'.");
        }
    }

    private void CheckFieldCount(DelimitedText text)
    {
        if (text.FieldCount != _headerLength)
            throw new RadioDiffusionException($"{Path}, line {text.Line}: a row should have {_headerLength} fields as the header does, but it has {text.FieldCount}.");
    }
}
