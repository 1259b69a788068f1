using Parquet;
using Parquet.Schema;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Writes Parquet: row groups of some 100,000 rows, units and descriptions as VOParquet has them.</summary>
/// <remarks>IVOA note "Parquet in the VO". The library is asynchronous, but all that it waits for here is a local file.</remarks>
internal sealed class ParquetCatalogueWriter : CatalogueWriter
{
    private const int RowsInGroup = 100_000;
    private readonly DataField[] _fields;
    private readonly List<CatalogueBatch> _waiting = [];
    private int _rowsWaiting;
    private readonly ParquetWriter _writer;
    private bool _ended;

    public ParquetCatalogueWriter(string path, IReadOnlyList<CatalogueColumn> columns)
        : base(path, columns)
    {
        _fields = [.. columns.Select(Field)];
        _writer = ParquetWriter.CreateAsync(new ParquetSchema(_fields), Stream, new ParquetOptions()).GetAwaiter().GetResult();
        _writer.CustomMetadata = new Dictionary<string, string>
        {
            [ParquetMetadata.VersionKey] = ParquetMetadata.Version,
            [ParquetMetadata.ContentKey] = VotableCatalogueWriter.Describe(columns),
        };
    }

    private protected override void WriteRows(CatalogueBatch batch)
    {
        _waiting.Add(batch);
        _rowsWaiting += batch.RowCount;
        if (_rowsWaiting >= RowsInGroup)
            WriteGroup();
    }

    private void WriteGroup()
    {
        if (_rowsWaiting == 0)
            return;
        using var group = _writer.CreateRowGroup();
        for (int i = 0; i < _fields.Length; i++)
            WriteColumn(group, _fields[i], Columns[i].Type, i).GetAwaiter().GetResult();
        group.CompleteValidate();
        _waiting.Clear();
        _rowsWaiting = 0;
    }

    private protected override void End()
    {
        WriteGroup();
        _ended = true;
        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    protected override void Dispose(bool disposing)
    {
        if (!_ended && Stream.CanWrite)
            _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        base.Dispose(disposing);
    }

    private static DataField Field(CatalogueColumn column) => column.Type switch
    {
        ColumnType.Double => new DataField<double>(column.Name),
        ColumnType.Single => new DataField<float>(column.Name),
        ColumnType.Integer => new DataField(column.Name, typeof(long), isNullable: true),
        ColumnType.Boolean => new DataField(column.Name, typeof(bool), isNullable: true),
        _ => new DataField<string>(column.Name),
    };

    private Task WriteColumn(ParquetRowGroupWriter group, DataField field, ColumnType type, int column) => type switch
    {
        ColumnType.Integer => group.WriteAsync<long>(field, Joined<long?>(column, (values, row) => values.IsMissing(row) ? null : ((IntegerValues)values).Values[row])),
        ColumnType.Boolean => group.WriteAsync<bool>(field, Joined<bool?>(column, (values, row) => values.IsMissing(row) ? null : values.Number(row) != 0)),
        ColumnType.Single => group.WriteAsync<float>(field, Joined(column, (values, row) => (float)values.Number(row))),
        ColumnType.Double => group.WriteAsync<double>(field, Joined(column, (values, row) => values.Number(row))),
        _ => group.WriteAsync(field, Joined(column, (values, row) => values.Text(row))),
    };

    private T[] Joined<T>(int column, Func<ColumnValues, int, T> value)
    {
        var joined = new T[_rowsWaiting];
        int next = 0;
        foreach (var batch in _waiting)
        {
            for (int row = 0; row < batch.RowCount; row++)
                joined[next++] = value(batch.Columns[column], row);
        }
        return joined;
    }
}
