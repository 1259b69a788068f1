using System.Buffers;
using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Reads 80-byte cards: values, CONTINUE (long strings), HIERARCH, exponents with D, undefined values.</summary>
internal sealed class FitsHeaderReader
{
    public const int CardLength = 80;
    public const int BlockLength = 2880;

    private const byte FirstPrintable = 0x20, LastPrintable = 0x7e;
    private static readonly SearchValues<byte> _keywordBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ "u8);

    private readonly FitsHeader _header = new();
    private readonly StringBuilder _longText = new();
    private FitsCard? _last;

    /// <summary>Reads cards up to END.</summary>
    /// <param name="bytes">The file from the header's first byte on.</param>
    /// <param name="what">File and HDU, for messages.</param>
    /// <param name="offset">Where the header begins in the file.</param>
    /// <param name="length">The header's length in bytes, with its padding.</param>
    /// <exception cref="FitsException">There is no END card.</exception>
    public static FitsHeader Read(ReadOnlySpan<byte> bytes, string what, long offset, out long length)
    {
        var reader = new FitsHeaderReader();
        for (int position = 0; position + CardLength <= bytes.Length; position += CardLength)
        {
            var card = bytes.Slice(position, CardLength);
            if (!LooksLikeCard(card))
            {
                throw new FitsException($"{what}: the header should consist of printable ASCII, but the card at byte {offset + position} does not"
                    + (position == 0 ? ": this is no FITS file, or it is damaged." : ": is the END card missing?"));
            }
            string text = Text(card);
            string keyword = text[..8].TrimEnd();
            if (keyword == "END" && string.IsNullOrWhiteSpace(text[3..]))
            {
                reader.FinishCard();
                length = Math.Min((position + CardLength + BlockLength - 1) / BlockLength * (long)BlockLength, bytes.Length);
                return reader._header;
            }
            reader.Add(keyword, text);
        }
        throw new FitsException($"{what}: the header that begins at byte {offset} should end with an END card, but the file ends first, after {bytes.Length} bytes.");
    }

    /// <summary>
    /// Printable ASCII; behind a proper keyword other characters are overlooked, because archives have them: the FIRST survey's images have
    /// tabs in their COMMENT cards.
    /// </summary>
    private static bool LooksLikeCard(ReadOnlySpan<byte> card) => !card.ContainsAnyExceptInRange(FirstPrintable, LastPrintable)
        || (card[0] != ' ' && !card[..8].ContainsAnyExcept(_keywordBytes));

    /// <summary>A stray character shows as a question mark: it never makes a number.</summary>
    private static string Text(ReadOnlySpan<byte> card) => string.Create(CardLength, card, (text, bytes) =>
    {
        for (int i = 0; i < text.Length; i++)
            text[i] = bytes[i] is >= FirstPrintable and <= LastPrintable ? (char)bytes[i] : '?';
    });

    private void Add(string keyword, string text)
    {
        if (keyword == "CONTINUE" && _last is { Value: string } && _longText.Length > 0 && _longText[^1] == '&')
        {
            var (more, comment) = ParseValue(text[8..]);
            _longText.Length--;
            _longText.Append(more as string);
            if (comment != null)
                _last = _last with { Comment = string.IsNullOrEmpty(_last.Comment) ? comment : $"{_last.Comment} {comment}" };
            return;
        }
        FinishCard();
        _last = Parse(keyword, text);
        if (_last.Value is string value)
            _longText.Append(value);
    }

    /// <summary>A card is complete when what follows does not continue it.</summary>
    private void FinishCard()
    {
        if (_last != null)
            _header.Append(_last.Value is string ? _last with { Value = _longText.ToString() } : _last);
        _longText.Clear();
        _last = null;
    }

    private static FitsCard Parse(string keyword, string text)
    {
        if (keyword == "HIERARCH" && text.IndexOf('=') is > 9 and int equals)
        {
            var (value, comment) = ParseValue(text[(equals + 1)..]);
            return new FitsCard(text[9..equals].Trim(), value, comment);
        }
        if (text[8] != '=' || text[9] != ' ' || keyword is "COMMENT" or "HISTORY" or "")
            return new FitsCard(keyword, keyword is "COMMENT" or "HISTORY" ? text[8..].TrimEnd() : null, text[8..].TrimEnd());
        var (parsed, remark) = ParseValue(text[10..]);
        return new FitsCard(keyword, parsed, remark);
    }

    private static (object? Value, string? Comment) ParseValue(string text)
    {
        int start = 0;
        while (start < text.Length && text[start] == ' ')
            start++;
        if (start < text.Length && text[start] == '\'')
            return ParseString(text, start);
        int slash = text.IndexOf('/', start);
        string value = (slash < 0 ? text[start..] : text[start..slash]).Trim();
        string? comment = slash < 0 ? null : text[(slash + 1)..].Trim();
        return (ParseNumber(value), comment);
    }

    private static (object? Value, string? Comment) ParseString(string text, int quote)
    {
        var value = new StringBuilder();
        int i = quote + 1;
        for (; i < text.Length; i++)
        {
            if (text[i] != '\'')
                value.Append(text[i]);
            else if (i + 1 < text.Length && text[i + 1] == '\'')
                value.Append(text[i++]);
            else
                break;
        }
        int slash = i < text.Length ? text.IndexOf('/', i) : -1;
        return (value.ToString().TrimEnd(), slash < 0 ? null : text[(slash + 1)..].Trim());
    }

    /// <summary>A number, a truth value, or the text itself if it is neither; NaN and infinity are no numbers in FITS.</summary>
    private static object? ParseNumber(string text)
    {
        if (text.Length == 0)
            return null;
        if (text is "T" or "F")
            return text == "T";
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return whole;
        return FitsNumber.TryParse(text, out double real) ? real : text;
    }
}
