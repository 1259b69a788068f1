using System.Text;
using System.Xml;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Writes VOTable 1.4 with TABLEDATA.</summary>
internal sealed class VotableCatalogueWriter : CatalogueWriter
{
    private readonly XmlWriter _xml;

    public VotableCatalogueWriter(string path, IReadOnlyList<CatalogueColumn> columns)
        : base(path, columns)
    {
        _xml = XmlWriter.Create(Stream, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CloseOutput = false, NewLineChars = "\n" });
        try
        {
            BeginTable(_xml, columns);
        }
        catch (ArgumentException error)
        {
            base.Dispose(true);
            throw new RadioDiffusionException($"{path}: a column's name, unit or description holds a character that XML cannot hold: {error.Message}", error);
        }
        _xml.WriteStartElement("DATA");
        _xml.WriteStartElement("TABLEDATA");
        _xml.WriteString("\n");
    }

    /// <summary>The columns alone, as a VOTable without data.</summary>
    public static string Describe(IReadOnlyList<CatalogueColumn> columns)
    {
        var text = new StringBuilder();
        using (var xml = XmlWriter.Create(text, new XmlWriterSettings { OmitXmlDeclaration = true }))
        {
            BeginTable(xml, columns);
            xml.WriteEndDocument();
        }
        return text.ToString();
    }

    private protected override void WriteRows(CatalogueBatch batch)
    {
        for (int row = 0; row < batch.RowCount; row++)
        {
            _xml.WriteStartElement("TR");
            foreach (var values in batch.Columns)
                WriteCell(values, row, batch.FirstRow + row);
            _xml.WriteEndElement();
            _xml.WriteString("\n");
        }
    }

    private protected override void End()
    {
        _xml.WriteEndDocument();
        _xml.Flush();
    }

    protected override void Dispose(bool disposing)
    {
        try
        {
            if (Stream.CanWrite)
                _xml.Dispose();
        }
        finally
        {
            base.Dispose(disposing);
        }
    }

    private static void BeginTable(XmlWriter xml, IReadOnlyList<CatalogueColumn> columns)
    {
        xml.WriteStartElement("VOTABLE", "http://www.ivoa.net/xml/VOTable/v1.3");       // the namespace of 1.3 and 1.4
        xml.WriteAttributeString("version", "1.4");
        xml.WriteStartElement("RESOURCE");
        xml.WriteAttributeString("type", "results");
        xml.WriteStartElement("TABLE");
        foreach (var column in columns)
        {
            xml.WriteStartElement("FIELD");
            xml.WriteAttributeString("name", column.Name);
            xml.WriteAttributeString("datatype", TypeName(column.Type));
            if (column.Type == ColumnType.Text)
                xml.WriteAttributeString("arraysize", "*");
            if (column.Unit is { } unit)
                xml.WriteAttributeString("unit", unit);
            if (column.Description is { } description)
                xml.WriteElementString("DESCRIPTION", description);
            xml.WriteEndElement();
        }
    }

    private static string TypeName(ColumnType type) => type switch
    {
        ColumnType.Double => "double",
        ColumnType.Single => "float",
        ColumnType.Integer => "long",
        ColumnType.Boolean => "boolean",
        _ => "unicodeChar",
    };

    private void WriteCell(ColumnValues values, int row, long number)
    {
        _xml.WriteStartElement("TD");
        try
        {
            _xml.WriteString(values is NumberValues numbers ? Number(numbers, row) : values.Text(row));
        }
        catch (ArgumentException error)
        {
            throw new RadioDiffusionException($"{Path}, row {number}: column '{values.Column.Name}' holds a character that XML cannot hold: {error.Message}", error);
        }
        _xml.WriteEndElement();
    }

    /// <summary>NaN, +Inf and -Inf, as section 2.1 of VOTable spells them; an unknown truth value is empty.</summary>
    private static string Number(NumberValues values, int row) => values.Number(row) switch
    {
        _ when values.Column.Type == ColumnType.Boolean => values.Text(row),
        double.NaN => "NaN",
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => values.Text(row),
    };
}
