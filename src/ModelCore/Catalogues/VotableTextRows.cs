using System.Buffers;
using System.Text;
using System.Xml;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>TABLEDATA: a TR for each row, in it a TD for each field.</summary>
/// <remarks>VOTable 1.4, section 5.1. An empty TD is no value.</remarks>
internal sealed class VotableTextRows(XmlReader reader, IReadOnlyList<VotableField> fields, string path) : IVotableRows
{
    private const int LongestCell = 1 << 20;
    private readonly ArrayBufferWriter<byte> _cell = new(256);
    private readonly byte[]?[] _nulls = [.. fields.Select(field => field.Null is { } text ? Encoding.UTF8.GetBytes(text) : null)];
    private readonly char[] _letters = new char[256];
    private readonly bool _isEmpty = reader.IsEmptyElement;
    private long _row;

    public bool Read(ColumnValues?[] wanted)
    {
        if (_isEmpty || !NextElement("TR", "TABLEDATA"))
            return false;
        int cells = 0;
        if (!reader.IsEmptyElement)
        {
            while (NextElement("TD", "TR"))
            {
                if (cells == wanted.Length)
                    throw WrongCount($"more than {cells}");
                Add(wanted[cells], cells);
                cells++;
            }
        }
        if (cells != wanted.Length)
            throw WrongCount($"{cells}");
        _row++;
        return true;
    }

    private RadioDiffusionException WrongCount(string found) =>
        VotableText.Wrong(path, reader, $"TR {_row + 1} should have {fields.Count} TD, one for each FIELD, but it has {found}");

    private void Add(ColumnValues? values, int field)
    {
        _cell.ResetWrittenCount();
        if (!reader.IsEmptyElement)
            ReadText(values != null);
        if (values == null)
            return;
        var cell = _cell.WrittenSpan;
        if (values is IntegerValues integers && _nulls[field] is { } none && CellText.Trim(cell).SequenceEqual(none))
            integers.AddMissing();
        else if (values is IntegerValues hexadecimal && CellText.Trim(cell) is [(byte)'0', (byte)'x', .. var digits] && long.TryParse(digits, System.Globalization.NumberStyles.HexNumber, null, out long number))
            hexadecimal.Add(number);
        else if (values is NumberValues { Column.Type: ColumnType.Boolean } truths && CellText.Trim(cell) is [(byte)'?'])
            truths.Add(double.NaN);
        else if (!CellText.TryAdd(values, cell))
            throw VotableText.Wrong(path, reader, $"TD {field + 1} ('{fields[field].Name}') of TR {_row + 1} should be {CellText.Name(values.Column.Type)}, but it is '{Encoding.UTF8.GetString(cell)}'");
    }

    /// <summary>The text up to the element's end, as UTF-8.</summary>
    private void ReadText(bool wanted)
    {
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            if (reader.NodeType == XmlNodeType.Element)
                throw VotableText.Wrong(path, reader, $"a TD should hold text only, but it holds an element {reader.LocalName}");
            if (!wanted)
                continue;
            int count;
            while ((count = reader.ReadValueChunk(_letters, 0, _letters.Length)) > 0)
            {
                _cell.Advance(Encoding.UTF8.GetBytes(_letters.AsSpan(0, count), _cell.GetSpan(count * 3)));
                if (_cell.WrittenCount > LongestCell)
                    throw VotableText.Wrong(path, reader, $"a TD should have at most {LongestCell} bytes, but this one is longer");
            }
        }
    }

    /// <summary>Goes to the next such element; false at the end of the one around.</summary>
    private bool NextElement(string name, string around)
    {
        while (reader.Read())
        {
            if (reader.NodeType == XmlNodeType.EndElement && reader.LocalName == around)
                return false;
            if (reader.NodeType != XmlNodeType.Element)
                continue;
            return reader.LocalName == name ? true : throw VotableText.Wrong(path, reader, $"{around} should hold {name} only, but it holds {reader.LocalName}");
        }
        throw VotableText.Wrong(path, reader, $"{around} should be closed, but the file ends first");
    }
}
