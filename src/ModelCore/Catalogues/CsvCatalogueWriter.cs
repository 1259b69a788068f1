using System.Text;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Writes CSV (RFC 4180) in UTF-8, for ECSV with the comment lines that give types, units and descriptions.</summary>
internal sealed class CsvCatalogueWriter : CatalogueWriter
{
    private readonly StreamWriter _text;

    public CsvCatalogueWriter(string path, IReadOnlyList<CatalogueColumn> columns, CatalogueFormat format)
        : base(path, columns)
    {
        _text = new StreamWriter(Stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
        if (format == CatalogueFormat.Ecsv)
            WriteDescription(columns);
        _text.WriteLine(string.Join(',', columns.Select(column => Quoted(column.Name))));
    }

    private protected override void WriteRows(CatalogueBatch batch)
    {
        for (int row = 0; row < batch.RowCount; row++)
        {
            for (int i = 0; i < batch.Columns.Count; i++)
            {
                if (i > 0)
                    _text.Write(',');
                _text.Write(Quoted(batch.Columns[i].Text(row)));
            }
            if (batch.Columns.Count == 1 && batch.Columns[0].IsMissing(row))
                _text.Write("\"\"");                                 // a blank line would be no row
            _text.WriteLine();
        }
    }

    private protected override void End() => _text.Flush();

    protected override void Dispose(bool disposing)
    {
        if (Stream.CanWrite)
            _text.Dispose();
        base.Dispose(disposing);
    }

    private static string Quoted(string text) =>
        text.AsSpan().IndexOfAny(",\"\n\r") >= 0 || text.StartsWith('#') || text.Trim().Length < text.Length
            ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
            : text;

    private void WriteDescription(IReadOnlyList<CatalogueColumn> columns)
    {
        _text.WriteLine("# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:");
        foreach (var column in columns)
        {
            _text.Write($"# - {{name: {Scalar(column.Name)}");
            if (column.Unit is { } unit)
                _text.Write($", unit: {Scalar(unit)}");
            _text.Write($", datatype: {TypeName(column.Type)}");
            if (column.Description is { } description)
                _text.Write($", description: {Scalar(description)}");
            _text.WriteLine("}");
        }
        _text.WriteLine("# schema: astropy-2.0");
    }

    private static string Scalar(string text) => $"'{string.Join(' ', text.Split('\n', '\r')).Replace("'", "''", StringComparison.Ordinal)}'";

    private static string TypeName(ColumnType type) => type switch
    {
        ColumnType.Double => "float64",
        ColumnType.Single => "float32",
        ColumnType.Integer => "int64",
        ColumnType.Boolean => "bool",
        _ => "string",
    };
}
