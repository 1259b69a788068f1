using System.Globalization;
using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>The unit in which a parameter's number is kept. A study may write another one of the same quantity behind the number: 0.07 mJy is 70 uJy, and equal values make equal recipes.</summary>
/// <param name="Symbol">As it is written behind a number.</param>
/// <param name="Accepted">All that can be written instead, for messages.</param>
/// <param name="Factor">How many of this unit another one is; null for one of another quantity.</param>
public sealed record ParameterUnit(string Symbol, string Accepted, Func<string, decimal?> Factor)
{
    /// <summary>Of flux densities, in total or per beam.</summary>
    public static ParameterUnit MicroJansky { get; } = Catalogued("uJy", Quantity.MilliJansky, 1000);

    public static ParameterUnit MilliJansky { get; } = Catalogued("mJy", Quantity.MilliJansky, 1);

    public static ParameterUnit Arcsec { get; } = Catalogued("arcsec", Quantity.Arcsec, 1);

    public static ParameterUnit Degrees { get; } = Catalogued("deg", Quantity.Degrees, 1);

    public static ParameterUnit Megahertz { get; } = new("MHz", "Hz, kHz, MHz or GHz", text => text switch
    {
        "Hz" => 1e-6m,
        "kHz" => 1e-3m,
        "MHz" => 1,
        "GHz" => 1000,
        _ => null,
    });

    /// <summary>A number, with or without a unit, in this unit; null if it is none.</summary>
    public double? Parse(string text)
    {
        text = text.Trim();
        int end = text.Length;
        while (end > 0 && !char.IsAsciiDigit(text[end - 1]) && text[end - 1] != '.')
            end--;
        var (digits, unit) = (text[..end], text[end..].Trim());
        if (!double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            return null;
        if (unit.Length == 0)
            return number;
        if (Factor(unit) is not { } factor)
            return null;
        // Decimally, so that 0.07 mJy is 70 uJy to the last bit.
        bool isShort = decimal.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal exact) && Math.Abs(number) is 0 or (> 1e-12 and < 1e12);
        return isShort ? double.Parse((exact * factor).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : number * (double)factor;
    }

    private static ParameterUnit Catalogued(string symbol, Quantity quantity, decimal inCatalogues) => new(symbol, CatalogueUnit.Accepted(quantity).Split(", \"")[0],
        text => CatalogueUnit.TryParse(text, quantity, out var unit) ? (decimal)unit.Factor / (decimal)unit.Divisor * inCatalogues : null);
}
