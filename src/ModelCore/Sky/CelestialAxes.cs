using System.Globalization;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.Sky;

/// <summary>Which of an image's first two axes is longitude and which latitude, and in what projection: CTYPE.</summary>
/// <param name="LongitudeType">RA or GLON.</param>
/// <param name="Longitude">Number of the longitude axis, 1 or 2.</param>
/// <param name="Latitude">Number of the latitude axis, 2 or 1.</param>
/// <param name="ProjectionCode">Three letters.</param>
internal sealed record CelestialAxes(string LongitudeType, int Longitude, int Latitude, string ProjectionCode)
{
    private const int MostAxes = 9;
    private const int TypeLength = 8;                    // 4 letters of the type, a hyphen, 3 of the projection

    public string LatitudeType => LongitudeType == "RA" ? "DEC" : "GLAT";

    /// <exception cref="FitsException">They are not celestial, or not in a way that is known here.</exception>
    public static CelestialAxes FromHeader(FitsHeader header, string what)
    {
        string[] types = [Type(header, 1), Type(header, 2)];
        string found = $"CTYPE1 and CTYPE2 are '{types[0]}' and '{types[1]}'";
        int longitude = Array.FindIndex(types, type => Name(type) is "RA" or "GLON") + 1;
        int latitude = Array.FindIndex(types, type => Name(type) is "DEC" or "GLAT") + 1;
        if (longitude == 0 || latitude == 0 || (Name(types[longitude - 1]) == "RA") != (Name(types[latitude - 1]) == "DEC"))
            throw new FitsException($"{what}: CTYPE1 and CTYPE2 should name a longitude and a latitude, such as RA---SIN and DEC--SIN, but they are '{types[0]}' and '{types[1]}'{Elsewhere(header)}.");
        foreach (string type in types)
        {
            if (type.Length > TypeLength && type[TypeLength] == '-')
                throw new FitsException($"{what}: {found}, which asks for a distortion ({type[(TypeLength + 1)..]}) that is not supported; resample the image without it, for example with SWarp.");
            if (type.Length != TypeLength || type[4] != '-')
                throw new FitsException($"{what}: {found}, without a projection; they should end in one, such as RA---SIN and DEC--SIN.");
        }
        if (types[0][5..] != types[1][5..])
            throw new FitsException($"{what}: {found}; both should have the same projection.");
        RefuseDistortions(header, found, what);
        return new CelestialAxes(Name(types[longitude - 1]), longitude, latitude, types[0][5..]);
    }

    public static string Keyword(string stem, int axis) => string.Create(CultureInfo.InvariantCulture, $"{stem}{axis}");

    public static string Keyword(string stem, int axis, int number) => string.Create(CultureInfo.InvariantCulture, $"{stem}{axis}_{number}");

    /// <summary>CTYPE for writing, such as RA---SIN.</summary>
    public static string TypeOf(string name, string projectionCode) => name.PadRight(4, '-') + "-" + projectionCode;

    private static string Type(FitsHeader header, int axis) => header.GetString(Keyword("CTYPE", axis))?.TrimEnd() ?? "";

    private static string Name(string type) => type.Length < 4 ? type : type[..4].TrimEnd('-');

    /// <summary>Distortions that CTYPE does not announce.</summary>
    private static void RefuseDistortions(FitsHeader header, string found, string what)
    {
        foreach (string keyword in (ReadOnlySpan<string>)["A_ORDER", "B_ORDER", "CPDIS1", "CPDIS2", "CQDIS1", "CQDIS2", "D2IMDIS1", "D2IMDIS2"])
        {
            if (header.Contains(keyword))
                throw new FitsException($"{what}: {found}, but keyword {keyword} belongs to a distortion, which is not supported; resample the image without it, for example with SWarp.");
        }
    }

    /// <summary>For the message: celestial axes that are not those of the image plane.</summary>
    private static string Elsewhere(FitsHeader header)
    {
        int axis = Enumerable.Range(3, MostAxes - 2).FirstOrDefault(number => Name(Type(header, number)) is "RA" or "DEC" or "GLON" or "GLAT");
        return axis == 0 ? "" : $"; axis {axis} is '{Type(header, axis)}': put the two celestial axes first";
    }
}
