using System.Globalization;
using System.Xml;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Reads the first TABLE with DATA of a VOTable: TABLEDATA, BINARY or BINARY2.</summary>
/// <remarks>VOTable 1.1 to 1.4 (IVOA Recommendation, 2019). Streams elsewhere (href) and FITS within VOTable are refused.</remarks>
internal sealed class VotableCatalogueReader : CatalogueReader
{
    private readonly List<VotableField> _fields;

    public VotableCatalogueReader(string path)
        : base(path)
    {
        (_fields, RowCount) = VotableText.Guard(path, () =>
        {
            using var reader = VotableText.Open(CatalogueFormats.OpenStream(path));
            return FindData(reader, path);
        });
        SetColumns(_fields.Select(Column).OfType<CatalogueColumn>(), _fields.Where(field => field.Type == null).Select(field => $"{field.Name}: holds several values of type {field.DataType} in a row, one number or text is expected"));
    }

    public override CatalogueFormat Format => CatalogueFormat.Votable;

    public override long? RowCount { get; }

    /// <summary>The fields of a VOTable that lies in another file, such as the one in Parquet files by the VOParquet convention.</summary>
    public static List<VotableField> FieldsOf(Stream stream, string path) => VotableText.Guard(path, () =>
    {
        using var reader = VotableText.Open(stream);
        var fields = new List<VotableField>();
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "FIELD" })
                fields.Add(VotableField.Read(reader, fields.Count, path));
        }
        return fields;
    });

    public override IEnumerable<CatalogueBatch> Read(IReadOnlyList<CatalogueColumn> columns, CancellationToken cancellationToken = default)
    {
        using var reader = VotableText.Open(CatalogueFormats.OpenStream(Path));
        var rows = VotableText.Guard(Path, () =>
        {
            FindData(reader, Path);
            return Rows(reader);
        });
        var place = new ColumnValues?[_fields.Count];
        long first = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var values = Room(columns, first == 0 ? 256 : BatchRows);
            foreach (var column in values)
                place[column.Column.Position] = column;
            int count = VotableText.Guard(Path, () => Fill(rows, place));
            if (count > 0)
                yield return new CatalogueBatch(first, values);
            first += count;
            if (count < BatchRows)
                break;
        }
        if (RowCount is { } announced && announced != first)
            throw new RadioDiffusionException($"{Path}: the TABLE announces {announced} rows (nrows), but it has {first}: is it cut off?");
    }

    private static int Fill(IVotableRows rows, ColumnValues?[] place)
    {
        int count = 0;
        while (count < BatchRows && rows.Read(place))
            count++;
        return count;
    }

    private IVotableRows Rows(XmlReader reader)
    {
        while (reader.NodeType != XmlNodeType.EndElement || reader.LocalName != "DATA")
        {
            if (!reader.Read())
                break;
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            switch (reader.LocalName)
            {
                case "TABLEDATA":
                    return new VotableTextRows(reader, _fields, Path);
                case "BINARY" or "BINARY2":
                    return new VotableBinaryRows(reader, _fields, Path, hasNullMask: reader.LocalName == "BINARY2");
                default:
                    throw VotableText.Wrong(Path, reader, $"DATA should hold TABLEDATA, BINARY or BINARY2, but it holds {reader.LocalName}: save the table in one of these, or use the {reader.LocalName} file itself");
            }
        }
        throw VotableText.Wrong(Path, reader, "DATA should hold TABLEDATA, BINARY or BINARY2, but it is empty");
    }

    private static CatalogueColumn? Column(VotableField field, int position) =>
        field.Type is { } type ? new CatalogueColumn(field.Name, type) { Unit = field.Unit, Description = field.Description, Position = position } : null;

    /// <summary>Goes to the first DATA element; the fields of its table, and its nrows.</summary>
    private static (List<VotableField> Fields, long? Rows) FindData(XmlReader reader, string path)
    {
        var fields = new List<VotableField>();
        long? rows = null;
        if (reader.MoveToContent() != XmlNodeType.Element || reader.LocalName != "VOTABLE")
            throw VotableText.Wrong(path, reader, $"the first element should be VOTABLE, but it is {reader.LocalName}");
        while (reader.Read())
        {
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            switch (reader.LocalName)
            {
                case "TABLE":
                    fields.Clear();
                    rows = long.TryParse(reader.GetAttribute("nrows"), NumberStyles.None, CultureInfo.InvariantCulture, out long count) ? count : null;
                    break;
                case "FIELD":
                    fields.Add(VotableField.Read(reader, fields.Count, path));
                    break;
                case "DATA" when fields.Count == 0:
                    throw VotableText.Wrong(path, reader, "a TABLE with DATA should have FIELD elements before it, but it has none");
                case "DATA":
                    return (fields, rows);
                case "INFO" when reader.GetAttribute("name") == "QUERY_STATUS" && reader.GetAttribute("value") == "ERROR":
                    throw VotableText.Wrong(path, reader, $"the server answered with an error instead of a table: {reader.ReadElementContentAsString().Trim()}");
            }
        }
        throw new RadioDiffusionException($"{path} should hold a TABLE with DATA, but there is none in this VOTable.");
    }
}

/// <summary>The rows of a VOTable, however they are stored.</summary>
internal interface IVotableRows
{
    /// <summary>Adds the cells of the next row to the columns that are wanted; false at the end.</summary>
    bool Read(ColumnValues?[] wanted);
}
