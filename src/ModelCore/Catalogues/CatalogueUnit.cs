using System.Text.RegularExpressions;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>What kind of quantity a field is, and in which unit the program keeps it.</summary>
public enum Quantity
{
    /// <summary>An angle, kept in degrees.</summary>
    Degrees,

    /// <summary>A right ascension, kept in degrees; written in three parts it is in hours.</summary>
    RightAscension,

    /// <summary>A small angle, kept in arcsec.</summary>
    Arcsec,

    /// <summary>A flux density, in total or per beam, kept in mJy (mJy/beam).</summary>
    MilliJansky,

    /// <summary>A number without unit.</summary>
    Number,

    Text,
}

/// <summary>How numbers of a unit become the program's.</summary>
/// <param name="Factor">Multiply by this,</param>
/// <param name="Divisor">and divide by this: of the two one is 1, so that nothing is rounded twice.</param>
public readonly partial record struct CatalogueUnit(double Factor, double Divisor)
{
    public static CatalogueUnit One { get; } = new(1, 1);

    /// <summary>The units that a quantity may have, for messages.</summary>
    public static string Accepted(Quantity quantity) => quantity switch
    {
        Quantity.MilliJansky => "Jy, mJy, uJy or nJy, also per beam",
        Quantity.Number or Quantity.Text => "none",
        _ => "deg, arcmin, arcsec, mas, rad, hourangle, \"h:m:s\" or \"d:m:s\"",
    };

    /// <summary>The unit a text names, in the spellings of FITS, VOUnits and VizieR; false if it is none of this quantity.</summary>
    /// <remarks>FITS standard 4.0, section 4.3; IVOA VOUnits 1.0.</remarks>
    public static bool TryParse(string text, Quantity quantity, out CatalogueUnit unit)
    {
        text = text.Trim();
        unit = One;
        return quantity switch
        {
            Quantity.MilliJansky => TryFluxDensity(text, out unit),
            Quantity.Number or Quantity.Text => true,
            Quantity.Arcsec => TryAngle(text, 1, out unit),
            _ => TryAngle(text, 3600, out unit),
        };
    }

    public double Convert(double value) => value * Factor / Divisor;

    /// <summary>Whether a unit says that angles in three parts are degrees, even right ascensions.</summary>
    internal static bool IsDegreesInParts(string? unit) => unit != null && Bare(unit) is "d:m:s" or "dd:mm:ss" or "dms";

    private static string Bare(string text) => text.Trim().Trim('"').Trim().ToLowerInvariant();

    private static bool TryAngle(string text, double arcsecInTarget, out CatalogueUnit unit)
    {
        double? arcsec = text is "'" ? 60 : text is "\"" or "''" ? 1 : Bare(text) switch
        {
            "deg" or "degs" or "degree" or "degrees" or "°" or "d:m:s" or "dd:mm:ss" or "dms" => 3600,
            "arcmin" or "arcmins" or "arcminute" or "arcminutes" or "amin" => 60,
            "arcsec" or "arcsecs" or "arcsecond" or "arcseconds" or "asec" => 1,
            "hourangle" or "h" or "hr" or "hour" or "hours" or "h:m:s" or "hh:mm:ss" or "hms" => 54000,
            "rad" or "radian" or "radians" => 180 * 3600 / Math.PI,
            "mas" or "marcsec" or "milliarcsec" => -1000,            // negative: parts of an arcsec
            "uas" or "uarcsec" or "µas" or "μas" or "microarcsec" => -1e6,
            _ => null,
        };
        unit = arcsec switch
        {
            null => One,
            < 0 => new CatalogueUnit(1, -arcsec.Value * arcsecInTarget),
            _ when arcsec.Value >= arcsecInTarget => new CatalogueUnit(arcsec.Value / arcsecInTarget, 1),
            _ => new CatalogueUnit(1, arcsecInTarget / arcsec.Value),
        };
        return arcsec != null;
    }

    private static bool TryFluxDensity(string text, out CatalogueUnit unit)
    {
        unit = One;
        string? jansky = null;
        bool divide = false;
        foreach (Match match in Factor_().Matches(text))
        {
            string word = match.Groups["word"].Value;
            string power = match.Groups["power"].Value.TrimStart('*', '^');
            if (power is not ("" or "1" or "-1"))
                return false;
            bool inverse = divide ^ power is "-1";
            if (word is "/" or "." or "*")
            {
                divide = word is "/";
                continue;
            }
            divide = false;
            if (word.Equals("beam", StringComparison.OrdinalIgnoreCase) && inverse)
                continue;
            if (jansky != null || inverse)
                return false;
            jansky = word;
        }
        if (Factor_().Replace(text, "").Trim().Length > 0)
            return false;
        CatalogueUnit? found = jansky switch
        {
            "Jy" or "JY" or "jy" or "Jansky" or "jansky" => new CatalogueUnit(1000, 1),
            "mJy" or "mjy" => One,
            "uJy" or "ujy" or "µJy" or "μJy" => new CatalogueUnit(1, 1000),
            "nJy" or "njy" => new CatalogueUnit(1, 1e6),
            "kJy" => new CatalogueUnit(1e6, 1),
            _ => null,
        };
        unit = found ?? One;
        return found != null;
    }

    [GeneratedRegex(@"(?<word>[A-Za-zµμ]+|[/.*])(?<power>(\*\*|\^)?-?\d)?\s*")]
    private static partial Regex Factor_();
}
