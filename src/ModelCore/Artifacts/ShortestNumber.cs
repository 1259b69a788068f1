using System.Globalization;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// A double in the fewest digits that read back as the same double, laid out as ECMAScript does: 3.5, 0.00001, 1e+21. The layout
/// is our own because it is part of addresses, and .NET's has changed (1E+16 became 10000000000000000).
/// </summary>
public static class ShortestNumber
{
    private const int MostDigitsBeforePoint = 21;
    private const int MostZerosAfterPoint = 6;

    /// <summary>The text of a finite number; -0 is 0.</summary>
    public static string Write(double value)
    {
        if (!double.IsFinite(value))
            return value.ToString(CultureInfo.InvariantCulture);             // for messages only: NaN, Infinity
        if (value == 0)
            return "0";
        (string digits, int point) = Digits(Math.Abs(value));
        return (value < 0 ? "-" : "") + LayOut(digits, point);
    }

    /// <summary>The significant digits d1 d2 d3 ... and the point, so that the value is 0.d1d2d3... times 10 to the point.</summary>
    private static (string Digits, int Point) Digits(double value)
    {
        string[] parts = value.ToString("R", CultureInfo.InvariantCulture).Split('E');
        int exponent = parts.Length == 2 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;
        int dot = parts[0].IndexOf('.', StringComparison.Ordinal);
        int whole = dot < 0 ? parts[0].Length : dot;
        string all = parts[0].Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        return (digits.TrimEnd('0'), whole + exponent - (all.Length - digits.Length));
    }

    private static string LayOut(string digits, int point)
    {
        if (point > MostDigitsBeforePoint || point <= -MostZerosAfterPoint)
        {
            string mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(point > 0 ? "+" : "-")}{Math.Abs(point - 1)}");
        }
        if (point <= 0)
            return "0." + new string('0', -point) + digits;
        return point >= digits.Length ? digits.PadRight(point, '0') : digits[..point] + "." + digits[point..];
    }
}
