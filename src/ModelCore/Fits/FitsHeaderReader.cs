using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Reads 80-byte cards: values, CONTINUE (long strings), HIERARCH, exponents with D, undefined values.</summary>
internal static class FitsHeaderReader
{
    public const int CardLength = 80;
    public const int BlockLength = 2880;

    /// <summary>Reads cards up to END.</summary>
    /// <param name="bytes">The file from the header's first byte on.</param>
    /// <param name="what">File and HDU, for messages.</param>
    /// <param name="offset">Where the header begins in the file.</param>
    /// <param name="length">The header's length in bytes, with its padding.</param>
    /// <exception cref="FitsException">There is no END card.</exception>
    public static FitsHeader Read(ReadOnlySpan<byte> bytes, string what, long offset, out long length)
    {
        var header = new FitsHeader();
        for (int position = 0; position + CardLength <= bytes.Length; position += CardLength)
        {
            var card = bytes.Slice(position, CardLength);
            if (card.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e))
            {
                throw new FitsException($"{what}: the header should consist of printable ASCII, but the card at byte {offset + position} does not"
                    + (position == 0 ? ": this is no FITS file, or it is damaged." : ": is the END card missing?"));
            }
            string text = Encoding.ASCII.GetString(card);
            string keyword = text[..8].TrimEnd();
            if (keyword == "END" && string.IsNullOrWhiteSpace(text[3..]))
            {
                length = Math.Min((position + CardLength + BlockLength - 1) / BlockLength * (long)BlockLength, bytes.Length);
                return header;
            }
            Add(header, keyword, text);
        }
        throw new FitsException($"{what}: the header that begins at byte {offset} should end with an END card, but the file ends first, after {bytes.Length} bytes.");
    }

    private static void Add(FitsHeader header, string keyword, string text)
    {
        if (keyword == "CONTINUE" && header.Cards.Count > 0 && header.Cards[^1] is { Value: string before } last && before.EndsWith('&'))
        {
            var (more, comment) = ParseValue(text[8..]);
            header.ReplaceLast(last with { Value = before[..^1] + (more as string ?? ""), Comment = comment ?? last.Comment });
            return;
        }
        if (keyword == "HIERARCH" && text.IndexOf('=') is > 9 and int equals)
        {
            var (value, comment) = ParseValue(text[(equals + 1)..]);
            header.Append(new FitsCard(text[9..equals].Trim(), value, comment));
            return;
        }
        if (text[8] != '=' || text[9] != ' ' || keyword is "COMMENT" or "HISTORY" or "")
        {
            header.Append(new FitsCard(keyword, keyword is "COMMENT" or "HISTORY" ? text[8..].TrimEnd() : null, text[8..].TrimEnd()));
            return;
        }
        var (parsed, remark) = ParseValue(text[10..]);
        header.Append(new FitsCard(keyword, parsed, remark));
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

    private static object? ParseNumber(string text)
    {
        if (text.Length == 0)
            return null;
        if (text is "T" or "F")
            return text == "T";
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            return whole;
        string number = text.Replace('D', 'E').Replace('d', 'e');
        return double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out double real) ? real : text;
    }
}
