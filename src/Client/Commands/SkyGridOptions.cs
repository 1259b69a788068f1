using System.CommandLine;
using System.CommandLine.Parsing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>Which pixels of a sky are wanted: a place and a size, or those of another image.</summary>
internal static class SkyGridOptions
{
    private const int LargestSide = 1 << 18;
    private static readonly Option<double?> _ra = new("--ra") { Description = "Right ascension of the middle, degrees.", HelpName = "DEG" };
    private static readonly Option<double?> _dec = new("--dec") { Description = "Declination of the middle, degrees.", HelpName = "DEG" };
    private static readonly Option<double?> _fov = new Option<double?>("--fov") { Description = "Extent of the longer side, degrees. Default: --width and --height pixels as wide as the sky's own.", HelpName = "DEG" }.Positive();
    private static readonly Option<int?> _width = new Option<int?>("--width") { Description = "Columns. Default: as --fov needs them.", HelpName = "N" }.Between(1, LargestSide);
    private static readonly Option<int?> _height = new Option<int?>("--height") { Description = "Rows. Default: as columns.", HelpName = "N" }.Between(1, LargestSide);
    private static readonly Option<string> _projection = new("--projection") { Description = "Three letters of the FITS standard: TAN, SIN, ZEA, AIT, CAR, ...", DefaultValueFactory = _ => "TAN" };
    private static readonly Option<double?> _rotation = new("--rotation") { Description = "Where up is in the middle, degrees from north through east. Default: 0.", HelpName = "DEG" };
    private static readonly Option<string?> _like = new("--like") { Description = "Takes the pixels of this FITS image instead: its size and WCS.", HelpName = "FILE.fits" };

    public static Option[] All => [_ra, _dec, _fov, _width, _height, _projection, _rotation, _like];

    public static void Check(CommandResult result)
    {
        bool isLike = IsGiven(result, _like), hasPlace = IsGiven(result, _ra) && IsGiven(result, _dec);
        if (isLike && All.Any(option => option != _like && IsGiven(result, option)))
            result.AddError("--like takes all of an image's pixels: give no --ra, --dec, --fov, --width, --height, --projection or --rotation with it.");
        else if (!isLike && !hasPlace)
            result.AddError("Say which pixels: --ra and --dec with --fov or --width (and --height), or --like FILE.fits.");
        else if (!isLike && !IsGiven(result, _fov) && !IsGiven(result, _width))
            result.AddError("Say how large the image is: --fov in degrees, --width (and --height) in pixels, or both.");
    }

    /// <summary>Whether any of the options is there.</summary>
    public static bool AreGiven(CommandResult result) => All.Any(option => IsGiven(result, option));

    public static bool AreGiven(ParseResult parsed) => AreGiven(parsed.CommandResult);

    /// <exception cref="UserErrorException">Options that make no image.</exception>
    public static SkyGrid Of(ParseResult parsed, SkyRecipe recipe)
    {
        try
        {
            return parsed.GetValue(_like) is { } like ? Like(like) : Around(parsed, recipe);
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, "--projection", error.Message);
        }
    }

    private static SkyGrid Around(ParseResult parsed, SkyRecipe recipe)
    {
        double ra = parsed.GetValue(_ra)!.Value, dec = parsed.GetValue(_dec)!.Value;
        if (!(ra is >= 0 and < 360 && dec is >= -90 and <= 90))
            throw new UserErrorException(ErrorKind.Invalid, "--ra", FormattableString.Invariant($"--ra should be from 0 up to 360 and --dec from -90 to 90 degrees, but they are {ra} and {dec}."));
        double own = HealpixCell.WidthDegrees(recipe.Survey.PixelOrder);
        int width = parsed.GetValue(_width) ?? (int)Math.Clamp(Math.Ceiling(parsed.GetValue(_fov)!.Value / own), 1, LargestSide), height = parsed.GetValue(_height) ?? width;
        double pixel = parsed.GetValue(_fov) is { } fov ? fov / Math.Max(width, height) : own;
        return SkyGrid.Around(new SkyCoordinate(ra, dec), pixel * 3600, width, height, parsed.GetValue(_projection)!, parsed.GetValue(_rotation) ?? 0);
    }

    private static SkyGrid Like(string path)
    {
        using var file = FitsFile.Open(path);
        return SkyGrid.FromHeader(file.FirstImage().Header, path);
    }

    private static bool IsGiven(CommandResult result, Option option) => result.GetResult(option) is { Implicit: false };
}
