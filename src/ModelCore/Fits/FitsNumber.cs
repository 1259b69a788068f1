using System.Buffers;
using System.Globalization;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Floating-point numbers as FITS writes them in headers and ASCII tables.</summary>
internal static class FitsNumber
{
    private static readonly SearchValues<char> _allowed = SearchValues.Create("+-.0123456789EDed");

    /// <summary>Digits with an optional point and an exponent after E or D; anything else, NaN and infinity too, is no number.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out double number)
    {
        const int LongestNumber = 80;
        number = double.NaN;
        text = text.Trim();
        if (text.Length is 0 or > LongestNumber || text.ContainsAnyExcept(_allowed))
            return false;
        Span<char> common = stackalloc char[text.Length];
        for (int i = 0; i < text.Length; i++)
            common[i] = text[i] is 'D' or 'd' ? 'E' : text[i];
        return double.TryParse(common, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);
    }
}
