using System.Globalization;
using System.Xml;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>A FIELD of a VOTable: what a column holds and how it is stored.</summary>
/// <remarks>VOTable 1.4, section 2.1 (datatypes), 2.2 (arraysize) and 4.7 (VALUES null).</remarks>
internal sealed record VotableField
{
    public required string Name { get; init; }

    public required string DataType { get; init; }

    /// <summary>Elements in a cell, as far as they are fixed.</summary>
    public required long FixedLength { get; init; }

    /// <summary>Whether the number of elements stands before each cell in BINARY.</summary>
    public required bool IsVariable { get; init; }

    public required bool IsArray { get; init; }

    /// <summary>An array of texts, or of numbers of several dimensions.</summary>
    public required bool IsMultidimensional { get; init; }

    public string? Unit { get; init; }

    public string? Description { get; init; }

    /// <summary>The number that stands for no value, of a column of whole numbers.</summary>
    public string? Null { get; init; }

    public bool IsText => DataType is "char" or "unicodeChar";

    /// <summary>Null for what is no single value.</summary>
    public ColumnType? Type => DataType switch
    {
        "char" or "unicodeChar" => IsMultidimensional ? null : ColumnType.Text,
        _ when IsArray => null,
        "boolean" or "bit" => ColumnType.Boolean,
        "unsignedByte" or "short" or "int" or "long" => ColumnType.Integer,
        "float" => ColumnType.Single,
        "double" => ColumnType.Double,
        _ => null,
    };

    /// <summary>Bytes of an element in BINARY; 0 for bits, eight of which share one.</summary>
    public int ElementLength => DataType switch
    {
        "bit" => 0,
        "boolean" or "unsignedByte" or "char" => 1,
        "short" or "unicodeChar" => 2,
        "int" or "float" => 4,
        "long" or "double" or "floatComplex" => 8,
        _ => 16,
    };

    /// <summary>Bytes of so many elements in BINARY.</summary>
    public long LengthOf(long elements) => ElementLength == 0 ? (elements + 7) / 8 : checked(elements * ElementLength);

    /// <summary>Reads a FIELD element, up to its end.</summary>
    public static VotableField Read(XmlReader reader, int index, string path)
    {
        string? arraySize = reader.GetAttribute("arraysize")?.Trim();
        string name = reader.GetAttribute("name") ?? reader.GetAttribute("ID") ?? $"column {index + 1}";
        string type = reader.GetAttribute("datatype") ?? "";
        if (type is not ("boolean" or "bit" or "unsignedByte" or "short" or "int" or "long" or "char" or "unicodeChar" or "float" or "double" or "floatComplex" or "doubleComplex"))
        {
            throw VotableText.Wrong(path, reader,
                $"datatype of FIELD '{name}' should be boolean, bit, unsignedByte, short, int, long, char, unicodeChar, float, double, floatComplex or doubleComplex, but it is '{type}'");
        }
        var (length, variable) = Lengths(reader, arraySize, name, path);
        string? unit = reader.GetAttribute("unit");
        var (description, noValue) = Children(reader);
        return new VotableField
        {
            Name = name,
            DataType = type,
            FixedLength = length,
            IsVariable = variable,
            IsArray = !string.IsNullOrEmpty(arraySize) && arraySize != "1",
            IsMultidimensional = arraySize != null && arraySize.Contains('x', StringComparison.Ordinal),
            Unit = string.IsNullOrWhiteSpace(unit) ? null : unit.Trim(),
            Description = description,
            Null = string.IsNullOrEmpty(noValue) ? null : noValue,
        };
    }

    /// <summary>arraysize: numbers with x between; the last may be * (any number) or end with * (at most so many).</summary>
    private static (long Length, bool Variable) Lengths(XmlReader reader, string? arraySize, string name, string path)
    {
        if (string.IsNullOrEmpty(arraySize))
            return (1, false);
        string[] parts = arraySize.Split('x');
        bool variable = parts[^1].EndsWith('*');
        long length = 1;
        for (int i = 0; i < parts.Length - (variable ? 1 : 0); i++)
        {
            if (!int.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out int part) || (length *= part) > int.MaxValue)
                throw VotableText.Wrong(path, reader, $"arraysize of FIELD '{name}' should be numbers with x between them, the last of which may be or end with *, but it is '{arraySize}'");
        }
        return (length, variable);
    }

    private static (string? Description, string? Null) Children(XmlReader reader)
    {
        string? description = null, noValue = null;
        if (reader.IsEmptyElement)
            return (null, null);
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "VALUES")
                noValue = reader.GetAttribute("null") ?? noValue;
            else if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "DESCRIPTION" && !reader.IsEmptyElement)
                description = Text(reader);
        }
        return (description, noValue);
    }

    private static string Text(XmlReader reader)
    {
        int depth = reader.Depth;
        var text = new System.Text.StringBuilder();
        while (reader.Read() && reader.Depth > depth)
            text.Append(reader.Value);
        return string.Join(' ', text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
