using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky mosaic` and `sky segmentation`: images of any part of a sky in any projection.</summary>
internal static class SkyMosaicCommand
{
    private const long MostPixelsOfPicture = 64 << 20;
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly Option<string> _out = new("--out") { Description = "FILE.fits: Jy/beam with WCS; FILE.png: a picture from -2 to 10 sigma.", Required = true, HelpName = "FILE" };
    private static readonly Option<bool> _withoutNoise = new("--without-noise") { Description = "The sources alone." };
    private static readonly Option<bool> _withoutSources = new("--without-sources") { Description = "The noise alone." };
    private static readonly Option<string> _maskOut = new("--out") { Description = "FILE.fits: 32-bit whole numbers with WCS.", Required = true, HelpName = "FILE.fits" };
    private static readonly Option<double> _threshold = new Option<double>("--threshold") { Description = "How bright a source's own light must be in a pixel, in sigma of the noise there.", DefaultValueFactory = _ => 1, HelpName = "SIGMA" }.AtLeast(0.001);

    public static Command Build()
    {
        var command = new Command("mosaic", "An image of any part of a sky in any projection, evaluated at its pixels. Images of sources that are not stored are computed first.")
            .With([_name, .. SkyGridOptions.All, _withoutNoise, _withoutSources, _out]);
        command.Validators.Add(SkyGridOptions.Check);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    public static Command BuildSegmentation()
    {
        var command = new Command("segmentation", "Which source is where in an image of a sky: its row in `sky catalogue` of the same pixels, 0 where there is none.")
            .With([_name, .. SkyGridOptions.All, _threshold, _maskOut]);
        command.Validators.Add(SkyGridOptions.Check);
        command.SetGuardedAction(SegmentAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string to = parsed.GetValue(_out)!;
        if (Path.GetExtension(to) is not (".fits" or ".png"))
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be FILE.fits or FILE.png, but it is '{to}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var entry = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        var grid = SkyGridOptions.Of(parsed, recipe);
        bool isPicture = Path.GetExtension(to) == ".png";
        if (isPicture && (long)grid.Width * grid.Height > MostPixelsOfPicture)
            throw new UserErrorException(ErrorKind.Invalid, to, $"A picture should have at most {MostPixelsOfPicture} pixels, but it would have {grid.Width} x {grid.Height}: write FITS.");
        bool hasSources = !parsed.GetValue(_withoutSources);
        var shown = hasSources ? recipe : recipe with { Images = null };
        var scene = await SkyScene.FetchAsync(session, entry, shown, grid, !parsed.GetValue(_withoutNoise), output, cancellationToken);
        var mosaic = hasSources ? scene.Mosaic : new SkyMosaic(recipe, grid, scene.Mosaic.Catalogue) { HasSources = false, Workers = scene.Mosaic.Workers };
        CreateFolderOf(to);
        var rows = new RowProgress("rows", grid.Height, output);
        await Task.Run(
            () =>
            {
                if (isPicture)
                {
                    var (low, high) = SkyFiles.CutsOf(recipe);
                    WholeFile.Write(to, Picture.Png(mosaic.Rows(0, grid.Height, scene.ImageOf, cancellationToken), grid.Width, grid.Height, low, high));
                }
                else
                {
                    mosaic.Write(to, scene.ImageOf, rows, cancellationToken);
                }
            },
            cancellationToken);
        output.Result(new { Sky = entry.Name, grid.Width, grid.Height, PixelArcsec = grid.Coordinates.PixelScaleArcsec, scene.Images, File = Path.GetFullPath(to) },
            console => console.Line(FormattableString.Invariant($"{Path.GetFullPath(to)}\n  {grid.Width} x {grid.Height} pixels of {grid.Coordinates.PixelScaleArcsec:0.###} arcsec{(scene.Images > 0 ? $", {scene.Images} images of sources" : "")}")));
        return ExitCode.Done;
    }

    private static async Task<int> SegmentAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string to = parsed.GetValue(_maskOut)!;
        if (Path.GetExtension(to) != ".fits")
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be FILE.fits, but it is '{to}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var entry = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        var grid = SkyGridOptions.Of(parsed, recipe);
        var scene = await SkyScene.FetchAsync(session, entry, recipe, grid, hasNoise: true, output, cancellationToken);
        var mask = new SkySegmentation(recipe, grid, scene.Mosaic.Catalogue) { ThresholdSigmas = parsed.GetValue(_threshold), Workers = Environment.ProcessorCount };
        CreateFolderOf(to);
        await Task.Run(() => mask.Write(to, scene.ImageOf, new RowProgress("rows", grid.Height, output), cancellationToken), cancellationToken);
        output.Result(new { Sky = entry.Name, grid.Width, grid.Height, File = Path.GetFullPath(to) }, console => console.Line(Path.GetFullPath(to)));
        return ExitCode.Done;
    }

    internal static void CreateFolderOf(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
    }
}

/// <summary>A line now and then: how many rows are written.</summary>
internal sealed class RowProgress(string what, int total, Output output) : IProgress<int>
{
    private readonly PhaseDisplay _display = new(output);

    public void Report(int value) => _display.Show(what, value, total);
}
