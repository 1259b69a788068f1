using Parquet;
using Parquet.Schema;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Writes Parquet: a row group for each batch, units and descriptions as VOParquet has them.</summary>
/// <remarks>IVOA note "Parquet in the VO". The library is asynchronous, but all that it waits for here is a local file.</remarks>
internal sealed class ParquetCatalogueWriter : CatalogueWriter
{
    private readonly DataField[] _fields;
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
        if (batch.RowCount == 0)
            return;
        using var group = _writer.CreateRowGroup();
        for (int i = 0; i < _fields.Length; i++)
            WriteColumn(group, _fields[i], batch.Columns[i]).GetAwaiter().GetResult();
        group.CompleteValidate();
    }

    private protected override void End()
    {
        _ended = true;
        _writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        if (Stream.Length == 0)
            throw new RadioDiffusionException($"{Path}: nothing was written.");
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

    private static Task WriteColumn(ParquetRowGroupWriter group, DataField field, ColumnValues values)
    {
        switch (values)
        {
            case IntegerValues integers:
                long?[] whole = new long?[values.Count];
                for (int row = 0; row < whole.Length; row++)
                    whole[row] = integers.IsMissing(row) ? null : integers.Values[row];
                return group.WriteAsync<long>(field, whole.AsMemory());
            case NumberValues { Column.Type: ColumnType.Boolean } truths:
                bool?[] known = new bool?[values.Count];
                for (int row = 0; row < known.Length; row++)
                    known[row] = truths.IsMissing(row) ? null : truths.Number(row) != 0;
                return group.WriteAsync<bool>(field, known.AsMemory());
            case NumberValues { Column.Type: ColumnType.Single } numbers:
                float[] singles = new float[values.Count];
                for (int row = 0; row < singles.Length; row++)
                    singles[row] = (float)numbers.Number(row);
                return group.WriteAsync<float>(field, singles.AsMemory());
            case NumberValues numbers:
                return group.WriteAsync<double>(field, numbers.Values.ToArray().AsMemory());
            default:
                string[] texts = new string[values.Count];
                for (int row = 0; row < texts.Length; row++)
                    texts[row] = values.Text(row);
                return group.WriteAsync(field, texts);
        }
    }
}
