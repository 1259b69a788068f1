using System.Globalization;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>The numbers of a celestial WCS in a header, in degrees.</summary>
/// <param name="header">An image's header.</param>
/// <param name="axes">Its celestial axes.</param>
/// <param name="what">The file, for messages.</param>
internal sealed class WorldCoordinateKeywords(FitsHeader header, CelestialAxes axes, string what)
{
    private const int MostAxes = 9;
    private readonly double _longitudeUnit = DegreesPerUnit(header, axes.Longitude, what);
    private readonly double _latitudeUnit = DegreesPerUnit(header, axes.Latitude, what);

    /// <summary>CRVAL.</summary>
    public SphericalCoordinate Reference()
    {
        double longitude = Needed(CelestialAxes.Keyword("CRVAL", axes.Longitude)) * _longitudeUnit;
        double latitude = Needed(CelestialAxes.Keyword("CRVAL", axes.Latitude)) * _latitudeUnit;
        return Math.Abs(latitude) <= 90
            ? new SphericalCoordinate(Degrees.Wrap(longitude), latitude)
            : throw new FitsException($"{what}: keyword CRVAL{axes.Latitude} is a latitude and should be -90 to 90 degrees, but it is {latitude}; correct it.");
    }

    /// <summary>CRPIX with CD, or PC times CDELT, or CDELT turned by the old CROTA of the latitude axis.</summary>
    /// <remarks>Where a header mixes them, it is understood as WCSLIB does: PC goes before CD, and both before CROTA.</remarks>
    public LinearTransform Linear()
    {
        var (x, y) = HasMatrix("PC") ? (ScaledRow(axes.Longitude), ScaledRow(axes.Latitude))
            : HasMatrix("CD") ? (new MatrixRow(_longitudeUnit, Element("CD", axes.Longitude, 1) ?? 0, Element("CD", axes.Longitude, 2) ?? 0),
                new MatrixRow(_latitudeUnit, Element("CD", axes.Latitude, 1) ?? 0, Element("CD", axes.Latitude, 2) ?? 0))
            : Turned();
        return new LinearTransform(Needed("CRPIX1") - 1, Needed("CRPIX2") - 1, x, y, what);
    }

    /// <summary>PVi_m of the latitude axis: the projection's parameters.</summary>
    public double? ProjectionParameter(int number) => Optional(CelestialAxes.Keyword("PV", axes.Latitude, number));

    /// <summary>PVi_0 to PVi_4 of the longitude axis: 1 and 2 are (phi0, theta0), 3 and 4 go before LONPOLE and LATPOLE.</summary>
    public double? LongitudeParameter(int number) => Optional(CelestialAxes.Keyword("PV", axes.Longitude, number));

    public double? LonPole => LongitudeParameter(3) ?? Optional("LONPOLE");

    public double? LatPole => LongitudeParameter(4) ?? Optional("LATPOLE");

    private MatrixRow ScaledRow(int axis) => new(Scale(axis),
        Element("PC", axis, 1) ?? (axis == 1 ? 1 : 0),
        Element("PC", axis, 2) ?? (axis == 2 ? 1 : 0));

    /// <summary>CROTA as a PC matrix (Greisen and Calabretta 2002, section 6.1): i is longitude, j is latitude.</summary>
    private (MatrixRow X, MatrixRow Y) Turned()
    {
        double longitude = Scale(axes.Longitude), latitude = Scale(axes.Latitude);
        var (sin, cos) = Degrees.SinCos(Optional(CelestialAxes.Keyword("CROTA", axes.Latitude)) ?? 0);
        double ij = sin == 0 ? 0 : -sin * latitude / longitude, ji = sin == 0 ? 0 : sin * longitude / latitude;
        return axes.Longitude == 1
            ? (new MatrixRow(longitude, cos, ij), new MatrixRow(latitude, ji, cos))
            : (new MatrixRow(longitude, ij, cos), new MatrixRow(latitude, cos, ji));
    }

    private double Scale(int axis) => Needed(CelestialAxes.Keyword("CDELT", axis)) * (axis == axes.Longitude ? _longitudeUnit : _latitudeUnit);

    /// <summary>An element of PC or CD, also as the drafts of the standard spelt it: PC001002.</summary>
    private double? Element(string stem, int i, int j) =>
        Optional(CelestialAxes.Keyword(stem, i, j)) ?? Optional(string.Create(CultureInfo.InvariantCulture, $"{stem}{i:000}{j:000}"));

    /// <summary>Whether the header has the matrix; what turns the celestial axes into others is refused.</summary>
    private bool HasMatrix(string stem)
    {
        for (int other = 3; other <= MostAxes; other++)
        {
            foreach (var (i, j) in (ReadOnlySpan<(int, int)>)[(1, other), (2, other), (other, 1), (other, 2)])
            {
                if (Element(stem, i, j) is { } value && value != 0)
                    throw new FitsException($"{what}: the celestial axes should not be mixed with axis {other}, but {stem}{i}_{j} is {value}; extract an image plane first.");
            }
        }
        return Element(stem, 1, 1) is not null || Element(stem, 1, 2) is not null || Element(stem, 2, 1) is not null || Element(stem, 2, 2) is not null;
    }

    private double Needed(string keyword) => Optional(keyword)
        ?? throw new FitsException($"{what}: keyword {keyword} is missing or has no value; without it pixels have no position.");

    /// <summary>Null if the keyword is absent or has no value.</summary>
    private double? Optional(string keyword)
    {
        if (header.GetDouble(keyword) is { } value)
            return double.IsFinite(value) ? value : throw NoNumber(keyword, $"{value}");
        if (header.GetString(keyword) is { } text)
            throw NoNumber(keyword, $"the text '{text}'");
        return header.GetBoolean(keyword) is { } flag ? throw NoNumber(keyword, $"the logical value {(flag ? 'T' : 'F')}") : null;
    }

    private FitsException NoNumber(string keyword, string found) => new($"{what}: keyword {keyword} should be a number, but it is {found}; correct it.");

    private static double DegreesPerUnit(FitsHeader header, int axis, string what)
    {
        string keyword = CelestialAxes.Keyword("CUNIT", axis);
        string unit = header.GetString(keyword)?.Trim() ?? "";
        return unit.ToUpperInvariant() switch
        {
            "" or "DEG" or "DEGREE" or "DEGREES" => 1,
            "ARCMIN" => 1 / 60.0,
            "ARCSEC" => 1 / 3600.0,
            "MAS" => 1 / 3.6e6,
            "RAD" => 180 / Math.PI,
            _ => throw new FitsException($"{what}: keyword {keyword} should be deg, arcmin, arcsec, mas or rad, but it is '{unit}'; correct it."),
        };
    }
}
