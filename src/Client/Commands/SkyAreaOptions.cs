using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>A part of the sky on the command line: --area MOC, --cone or --box.</summary>
/// <param name="what">What is taken of the sky, for the descriptions.</param>
/// <param name="otherwise">What is taken without any.</param>
internal sealed class SkyAreaOptions(string what, string otherwise)
{
    private readonly Option<string?> _area = new("--area") { Description = $"{what}: all, or a MOC such as '3/12 4/100-103'. Default: {otherwise}.", HelpName = "MOC" };
    private readonly Option<double[]?> _cone = Numbers("--cone", 3, $"{what}: a circle, in degrees.", "RA DEC RADIUS");
    private readonly Option<double[]?> _box = Numbers("--box", 4, $"{what}: right ascensions going eastwards and declinations, in degrees.", "RA1 RA2 DEC1 DEC2");

    public Option[] All => [_area, _cone, _box];

    public void OnlyOne(CommandResult result)
    {
        if (All.Count(option => result.GetResult(option) is { Implicit: false }) > 1)
            result.AddError($"Give at most one of {string.Join(", ", All.Select(option => option.Name))}.");
    }

    /// <summary>As a recipe has it; null if none is given.</summary>
    /// <exception cref="UserErrorException">It is no area.</exception>
    public string? Of(ParseResult parsed)
    {
        try
        {
            string? area = parsed.GetValue(_cone) is [var ra, var dec, var radius] ? SkyArea.Cone(new SkyCoordinate(ra, dec), radius)
                : parsed.GetValue(_box) is [var first, var last, var south, var north] ? SkyArea.Box(first, last, south, north)
                : parsed.GetValue(_area);
            if (area != null)
                SkyArea.Parse(area);
            return area;
        }
        catch (RadioDiffusionException error)
        {
            throw new UserErrorException(ErrorKind.Invalid, "--area", error.Message);
        }
    }

    /// <summary>An option of several numbers.</summary>
    public static Option<double[]?> Numbers(string name, int count, string description, string help) => new(name)
    {
        Description = description,
        HelpName = help,
        Arity = new ArgumentArity(count, count),
        AllowMultipleArgumentsPerToken = true,
        CustomParser = result =>
        {
            double[] values = [.. result.Tokens.Select(token => double.TryParse(token.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : double.NaN)];
            if (values.Length == count && !values.Any(double.IsNaN))
                return values;
            result.AddError($"{name} should be {count} numbers, {help}, but it is '{string.Join(' ', result.Tokens.Select(token => token.Value))}'.");
            return null;
        },
    };
}
