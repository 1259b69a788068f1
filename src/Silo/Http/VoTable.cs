using System.Globalization;
using System.Text;
using System.Xml;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace RadioDiffusion.Silo.Http;

/// <summary>A column of an answer.</summary>
/// <param name="Name">As the standard has it.</param>
/// <param name="Type">VOTable's: char, double, int, long.</param>
/// <param name="Ucd">What it is, in the words of the IVOA.</param>
/// <param name="Unit">Null for none.</param>
/// <param name="Description">A sentence.</param>
/// <param name="Utype">Its role in a data model; null for none.</param>
/// <param name="Xtype">How its text is to be read; null for plain.</param>
internal sealed record VoField(string Name, string Type, string Ucd, string? Unit, string Description, string? Utype = null, string? Xtype = null);

/// <summary>The answers of the services of the Virtual Observatory: VOTable 1.4, one table of which all is in memory, or what was wrong with the question.</summary>
internal static class VoTable
{
    public const string MediaType = "application/x-votable+xml";

    private const string Namespace = "http://www.ivoa.net/xml/VOTable/v1.3";        // of 1.3 and 1.4

    /// <param name="fields">The columns.</param>
    /// <param name="rows">A value for each column: text, a number, or null for none.</param>
    /// <param name="infos">Names, values and texts of INFO elements before the table.</param>
    /// <param name="overflow">Whether there are more rows than were sent.</param>
    public static IResult Table(IReadOnlyList<VoField> fields, IEnumerable<object?[]> rows, IReadOnlyList<(string Name, string Value, string Text)> infos, bool overflow) => Answer(StatusCodes.Status200OK, xml =>
    {
        foreach (var (name, value, text) in infos)
            Info(xml, name, value, text);
        xml.WriteStartElement("TABLE", Namespace);
        foreach (var field in fields)
            Field(xml, field);
        xml.WriteStartElement("DATA", Namespace);
        xml.WriteStartElement("TABLEDATA", Namespace);
        foreach (object?[] row in rows)
        {
            xml.WriteStartElement("TR", Namespace);
            foreach (object? value in row)
                xml.WriteElementString("TD", Namespace, Text(value));
            xml.WriteEndElement();
        }
        xml.WriteEndElement();
        xml.WriteEndElement();
        xml.WriteEndElement();
        if (overflow)
            Info(xml, "QUERY_STATUS", "OVERFLOW", "There is more than was sent.");   // DALI: after the table
    });

    /// <summary>What was wrong, in the one element that the standard of the service looks for.</summary>
    public static IResult Error(int status, string name, string value, string text) => Answer(status, xml => Info(xml, name, value, text));

    private static Utf8ContentHttpResult Answer(int status, Action<XmlWriter> content)
    {
        using var bytes = new MemoryStream();
        using (var xml = XmlWriter.Create(bytes, new XmlWriterSettings { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), Indent = true, NewLineChars = "\n", CheckCharacters = false }))
        {
            xml.WriteStartElement("VOTABLE", Namespace);
            xml.WriteAttributeString("version", "1.4");
            xml.WriteStartElement("RESOURCE", Namespace);
            xml.WriteAttributeString("type", "results");
            content(xml);
            xml.WriteEndDocument();
        }
        return TypedResults.Text(bytes.ToArray(), MediaType, status);
    }

    private static void Info(XmlWriter xml, string name, string value, string text)
    {
        xml.WriteStartElement("INFO", Namespace);
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("value", Clean(value));
        xml.WriteString(Clean(text));
        xml.WriteEndElement();
    }

    private static void Field(XmlWriter xml, VoField field)
    {
        xml.WriteStartElement("FIELD", Namespace);
        xml.WriteAttributeString("name", field.Name);
        xml.WriteAttributeString("ID", field.Name);
        xml.WriteAttributeString("datatype", field.Type);
        if (field.Type == "char")
            xml.WriteAttributeString("arraysize", "*");
        xml.WriteAttributeString("ucd", field.Ucd);
        if (field.Unit != null)
            xml.WriteAttributeString("unit", field.Unit);
        if (field.Utype != null)
            xml.WriteAttributeString("utype", field.Utype);
        if (field.Xtype != null)
            xml.WriteAttributeString("xtype", field.Xtype);
        xml.WriteElementString("DESCRIPTION", Namespace, field.Description);
        xml.WriteEndElement();
    }

    private static string Text(object? value) => value switch
    {
        null => "",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Clean(Convert.ToString(value, CultureInfo.InvariantCulture)!),
    };

    /// <summary>What somebody has sent may have characters that XML cannot hold.</summary>
    private static string Clean(string text) => string.Concat(text.Select(c => XmlConvert.IsXmlChar(c) ? c : '?'));
}
