using System.Globalization;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The frequency of an image as its header gives it.</summary>
public static class ObservingFrequency
{
    private const int MostAxes = 9;

    /// <summary>Hertz: of a spectral axis (CTYPEn = FREQ, Greisen et al. 2006) at its reference pixel, else FREQ, RESTFRQ or RESTFREQ; null without one above 0.</summary>
    public static double? Of(FitsHeader header)
    {
        for (int axis = 3; axis <= MostAxes; axis++)
        {
            if (header.GetString($"CTYPE{axis}")?.Trim() == "FREQ" && header.GetDouble($"CRVAL{axis}") is { } value)
                return Positive(value * HertzPer(header.GetString($"CUNIT{axis}")));
        }
        return Positive(header.GetDouble("FREQ")) ?? Positive(header.GetDouble("RESTFRQ")) ?? Positive(header.GetDouble("RESTFREQ"));
    }

    /// <summary>In words: 143.65MHz, 3GHz.</summary>
    public static string Name(double hertz) => hertz >= 1e9
        ? string.Create(CultureInfo.InvariantCulture, $"{hertz / 1e9:0.####}GHz")
        : string.Create(CultureInfo.InvariantCulture, $"{hertz / 1e6:0.####}MHz");

    private static double? Positive(double? hertz) => hertz > 0 && double.IsFinite(hertz.Value) ? hertz : null;

    /// <summary>Hertz where the header does not say.</summary>
    private static double HertzPer(string? unit) => unit?.Trim() switch
    {
        "kHz" => 1e3,
        "MHz" => 1e6,
        "GHz" => 1e9,
        _ => 1,
    };
}
