using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky inject`: a sky's sources in a map that exists, and the truth beside it.</summary>
internal static class SkyInjectCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly Argument<string> _map = new("MAP.fits") { Description = "FITS image with a celestial WCS and the sky's beam and frequency, in Jy/beam, mJy/beam or uJy/beam." };
    private static readonly Option<string> _out = new("--out") { Description = "The map with the sources.", Required = true, HelpName = "FILE.fits" };
    private static readonly Option<string?> _catalogue = new("--catalogue") { Description = "The truth: what was injected. Default: the name of --out with .truth.fits.", HelpName = "FILE" };

    public static Command Build()
    {
        var command = new Command("inject", "Adds the sources of a sky to a real map, at the places that they have in the sky, and writes the truth beside it.").With(_name, _map, _out, _catalogue);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string map = parsed.GetValue(_map)!, to = parsed.GetValue(_out)!, catalogue = parsed.GetValue(_catalogue) ?? Path.ChangeExtension(to, ".truth.fits");
        if (Path.GetExtension(to) != ".fits")
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be FILE.fits, but it is '{to}'.");
        if (Path.GetFullPath(to) == Path.GetFullPath(map))
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be another file than the map, but both are '{to}'.");
        CatalogueWriter.CheckName(catalogue);
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var entry = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        using var injection = new SkyInjection(map, recipe);
        var scene = await SkyScene.FetchAsync(session, entry, recipe, injection.Grid, hasNoise: false, output, cancellationToken);
        SkyMosaicCommand.CreateFolderOf(to);
        // The truth first: whoever has the map has it too.
        long rows = await Task.Run(() => new SkyTruth(recipe, injection.Grid, scene.Mosaic.Catalogue).Write(catalogue, scene.ImageOf, scene.SampleOf, cancellationToken: cancellationToken), cancellationToken);
        await Task.Run(() => injection.Write(to, scene.Mosaic, scene.ImageOf, new RowProgress("rows", injection.Grid.Height, output), cancellationToken), cancellationToken);
        output.Result(new { Sky = entry.Name, Sources = rows, scene.Images, File = Path.GetFullPath(to), Catalogue = Path.GetFullPath(catalogue) },
            console => console.Line($"{Path.GetFullPath(to)}\n{Path.GetFullPath(catalogue)}\n  {rows} sources, {scene.Images} of them images"));
        return ExitCode.Done;
    }
}
