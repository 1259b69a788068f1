using System.Globalization;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>A celestial frame: the ICRS, FK5 at some equinox, or galactic coordinates, and how it is turned against the ICRS.</summary>
public sealed record SkyFrame
{
    // Before 1984 the fundamental catalogue was the FK4 (FITS standard 4.0, section 8.3).
    private const double FirstFk5Equinox = 1984;
    private readonly Rotation _fromIcrs;

    private SkyFrame(string name, double? equinox, Rotation fromIcrs)
    {
        Name = name;
        Equinox = equinox;
        _fromIcrs = fromIcrs;
    }

    /// <summary>The International Celestial Reference System: right ascension and declination.</summary>
    public static SkyFrame Icrs { get; } = new("ICRS", null, Rotation.None);

    /// <summary>Galactic longitude and latitude.</summary>
    /// <remarks>
    /// The IAU's definition of 1958 (Blaauw et al. 1960, MNRAS 121, 123) holds for B1950; in FK5 J2000 it is, with the digits of astropy 5.2: the
    /// north galactic pole at alpha 192.8594812065348, delta 27.12825118085622; the north celestial pole at l 122.9319185680026 degrees.
    /// </remarks>
    public static SkyFrame Galactic { get; } = new("galactic", null,
        Rotation.AboutZ(180 - 122.9319185680026) * Rotation.AboutY(90 - 27.12825118085622) * Rotation.AboutZ(192.8594812065348) * Fk5J2000FromIcrs);

    /// <summary>ICRS, FK5 or galactic.</summary>
    public string Name { get; }

    /// <summary>Julian year of the equinox; null where a frame has none.</summary>
    public double? Equinox { get; }

    internal bool IsIcrs => Name == "ICRS";

    internal Rotation FromIcrsRotation => _fromIcrs;

    /// <summary>The frame bias at J2000: eta0 = -19.9, xi0 = 9.1, d alpha0 = -22.9 milliarcseconds.</summary>
    /// <remarks>USNO Circular 179 (Kaplan 2005), section 3.5, for the dynamical pole; astropy takes FK5 J2000 to be this.</remarks>
    private static Rotation Fk5J2000FromIcrs =>
        Rotation.AboutX(19.9 / 3.6e6) * Rotation.AboutY(9.1 / 3.6e6) * Rotation.AboutZ(-22.9 / 3.6e6);

    /// <summary>FK5 right ascension and declination at the mean equinox of a Julian year.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The equinox is not from 1800 to 2200, where the precession polynomials hold.</exception>
    public static SkyFrame Fk5(double equinox = 2000)
    {
        if (!(equinox is >= 1800 and <= 2200))
            throw new ArgumentOutOfRangeException(nameof(equinox), equinox, "An equinox of the FK5 should be a year from 1800 to 2200.");
        return new SkyFrame("FK5", equinox, PrecessionFromJ2000(equinox) * Fk5J2000FromIcrs);
    }

    /// <summary>The frame that a header names: RADESYS and EQUINOX (old: RADECSYS, EPOCH), or CTYPE's GLON.</summary>
    /// <param name="header">An image's header.</param>
    /// <param name="longitudeType">The longitude axis: RA or GLON.</param>
    /// <param name="what">The file, for messages.</param>
    /// <exception cref="FitsException">It is the FK4 or another frame that is not known here.</exception>
    internal static SkyFrame FromHeader(FitsHeader header, string longitudeType, string what)
    {
        if (longitudeType == "GLON")
            return Galactic;
        string? name = (header.GetString("RADESYS") ?? header.GetString("RADECSYS"))?.Trim().ToUpperInvariant();
        if (string.IsNullOrEmpty(name))
            name = EquinoxOf(header, what) is not { } year ? "ICRS" : year < FirstFk5Equinox ? "FK4" : "FK5";
        return name switch
        {
            "ICRS" => Icrs,
            "FK5" => Fk5Of(EquinoxOf(header, what) ?? 2000, what),
            "FK4" or "FK4-NO-E" => throw new FitsException(
                $"{what}: positions should be in the ICRS, FK5 or galactic frame, but they are in the {name} (as before 1984, such as B1950), which takes more than a rotation to convert; "
                + "regrid the image to J2000 first, for example with CASA's imregrid or the Python package reproject."),
            _ => throw new FitsException($"{what}: RADESYS should be ICRS or FK5, but it is '{name}'; convert the image to one of these frames, or correct the header."),
        };
    }

    /// <summary>A position of the ICRS in this frame.</summary>
    public SphericalCoordinate FromIcrs(SkyCoordinate position) => IsIcrs
        ? new SphericalCoordinate(Degrees.Wrap(position.RightAscension), position.Declination)
        : (_fromIcrs * Direction.FromDegrees(position.RightAscension, position.Declination)).ToSpherical();

    /// <summary>A position of this frame in the ICRS.</summary>
    public SkyCoordinate ToIcrs(SphericalCoordinate position)
    {
        var icrs = IsIcrs ? position : (_fromIcrs.Inverse * Direction.FromDegrees(position.Longitude, position.Latitude)).ToSpherical();
        return new SkyCoordinate(Degrees.Wrap(icrs.Longitude), icrs.Latitude);
    }

    /// <summary>RADESYS and EQUINOX, as far as the frame has them.</summary>
    internal void AddTo(FitsHeader header)
    {
        if (Name != "galactic")
            header.Set("RADESYS", Name);
        if (Equinox is { } year)
            header.Set("EQUINOX", year, "[yr]");
    }

    private static SkyFrame Fk5Of(double equinox, string what) => equinox is >= 1800 and <= 2200
        ? Fk5(equinox)
        : throw new FitsException($"{what}: the equinox of the FK5 (EQUINOX or EPOCH) should be a year from 1800 to 2200, but it is {equinox}; correct the header.");

    /// <summary>Years also as text, J2000.0 or 2000.0, which some old headers have.</summary>
    private static double? EquinoxOf(FitsHeader header, string what)
    {
        string keyword = header.Contains("EQUINOX") ? "EQUINOX" : "EPOCH";
        if (header.GetDouble(keyword) is { } year)
            return year;
        if (header.GetString(keyword)?.Trim() is not { Length: > 0 } text)
            return null;
        return double.TryParse(text.StartsWith('J') ? text[1..] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out year)
            ? year
            : throw new FitsException($"{what}: keyword {keyword} should be a year such as 2000.0, but it is the text '{text}'; correct the header.");
    }

    /// <summary>From the mean equator and equinox of J2000 to those of a Julian year.</summary>
    /// <remarks>The IAU 2006 precession: Capitaine, Wallace and Chapront (2003, A&amp;A 412, 567), eq. 40; angles in arc seconds, T in Julian centuries.</remarks>
    private static Rotation PrecessionFromJ2000(double equinox)
    {
        double t = (equinox - 2000) / 100;
        if (t == 0)
            return Rotation.None;                       // zeta and z are 2.65 arc seconds there, and cancel
        double zeta = 2.650545 + t * (2306.083227 + t * (0.2988499 + t * (0.01801828 + t * (-0.000005971 + t * -0.0000003173))));
        double z = -2.650545 + t * (2306.077181 + t * (1.0927348 + t * (0.01826837 + t * (-0.000028596 + t * -0.0000002904))));
        double theta = t * (2004.191903 + t * (-0.4294934 + t * (-0.04182264 + t * (-0.000007089 + t * -0.0000001274))));
        return Rotation.AboutZ(-z / 3600) * Rotation.AboutY(theta / 3600) * Rotation.AboutZ(-zeta / 3600);
    }
}
