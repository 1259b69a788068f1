using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>The cards of a header as text, strictly by the standard (FITS 4.0, section 4).</summary>
internal sealed class FitsHeaderWriter
{
    private const int CardLength = FitsHeaderReader.CardLength;
    private readonly StringBuilder _text = new();
    private bool _hasLongTexts;

    /// <summary>The text so far, without END and padding.</summary>
    public int Length => _text.Length;

    /// <summary>Adds another header's cards, except those that describe its own data.</summary>
    public void AddAll(FitsHeader? cards)
    {
        foreach (var card in cards?.Cards ?? [])
        {
            if (card.Keyword is "COMMENT" or "HISTORY")
                AddText(card.Keyword, card.Value as string ?? "");
            else if (card.Keyword.Length > 0 && card.Keyword != "CONTINUE" && !FitsHeaderRules.DescribesData(card.Keyword))
                Add(card.Keyword, card.Value, card.Comment);
        }
    }

    public void Add(string keyword, object? value, string? comment)
    {
        string start = IsPlain(keyword) ? $"{keyword,-8}= " : HierarchStart(keyword);
        if (value is string text)
        {
            AddString(start, text, comment);
            return;
        }
        string number = value switch
        {
            null => "",
            bool truth => truth ? "T" : "F",
            long whole => whole.ToString(CultureInfo.InvariantCulture),
            double real when double.IsFinite(real) => Real(real),
            double => throw new ArgumentException($"Keyword {keyword} cannot hold a number that is not finite."),
            _ => throw new ArgumentException($"Keyword {keyword} cannot hold a {value.GetType().Name}."),
        };
        if (start.Length == 10)
            number = number.PadLeft(20);
        if (start.Length + number.Length > CardLength)
            throw new ArgumentException($"The keyword '{keyword}' leaves no room for its value {number} in a card of {CardLength} characters: shorten it.");
        AddCard(start + number + Remark(comment));
    }

    /// <summary>With END and padding, ready for the file.</summary>
    public byte[] ToBytes()
    {
        const int Block = FitsHeaderReader.BlockLength;
        int length = (_text.Length + CardLength + Block - 1) / Block * Block;
        return Encoding.ASCII.GetBytes($"{_text}{"END"}".PadRight(length));
    }

    private static bool IsPlain(string keyword) =>
        keyword.Length is > 0 and <= 8 && keyword.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '-' or '_');

    /// <summary>Keywords of more than eight characters, or of several words (the HIERARCH convention of ESO, registered with the FITS standard).</summary>
    private static string HierarchStart(string keyword)
    {
        const int LongestKeyword = 60;
        bool writable = keyword.Length is > 0 and <= LongestKeyword && keyword.Trim() == keyword
            && keyword.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c is '-' or '_' or ' ') && !keyword.Contains("  ", StringComparison.Ordinal);
        return writable
            ? $"HIERARCH {keyword} = "
            : throw new ArgumentException($"A FITS keyword should be words of A-Z, 0-9, '-' and '_', {LongestKeyword} characters at most, but it is '{keyword}'.");
    }

    /// <summary>A text that does not fit into its card goes on in CONTINUE cards (section 4.2.1.2).</summary>
    private void AddString(string start, string text, string? comment)
    {
        const int Quotes = 2;
        string value = Printable(text);
        bool isShort = start.Length == 10;
        if (start.Length + Escaped(value).Length + Quotes <= CardLength)
        {
            AddCard(start + $"'{(isShort ? Escaped(value).PadRight(8) : Escaped(value))}'".PadRight(isShort ? 20 : 0) + Remark(comment));
            return;
        }
        if (!_hasLongTexts)
        {
            _hasLongTexts = true;
            Add("LONGSTRN", "OGIP 1.0", "long texts go on in CONTINUE cards");    // older readers look for it
        }
        while (start.Length + Escaped(value).Length + Quotes > CardLength)
        {
            int taken = Fitting(value, CardLength - start.Length - Quotes - 1);
            AddCard($"{start}'{Escaped(value[..taken])}&'");
            value = value[taken..];
            start = "CONTINUE  ";
        }
        AddCard($"{start}'{Escaped(value)}'{Remark(comment)}");
    }

    /// <summary>How many characters fit into so much room; a quote takes two places.</summary>
    private static int Fitting(string value, int room)
    {
        int taken = 0;
        while (taken < value.Length && (room -= value[taken] == '\'' ? 2 : 1) >= 0)
            taken++;
        return taken;
    }

    private void AddText(string keyword, string text)
    {
        string value = Printable(text);
        for (int start = 0; start == 0 || start < value.Length; start += CardLength - 8)
            AddCard($"{keyword,-8}{value.AsSpan(start, Math.Min(CardLength - 8, value.Length - start))}");
    }

    private void AddCard(string card) => _text.Append((card.Length > CardLength ? card[..CardLength] : card).PadRight(CardLength));

    private static string Remark(string? comment) => string.IsNullOrEmpty(comment) ? "" : $" / {Printable(comment)}";

    /// <summary>Headers are printable ASCII: anything else becomes a question mark.</summary>
    private static string Printable(string text) => text.All(IsPrintable) ? text : new string([.. text.Select(c => IsPrintable(c) ? c : '?')]);

    private static bool IsPrintable(char c) => c is >= ' ' and <= '~';

    private static string Escaped(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    private static string Real(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('.') || text.Contains('E') ? text : text + ".0";
    }
}
