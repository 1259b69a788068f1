using System.Buffers;
using System.Globalization;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Angles in three parts: 12 34 56.7, 12:34:56.7, 12h34m56.7s, +08d16m44s, also in two.</summary>
internal static class Sexagesimal
{
    private static readonly SearchValues<byte> _digits = SearchValues.Create("0123456789."u8);

    /// <summary>The angle in units of the first part; false if the text is none, or minutes or seconds reach 60.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        text = CellText.Trim(text);
        bool negative = text is [(byte)'-', ..];
        if (text is [(byte)'-' or (byte)'+', ..])
            text = text[1..];
        double scale = 1;
        int parts = 0;
        while (!text.IsEmpty)
        {
            int end = text.IndexOfAnyExcept(_digits);
            var digits = end < 0 ? text : text[..end];
            if (parts == 3 || !double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double part) || (parts > 0 && part >= 60))
                return false;
            value += part / scale;
            scale *= 60;
            parts++;
            text = end < 0 ? default : AfterSeparator(text[end..], parts);
        }
        if (negative)
            value = -value;
        return parts is 2 or 3;
    }

    /// <summary>What follows blanks, a colon or the letter of the part; an unknown letter stays, and fails as a number.</summary>
    private static ReadOnlySpan<byte> AfterSeparator(ReadOnlySpan<byte> text, int parts)
    {
        var letters = parts switch
        {
            1 => "hd:"u8,
            2 => "m:'"u8,
            _ => "s\""u8,
        };
        text = CellText.Trim(text);
        return CellText.Trim(!text.IsEmpty && letters.Contains(text[0]) ? text[1..] : text);
    }
}
