using System.Globalization;
using Microsoft.AspNetCore.Http;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Silo.Http;

/// <summary>The parameters of IVOA Simple Image Access 2.0 (2.1). Values of one parameter are alternatives; different parameters all hold.</summary>
internal sealed class ImageQuery
{
    private const int CellsAcross = 4, LeastOrder = 3, MostOrder = 12;
    private static readonly string[] _unknownOfASky = ["TIME", "EXPTIME", "TIMERES", "FACILITY", "INSTRUMENT", "TARGET"];      // what has no value is found by no limit
    private readonly IQueryCollection _query;

    private ImageQuery(IQueryCollection query, IReadOnlyList<Place> places, int? mostRecords) => (_query, Places, MostRecords) = (query, places, mostRecords);

    /// <summary>Of POS; none where it is not given.</summary>
    public IReadOnlyList<Place> Places { get; }

    /// <summary>MAXREC.</summary>
    public int? MostRecords { get; }

    /// <exception cref="UserErrorException">A parameter that says nothing; the message names it.</exception>
    public static ImageQuery Parse(IQueryCollection query, int mostPlaces)
    {
        int? most = query["MAXREC"] is [{ Length: > 0 } text, ..]
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : throw Wrong("MAXREC", "a whole number of 0 or more", text)
            : null;
        if (query["RESPONSEFORMAT"] is [{ Length: > 0 } format, ..] && !format.Contains("votable", StringComparison.OrdinalIgnoreCase) && format != "text/xml")
            throw Wrong("RESPONSEFORMAT", $"votable ({VoTable.MediaType}), which is the only one", format);
        if (query["POS"].Count > mostPlaces)
            throw new UserErrorException(ErrorKind.Invalid, "POS", $"There should be at most {mostPlaces} values of POS, but there are {query["POS"].Count}.");
        var parsed = new ImageQuery(query, [.. query["POS"].OfType<string>().Where(pos => pos.Length > 0).Select(PlaceOf)], most);
        parsed.Takes("", 1, 1, 1, 0);                        // what cannot be read is said, whatever skies there are
        parsed.TakesView(1);
        return parsed;
    }

    /// <summary>Whether a sky is asked for.</summary>
    public bool Takes(string did, double shortest, double longest, double resolutionArcsec, int calibration) =>
        Overlaps("BAND", shortest, longest) & Overlaps("SPATRES", resolutionArcsec, resolutionArcsec) & Overlaps("CALIB", calibration, calibration) & Overlaps("SPECRP", double.NaN, double.NaN)
        & IsNamed("ID", did) & IsNamed("COLLECTION", "RadioDiffusion") & IsNamed("DPTYPE", "image") & IsNamed("POL", "I") & IsNamed("FORMAT", "application/fits", "fits", "image/fits")
        & Array.TrueForAll(_unknownOfASky, name => !Values(name).Any());

    /// <summary>Whether an image of this extent (degrees) is asked for.</summary>
    public bool TakesView(double degrees) => Overlaps("FOV", degrees, degrees);

    private bool IsNamed(string name, params string[] values) => !Values(name).Any() || Values(name).Any(value => values.Contains(value, StringComparer.OrdinalIgnoreCase));

    /// <summary>A parameter's values are numbers or intervals, of which either end may be infinite (DALI 1.1, 3.3.4).</summary>
    private bool Overlaps(string name, double low, double high)
    {
        bool isAny = true, isFound = false;
        foreach (string text in Values(name))
        {
            isAny = false;
            double[] ends = Numbers(name, text, "a number, or two for an interval (-Inf and +Inf where it has no end)");
            if (ends.Length is not (1 or 2))
                throw Wrong(name, "a number, or two for an interval (-Inf and +Inf where it has no end)", text);
            isFound |= ends[0] <= high && ends[^1] >= low;
        }
        return isAny || isFound;
    }

    private IEnumerable<string> Values(string name) => _query[name].OfType<string>().Where(value => value.Length > 0);

    private static Place PlaceOf(string pos)
    {
        const string Expected = "CIRCLE ra dec radius, RANGE ra1 ra2 dec1 dec2 or POLYGON ra1 dec1 ra2 dec2 ra3 dec3 ..., in degrees";
        int blank = pos.IndexOf(' ', StringComparison.Ordinal);
        if (blank < 0)
            throw Wrong("POS", Expected, pos);
        double[] numbers = Numbers("POS", pos[blank..], Expected);
        try
        {
            return (pos[..blank].ToUpperInvariant(), numbers) switch
            {
                ("CIRCLE", [>= 0 and <= 360, >= -90 and <= 90, >= 0 and <= 180]) => Circle(new SkyCoordinate(numbers[0] % 360, numbers[1]), numbers[2]),
                ("RANGE", [_, _, _, _]) => Range(numbers),
                ("POLYGON", { Length: >= 6 }) when numbers.Length % 2 == 0 => Polygon([.. numbers.Chunk(2).Select(pair => new SkyCoordinate(pair[0] % 360, pair[1]))]),
                _ => throw Wrong("POS", Expected, pos),
            };
        }
        catch (Exception error) when (error is RadioDiffusionException or ArgumentException)
        {
            throw Wrong("POS", Expected, $"{pos} ({error.Message})");
        }
    }

    private static Place Circle(SkyCoordinate centre, double radius) => new(centre, radius, Moc.Cone(centre, radius, OrderFor(radius)));

    private static Place Range(double[] ends)
    {
        double first = double.IsInfinity(ends[0]) ? 0 : ends[0], last = double.IsInfinity(ends[1]) ? 360 : ends[1], south = Math.Max(-90, ends[2]), north = Math.Min(90, ends[3]);
        double width = last - first < 0 ? last - first + 360 : last - first, middle = (south + north) / 2;
        double radius = Math.Max(north - south, width * Math.Cos(double.DegreesToRadians(middle))) / 2;
        return new Place(new SkyCoordinate((first + width / 2) % 360, middle), radius, Moc.Box(first, last, south, north, OrderFor(radius)));
    }

    private static Place Polygon(SkyCoordinate[] corners)
    {
        double x = 0, y = 0, z = 0;
        foreach (var corner in corners)
        {
            var (sin, cos) = Math.SinCos(double.DegreesToRadians(corner.Declination));
            (x, y, z) = (x + cos * Math.Cos(double.DegreesToRadians(corner.RightAscension)), y + cos * Math.Sin(double.DegreesToRadians(corner.RightAscension)), z + sin);
        }
        var centre = new SkyCoordinate((double.RadiansToDegrees(Math.Atan2(y, x)) + 360) % 360, double.RadiansToDegrees(Math.Atan2(z, Math.Sqrt(x * x + y * y))));
        double radius = corners.Max(corner => centre.SeparationTo(corner));
        return new Place(centre, radius, Moc.Polygon(corners, OrderFor(radius)));
    }

    private static int OrderFor(double radius) => Math.Clamp((int)Math.Ceiling(Math.Log2(HealpixCell.WidthDegrees(0) * CellsAcross / Math.Max(radius, 1e-3))), LeastOrder, MostOrder);

    private static double[] Numbers(string name, string text, string expected) => Array.ConvertAll(text.Split(' ', StringSplitOptions.RemoveEmptyEntries), part => part.ToUpperInvariant() switch
    {
        "INF" or "+INF" => double.PositiveInfinity,
        "-INF" => double.NegativeInfinity,
        _ => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : throw Wrong(name, expected, text.Trim()),
    });

    private static UserErrorException Wrong(string name, string expected, string found) => new(ErrorKind.Invalid, name, $"The parameter {name} should be {expected}, but it is '{found}'.");

    /// <summary>A part of the sky that is asked for.</summary>
    /// <param name="Centre">Its middle.</param>
    /// <param name="RadiusDegrees">How far it reaches from there.</param>
    /// <param name="Cells">What it covers.</param>
    internal sealed record Place(SkyCoordinate Centre, double RadiusDegrees, Moc Cells);
}
