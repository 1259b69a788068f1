using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Mvc;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Http;

/// <summary>What a cut-out is asked for by. The names are those of hips2fits (CDS), so that its clients need another address only.</summary>
internal sealed record CutoutQuery
{
    /// <summary>Of FITS: a few rows are in memory at a time.</summary>
    public const int MostPixels = 16 << 20;

    private const int MostPixelsOfPicture = 4 << 20, LargestSide = 1 << 14;
    private const double WidestPixel = 4;                    // of the sky's own pixels: the lowest order whose tiles have every source

    [FromQuery(Name = "ra"), Description("Right ascension of the middle, degrees (ICRS)")]
    public double? Ra { get; init; }

    [FromQuery(Name = "dec"), Description("Declination of the middle, degrees (ICRS)")]
    public double? Dec { get; init; }

    [FromQuery(Name = "fov"), Description("Extent of the longer side, degrees; default: pixels as wide as the sky's own")]
    public double? Fov { get; init; }

    [FromQuery(Name = "width"), Description("Columns; default 512")]
    public int? Width { get; init; }

    [FromQuery(Name = "height"), Description("Rows; default: as the columns")]
    public int? Height { get; init; }

    [FromQuery(Name = "projection"), Description("Three letters of the FITS standard: TAN (default), SIN, ZEA, AIT, CAR, ...")]
    public string? Projection { get; init; }

    [FromQuery(Name = "rotation_angle"), Description("Where up is in the middle, degrees from north through east; default 0")]
    public double? RotationAngle { get; init; }

    [FromQuery(Name = "format"), Description("fits (default), png or jpg")]
    public string? Format { get; init; }

    [FromQuery(Name = "stretch"), Description("Of pictures: linear (default), sqrt, power, log or asinh")]
    public string? Stretch { get; init; }

    [FromQuery(Name = "min_cut"), Description("Of pictures: Jy/beam, or a percentile such as 0.5%; default -2 sigma of the noise")]
    public string? MinCut { get; init; }

    [FromQuery(Name = "max_cut"), Description("Of pictures: Jy/beam, or a percentile such as 99.5%; default 10 sigma")]
    public string? MaxCut { get; init; }

    [FromQuery(Name = "cmap"), Description("Of pictures: inferno (default), gray or gray_r, also as Greys_r and Greys")]
    public string? ColourMap { get; init; }

    [FromQuery(Name = "coordsys"), Description("icrs, which is the only one")]
    public string? CoordSys { get; init; }

    [FromQuery(Name = "object"), Description("Refused: nothing is looked up by name here")]
    public string? Object { get; init; }

    [FromQuery(Name = "wcs"), Description("Refused: say ra, dec, fov, width, height, projection and rotation_angle")]
    public string? Wcs { get; init; }

    /// <summary>The name's ending: .fits, .png or .jpg.</summary>
    public string Ending => Format?.ToLowerInvariant() switch
    {
        null or "fits" => ".fits",
        "png" => ".png",
        "jpg" or "jpeg" => ".jpg",
        _ => throw Wrong("format", "fits, png or jpg", Format),
    };

    /// <summary>All there is to say about the pixels in one spelling.</summary>
    /// <param name="grid">Of <see cref="GridOf"/>.</param>
    public string KeyOf(SkyGrid grid) => string.Create(CultureInfo.InvariantCulture, $"{Ra:R},{Dec:R},{PixelArcsec(grid):R},{grid.Width},{grid.Height},{NameOfProjection},{RotationAngle ?? 0:R}");

    /// <summary>The same with how a picture shows them.</summary>
    public string PictureKeyOf(SkyGrid grid) => $"{KeyOf(grid)},{Stretch?.ToLowerInvariant()},{MinCut},{MaxCut},{ColourMap?.ToLowerInvariant()}{Ending}";

    private string NameOfProjection => (Projection ?? "TAN").ToUpperInvariant();

    /// <exception cref="UserErrorException">What is asked for is not there, or is no image; the message names the parameter.</exception>
    public SkyGrid GridOf(SkyRecipe recipe)
    {
        if (!string.IsNullOrEmpty(Object))
            throw new UserErrorException(ErrorKind.Invalid, "object", $"Nothing is looked up by name in a synthetic sky, so that object ('{Object}') cannot be used: give ra and dec.");
        if (!string.IsNullOrEmpty(Wcs))
            throw new UserErrorException(ErrorKind.Invalid, "wcs", "A cut-out takes no wcs: give ra, dec, fov, width, height, projection and rotation_angle. 'radiodiffusion sky mosaic --like FILE.fits' takes the WCS of any image.");
        if (CoordSys != null && !CoordSys.Equals("icrs", StringComparison.OrdinalIgnoreCase))
            throw Wrong("coordsys", "icrs", CoordSys);
        double ra = Ra is { } someRa && someRa is >= 0 and < 360 ? someRa : throw Wrong("ra", "from 0 up to 360 degrees", Ra);
        double dec = Dec is { } someDec && someDec is >= -90 and <= 90 ? someDec : throw Wrong("dec", "from -90 to 90 degrees", Dec);
        int width = Width ?? Height ?? 512, height = Height ?? width;
        long most = Ending == ".fits" ? MostPixels : MostPixelsOfPicture;
        if (width is < 1 or > LargestSide || height is < 1 or > LargestSide || (long)width * height > most)
            throw new UserErrorException(ErrorKind.Invalid, "width", $"width and height should be from 1 to {LargestSide}, and {most} pixels together for {Ending[1..]}, but they are {width} and {height}. 'radiodiffusion sky mosaic' writes images of any size.");
        double own = HealpixCell.WidthDegrees(recipe.Survey.PixelOrder) * 3600, pixel = Fov is { } fov ? fov * 3600 / Math.Max(width, height) : own;
        if (!(pixel > 0 && pixel <= WidestPixel * own))
        {
            throw new UserErrorException(ErrorKind.Invalid, "fov", string.Create(CultureInfo.InvariantCulture,
                $"fov should be above 0 and at most {WidestPixel * own * Math.Max(width, height) / 3600:0.####} degrees for {width} x {height} pixels, but it is {Fov}: pixels wider than {WidestPixel * own:0.##} arcsec would miss sources between their centres. Ask for more pixels, or take low orders of the HiPS."));
        }
        if (RotationAngle is { } angle && !double.IsFinite(angle))
            throw Wrong("rotation_angle", "a number of degrees", angle);
        try
        {
            return SkyGrid.Around(new SkyCoordinate(ra, dec), pixel, width, height, NameOfProjection, RotationAngle ?? 0);
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, "projection", error.Message);
        }
    }

    /// <summary>How a picture of the pixels looks.</summary>
    /// <exception cref="UserErrorException">A stretch, cut or colour map that there is not.</exception>
    public PictureScale ScaleOf(SkyRecipe recipe, ReadOnlySpan<float> pixels)
    {
        var stretch = Stretch?.ToLowerInvariant() switch
        {
            null or "linear" => PictureStretch.Linear,
            "sqrt" => PictureStretch.SquareRoot,
            "power" => PictureStretch.Square,
            "log" => PictureStretch.Logarithm,
            "asinh" => PictureStretch.Asinh,
            _ => throw Wrong("stretch", "linear, sqrt, power, log or asinh", Stretch),
        };
        var colours = ColourMap?.ToLowerInvariant() switch
        {
            null or "inferno" => PictureColours.Inferno,
            "gray" or "grey" or "greys_r" => PictureColours.Grey,
            "gray_r" or "grey_r" or "greys" => PictureColours.GreyReversed,
            _ => throw Wrong("cmap", "inferno, gray, gray_r, Greys or Greys_r", ColourMap),
        };
        var (low, high) = SkyFiles.CutsOf(recipe);
        (low, high) = (CutOf("min_cut", MinCut, pixels) ?? low, CutOf("max_cut", MaxCut, pixels) ?? high);
        bool areNumbers = MinCut?.EndsWith('%') != true && MaxCut?.EndsWith('%') != true;
        if (!(low < high) && areNumbers)
            throw Wrong("min_cut", FormattableString.Invariant($"below max_cut ({high} Jy/beam)"), low);
        return new PictureScale(low, low < high ? high : Math.BitIncrement(low), stretch, colours);
    }

    private static double? CutOf(string name, string? text, ReadOnlySpan<float> pixels)
    {
        if (text == null)
            return null;
        bool isShare = text.EndsWith('%');
        if (!double.TryParse(isShare ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value) || (isShare && value is < 0 or > 100))
            throw Wrong(name, "a number of Jy/beam, or a percentile from 0% to 100%", text);
        if (!isShare)
            return value;
        float[] sorted = [.. pixels.ToArray().Where(float.IsFinite).Order()];
        return sorted.Length > 0 ? sorted[(int)Math.Round((sorted.Length - 1) * value / 100)] : 0;
    }

    private static UserErrorException Wrong(string name, string expected, object? found) =>
        new(ErrorKind.Invalid, name, string.Create(CultureInfo.InvariantCulture, $"The parameter {name} should be {expected}, but it is {(found == null ? "missing" : $"'{found}'")}."));

    private static double PixelArcsec(SkyGrid grid) => grid.Coordinates.PixelScaleArcsec;
}
