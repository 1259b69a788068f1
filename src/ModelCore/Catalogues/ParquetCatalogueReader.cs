using System.Text;
using Parquet;
using Parquet.Schema;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Reads a Parquet file, one row group at a time.</summary>
/// <remarks>
/// Units and descriptions come from the VOTable in the file's metadata, if it has one (IVOA note "Parquet in the VO", VOParquet 1.0). The
/// library is asynchronous, but all that it waits for here is a local file, on a thread without a context to return to.
/// </remarks>
internal sealed class ParquetCatalogueReader : CatalogueReader
{
    /// <summary>Largest row group; the usual writers make groups of up to a million rows, old ones of 64 million.</summary>
    private const int MostRowsInGroup = 64 << 20;

    private readonly FileStream _stream;
    private readonly ParquetReader _reader;
    private readonly DataField[] _fields;

    public ParquetCatalogueReader(string path)
        : base(path)
    {
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            _reader = Guard("its footer", () => ParquetReader.CreateAsync(_stream, new ParquetOptions { TreatByteArrayAsString = true }).GetAwaiter().GetResult());
            _fields = Guard("its schema", () => _reader.Schema.GetDataFields());
            RowCount = Guard("its row groups", () => _reader.RowGroups.Sum(group => group.RowCount));
            var described = Described();
            var columns = new List<CatalogueColumn>();
            var leftOut = new List<string>();
            for (int i = 0; i < _fields.Length; i++)
            {
                var field = _fields[i];
                var more = described.GetValueOrDefault(field.Name);
                if (TypeOf(field) is { } type)
                    columns.Add(new CatalogueColumn(field.Name, type) { Unit = more?.Unit, Description = more?.Description, Position = i });
                else
                    leftOut.Add($"{field.Path}: holds {(field.MaxRepetitionLevel > 0 ? "several values" : "values of type")} {field.ClrType.Name}, one number or text is expected");
            }
            SetColumns(columns, leftOut);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    public override CatalogueFormat Format => CatalogueFormat.Parquet;

    public override long? RowCount { get; }

    public override IEnumerable<CatalogueBatch> Read(IReadOnlyList<CatalogueColumn> columns, CancellationToken cancellationToken = default)
    {
        long first = 0;
        for (int number = 0; number < _reader.RowGroupCount; number++)
        {
            using var group = Guard($"row group {number}", () => _reader.OpenRowGroupReader(number));
            if (group.RowCount is < 0 or > MostRowsInGroup)
                throw new RadioDiffusionException($"{Path}: row group {number} should have at most {MostRowsInGroup} rows, but it announces {group.RowCount}: write the file with smaller row groups.");
            var whole = new ParquetColumn[columns.Count];
            for (int i = 0; i < whole.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int index = i;
                long values = Guard($"column {columns[i].Name} of row group {number}", () => group.GetMetadata(_fields[columns[index].Position])?.MetaData?.NumValues ?? -1);
                if (values != group.RowCount)
                    throw new RadioDiffusionException($"{Path} is a damaged Parquet file: column {columns[i].Name} of row group {number} should have {group.RowCount} values, one for each row, but it announces {values}.");
                whole[i] = Guard($"column {columns[i].Name} of row group {number}", () => ParquetColumn.Read(group, _fields[columns[index].Position], columns[index]));
            }
            for (int begin = 0; begin < group.RowCount; begin += BatchRows)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int count = (int)Math.Min(BatchRows, group.RowCount - begin);
                yield return new CatalogueBatch(first + begin, [.. whole.Select(column => column.Slice(begin, count))]);
            }
            first += group.RowCount;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _reader?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _stream.Dispose();
        base.Dispose(disposing);
    }

    private static ColumnType? TypeOf(DataField field)
    {
        if (field.MaxRepetitionLevel > 0 || field.IsArray || field.Path.Length > 1)
            return null;
        var type = field.ClrType;
        return type == typeof(double) || type == typeof(decimal) ? ColumnType.Double
            : type == typeof(float) ? ColumnType.Single
            : type == typeof(bool) ? ColumnType.Boolean
            : ParquetColumn.IsText(field) ? ColumnType.Text
            : type == typeof(sbyte) || type == typeof(byte) || type == typeof(short) || type == typeof(ushort) || type == typeof(int) || type == typeof(uint) || type == typeof(long) || type == typeof(ulong)
                ? ColumnType.Integer
                : null;
    }

    private Dictionary<string, VotableField> Described()
    {
        var fields = new Dictionary<string, VotableField>(StringComparer.Ordinal);
        if (!_reader.CustomMetadata.TryGetValue(ParquetMetadata.ContentKey, out string? votable))
            return fields;
        foreach (var field in VotableCatalogueReader.FieldsOf(new MemoryStream(Encoding.UTF8.GetBytes(votable)), $"{Path}, metadata {ParquetMetadata.ContentKey}"))
            fields.TryAdd(field.Name, field);
        return fields;
    }

    /// <summary>The library throws whatever its code meets in a damaged file; all of it means that.</summary>
    private T Guard<T>(string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not (RadioDiffusionException or OperationCanceledException))
        {
            throw new RadioDiffusionException($"{Path} is a damaged Parquet file: {what} cannot be read: {error.Message}", error);
        }
    }
}
