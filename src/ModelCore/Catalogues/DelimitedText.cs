using System.Text;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Records of delimited text, one at a time, with the line where each begins.</summary>
/// <remarks>As RFC 4180: a field may stand in quotes, quotes within are doubled, and a quoted field may run over lines. Blank lines are skipped.</remarks>
internal sealed class DelimitedText : IDisposable
{
    /// <summary>The delimiter that stands for any run of blanks and tabs.</summary>
    public const byte Blanks = (byte)' ';

    /// <summary>A longer record is a quote that nobody closed, or no text table.</summary>
    private const int LongestRecord = 16 << 20;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly List<(int Start, int Length, bool Unquoted)> _fields = [];
    private byte[] _buffer = new byte[1 << 16];
    private byte[] _unquoted = new byte[256];
    private int _unquotedLength;
    private int _position;
    private int _length;
    private bool _atEnd;
    private long _nextLine = 1;

    public DelimitedText(Stream stream, string path, byte delimiter = (byte)',')
    {
        _stream = stream;
        _path = path;
        Delimiter = delimiter;
        FillUpTo(3);
        if (Waiting.StartsWith("\ufeff"u8))
            _position = 3;
    }

    private enum Outcome
    {
        Record,
        NeedsMore,
        End,
    }

    public byte Delimiter { get; set; }

    /// <summary>The line where the record begins, from 1.</summary>
    public long Line { get; private set; }

    public int FieldCount => _fields.Count;

    private ReadOnlySpan<byte> Waiting => _buffer.AsSpan(_position, _length - _position);

    /// <summary>A field of the record, without its quotes.</summary>
    public ReadOnlySpan<byte> Field(int index)
    {
        var (start, length, unquoted) = _fields[index];
        return (unquoted ? _unquoted : _buffer).AsSpan(start, length);
    }

    /// <summary>Goes to the next record.</summary>
    /// <exception cref="RadioDiffusionException">A quote is open at the end, or something follows a closed one.</exception>
    public bool Read()
    {
        while (true)
        {
            switch (Delimiter == Blanks ? ParseBlanks() : Parse())
            {
                case Outcome.End:
                    return false;
                case Outcome.NeedsMore:
                    Fill();
                    break;
                default:
                    if (FieldCount == 1 && Field(0).IsEmpty)
                        break;                                   // a blank line
                    return true;
            }
        }
    }

    /// <summary>Takes the next line as it is if it begins with '#'; blank lines before it are skipped.</summary>
    public bool TryReadComment(out string text)
    {
        text = "";
        FillUpTo(1);
        while (!Waiting.IsEmpty && Waiting[0] is (byte)'\r' or (byte)'\n')
        {
            _nextLine += Waiting[0] == '\n' ? 1 : 0;
            _position++;
            FillUpTo(1);
        }
        if (Waiting.IsEmpty || Waiting[0] != '#')
            return false;
        text = PeekLine();
        int end = Waiting.IndexOf((byte)'\n');
        _position += end < 0 ? Waiting.Length : end + 1;
        _nextLine++;
        return true;
    }

    /// <summary>The next line as it is, without taking it.</summary>
    public string PeekLine()
    {
        int end;
        while ((end = Waiting.IndexOf((byte)'\n')) < 0 && !_atEnd)
            Fill();
        return Encoding.UTF8.GetString(end < 0 ? Waiting : Waiting[..end]).TrimEnd('\r');
    }

    public void Dispose() => _stream.Dispose();

    private Outcome Parse()
    {
        Begin();
        int at = _position, lines = 0;
        if (at == _length)
            return _atEnd ? Outcome.End : Outcome.NeedsMore;
        while (true)
        {
            if (at < _length && _buffer[at] == '"')
            {
                if (!TryUnquote(ref at, ref lines))
                    return Outcome.NeedsMore;
                if (at < _length && _buffer[at] == '\r')
                    at++;
                if (at == _length && !_atEnd)
                    return Outcome.NeedsMore;
            }
            else
            {
                int length = _buffer.AsSpan(at, _length - at).IndexOfAny(Delimiter, (byte)'\n');
                if (length < 0)
                {
                    if (!_atEnd)
                        return Outcome.NeedsMore;
                    length = _length - at;
                }
                bool last = at + length == _length || _buffer[at + length] == '\n';
                _fields.Add((at, last && length > 0 && _buffer[at + length - 1] == '\r' ? length - 1 : length, false));
                at += length;
            }
            if (at == _length)
                return Finish(at, lines);
            if (_buffer[at] == '\n')
                return Finish(at + 1, lines + 1);
            if (_buffer[at] != Delimiter)
                throw Malformed(Line + lines, $"a quoted field should be followed by '{(char)Delimiter}' or the end of the line, but '{(char)_buffer[at]}' follows (a quote within is doubled)");
            at++;
        }
    }

    private Outcome ParseBlanks()
    {
        Begin();
        int at = _position, lines = 0;
        if (at == _length)
            return _atEnd ? Outcome.End : Outcome.NeedsMore;
        while (true)
        {
            while (at < _length && _buffer[at] is (byte)' ' or (byte)'\t' or (byte)'\r')
                at++;
            if (at == _length && !_atEnd)
                return Outcome.NeedsMore;
            if (at == _length || _buffer[at] == '\n')
            {
                if (_fields.Count == 0)
                    _fields.Add((at, 0, false));
                return at == _length ? Finish(at, lines) : Finish(at + 1, lines + 1);
            }
            if (_buffer[at] == '"')
            {
                if (!TryUnquote(ref at, ref lines))
                    return Outcome.NeedsMore;
                continue;
            }
            int length = _buffer.AsSpan(at, _length - at).IndexOfAny(" \t\r\n"u8);
            if (length < 0)
            {
                if (!_atEnd)
                    return Outcome.NeedsMore;
                length = _length - at;
            }
            _fields.Add((at, length, false));
            at += length;
        }
    }

    private void Begin()
    {
        _fields.Clear();
        _unquotedLength = 0;
        Line = _nextLine;
    }

    private Outcome Finish(int position, int lines)
    {
        _position = position;
        _nextLine += lines;
        return Outcome.Record;
    }

    /// <summary>Takes a quoted field that begins at the position; false if the buffer ends first.</summary>
    private bool TryUnquote(ref int at, ref int lines)
    {
        int start = _unquotedLength;
        at++;
        while (true)
        {
            var rest = _buffer.AsSpan(at, _length - at);
            int quote = rest.IndexOf((byte)'"');
            if (quote < 0)
                return _atEnd ? throw Malformed(Line, $"the quote that opens in field {_fields.Count + 1} should be closed, but the file ends first") : false;
            lines += rest[..quote].Count((byte)'\n');
            Append(rest[..quote]);
            at += quote + 1;
            if (at == _length && !_atEnd)
                return false;
            if (at == _length || _buffer[at] != '"')
            {
                _fields.Add((start, _unquotedLength - start, true));
                return true;
            }
            Append("\""u8);
            at++;
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_unquotedLength + bytes.Length > _unquoted.Length)
            Array.Resize(ref _unquoted, Math.Max(_unquoted.Length * 2, _unquotedLength + bytes.Length));
        bytes.CopyTo(_unquoted.AsSpan(_unquotedLength));
        _unquotedLength += bytes.Length;
    }

    private void FillUpTo(int count)
    {
        while (Waiting.Length < count && !_atEnd)
            Fill();
    }

    /// <summary>Moves what waits to the buffer's start, and reads more.</summary>
    private void Fill()
    {
        var waiting = Waiting;
        if (waiting.Length > LongestRecord)
            throw Malformed(_nextLine, $"a row should have at most {LongestRecord} bytes, but this one is longer: is a quote not closed, or is this no table?");
        waiting.CopyTo(_buffer);
        _length = waiting.Length;
        _position = 0;
        if (_length == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            int read = _stream.Read(_buffer, _length, _buffer.Length - _length);
            _length += read;
            _atEnd = read == 0;
        }
        catch (InvalidDataException error)
        {
            throw new RadioDiffusionException($"{_path}: the gzip file is damaged after line {_nextLine}: {error.Message}", error);
        }
    }

    private RadioDiffusionException Malformed(long line, string what) => new($"{_path}, line {line}: {what}.");
}
