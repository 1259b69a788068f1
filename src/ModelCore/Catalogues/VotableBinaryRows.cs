using System.Buffers.Binary;
using System.Text;
using System.Xml;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>BINARY and BINARY2: the rows as big-endian bytes, in base64.</summary>
/// <remarks>VOTable 1.4, sections 5.3 and 5.4. In BINARY2 a row begins with a bit for each field that is set where there is no value.</remarks>
internal sealed class VotableBinaryRows : IVotableRows
{
    private const int LongestCell = 16 << 20;
    private readonly XmlReader _reader;
    private readonly IReadOnlyList<VotableField> _fields;
    private readonly long?[] _nulls;
    private readonly string _path;
    private readonly byte[] _mask;
    private readonly byte[] _buffer = new byte[1 << 16];
    private byte[] _cell = new byte[64];
    private int _position;
    private int _length;
    private bool _atEnd;
    private long _row;

    public VotableBinaryRows(XmlReader reader, IReadOnlyList<VotableField> fields, string path, bool hasNullMask)
    {
        (_reader, _fields, _path) = (reader, fields, path);
        _mask = new byte[hasNullMask ? (fields.Count + 7) / 8 : 0];
        _nulls = [.. fields.Select(field => long.TryParse(field.Null, out long none) ? none : (long?)null)];
        string element = reader.LocalName;
        while (reader.Read() && !(reader is { NodeType: XmlNodeType.Element, LocalName: "STREAM" }))
        {
            if (reader.NodeType is XmlNodeType.Element or XmlNodeType.EndElement)
                throw VotableText.Wrong(path, reader, $"{element} should hold a STREAM, but it holds {reader.LocalName}");
        }
        if (reader.GetAttribute("href") is { } elsewhere)
            throw VotableText.Wrong(path, reader, $"the STREAM should hold the rows, but it refers to '{elsewhere}': save the table with its data within");
        if (reader.GetAttribute("encoding") is not "base64" and var encoding)
            throw VotableText.Wrong(path, reader, $"encoding of STREAM should be base64, but it is '{encoding}'");
        _atEnd = reader.IsEmptyElement;
    }

    public bool Read(ColumnValues?[] wanted)
    {
        if (!HasMore())
            return false;
        if (_mask.Length > 0)
            Take(_mask.Length, "the mask of missing values").CopyTo(_mask);
        for (int i = 0; i < _fields.Count; i++)
            ReadCell(i, wanted[i], _mask.Length > 0 && (_mask[i / 8] & (0x80 >> (i % 8))) != 0);
        _row++;
        return true;
    }

    private void ReadCell(int index, ColumnValues? values, bool missing)
    {
        var field = _fields[index];
        long elements = field.FixedLength;
        if (field.IsVariable)
        {
            int count = BinaryPrimitives.ReadInt32BigEndian(Take(4, field.Name));
            elements = count >= 0 ? elements * count : throw Wrong($"the length of field '{field.Name}' should not be negative, but it is {count}");
        }
        long length = field.LengthOf(elements);
        if (values == null)
        {
            Skip(length, field.Name);
            return;
        }
        if (length > LongestCell)
            throw Wrong($"field '{field.Name}' should have at most {LongestCell} bytes, but it announces {length}");
        var cell = Take((int)length, field.Name);
        switch (values)
        {
            case TextValues texts:
                AddText(texts, field, missing ? default : cell);
                break;
            case IntegerValues integers:
                long value = Integer(field, cell);
                if (missing || value == _nulls[index])
                    integers.AddMissing();
                else
                    integers.Add(value);
                break;
            case NumberValues numbers:
                numbers.Add(missing ? double.NaN : Number(field, cell));
                break;
        }
    }

    private static void AddText(TextValues texts, VotableField field, ReadOnlySpan<byte> cell)
    {
        if (field.DataType == "unicodeChar")
        {
            string text = Encoding.BigEndianUnicode.GetString(cell);
            int end = text.IndexOf('\0', StringComparison.Ordinal);
            texts.Add(end < 0 ? text : text[..end]);
            return;
        }
        int zero = cell.IndexOf((byte)0);
        texts.Add(zero < 0 ? cell : cell[..zero]);
    }

    private static long Integer(VotableField field, ReadOnlySpan<byte> cell) => field.DataType switch
    {
        "unsignedByte" => cell[0],
        "short" => BinaryPrimitives.ReadInt16BigEndian(cell),
        "int" => BinaryPrimitives.ReadInt32BigEndian(cell),
        _ => BinaryPrimitives.ReadInt64BigEndian(cell),
    };

    private static double Number(VotableField field, ReadOnlySpan<byte> cell) => field.DataType switch
    {
        "double" => BinaryPrimitives.ReadDoubleBigEndian(cell),
        "float" => BinaryPrimitives.ReadSingleBigEndian(cell),
        "bit" => cell[0] != 0 ? 1 : 0,                   // the highest bit by the standard, but astropy 5 writes 0x08
        _ => cell[0] switch
        {
            (byte)'T' or (byte)'t' or (byte)'1' => 1,
            (byte)'F' or (byte)'f' or (byte)'0' => 0,
            _ => double.NaN,
        },
    };

    private bool HasMore() => _position < _length || Fill();

    private void Skip(long count, string what)
    {
        while (count > 0)
        {
            if (!HasMore())
                throw CutOff(what);
            int step = (int)Math.Min(count, _length - _position);
            _position += step;
            count -= step;
        }
    }

    /// <summary>The next bytes, in the buffer or put together; the room grows only as bytes arrive.</summary>
    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if (_length - _position >= count)
        {
            _position += count;
            return _buffer.AsSpan(_position - count, count);
        }
        int have = 0;
        while (have < count)
        {
            if (!HasMore())
                throw CutOff(what);
            int step = Math.Min(count - have, _length - _position);
            if (have + step > _cell.Length)
                Array.Resize(ref _cell, Math.Max(_cell.Length * 2, have + step));
            _buffer.AsSpan(_position, step).CopyTo(_cell.AsSpan(have));
            _position += step;
            have += step;
        }
        return _cell.AsSpan(0, count);
    }

    private bool Fill()
    {
        if (_atEnd)
            return false;
        _position = 0;
        _length = _reader.ReadElementContentAsBase64(_buffer, 0, _buffer.Length);
        _atEnd = _length == 0;
        return !_atEnd;
    }

    private RadioDiffusionException CutOff(string what) => Wrong($"the STREAM ends within '{what}'");

    private RadioDiffusionException Wrong(string what) => VotableText.Wrong(_path, _reader, $"row {_row + 1}: {what}");
}
