using System.CommandLine;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.SyntheticSky;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`simulate`: a small radio survey on disk.</summary>
internal static class SimulateCommand
{
    private static readonly SimulatedSurveyOptions _defaults = new();
    private static readonly Argument<string> _folder = new("DIR") { Description = "Folder for mosaics/, catalogue.fits (what `dataset build` takes) and truth.fits." };
    private static readonly Option<int> _sources = new Option<int>("--sources") { Description = "Sources; fewer if they do not fit at their least distance.", DefaultValueFactory = _ => _defaults.Sources }.AtLeast(1);
    private static readonly Option<int> _side = new Option<int>("--mosaic-side") { Description = "Side of each of the four mosaics.", DefaultValueFactory = _ => _defaults.MosaicSide, HelpName = "PIXELS" }.Between(200, 20_000);
    private static readonly Option<double> _rms = new Option<double>("--rms") { Description = "Noise in the middle of a mosaic.", DefaultValueFactory = _ => _defaults.Rms * 1e6, HelpName = "UJY/BEAM" }.AtLeast(0);
    private static readonly Option<string[]> _shapes = new("--shapes")
    {
        Description = "A data set from whose images sources take their shapes, turned by any angle and scaled to their fluxes; it has to know its pixels and its beam. May be given several times.",
        DefaultValueFactory = _ => [],
        HelpName = "DATASET",
    };

    private static readonly Option<double> _share = new Option<double>("--shape-share") { Description = "The share of the sources that take their shape from an image, if there are any.", DefaultValueFactory = _ => _defaults.ShapeShare }.Between(0, 1);

    public static Command Build()
    {
        var command = new Command("simulate", "A small simulated survey like LoTSS: four overlapping mosaics (1.5 arcsec pixels, a beam of 6 arcsec), a catalogue, and what is really there.")
            .With(_folder, _sources, _side, _rms, _shapes, _share, CommonOptions.Seed);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string folder = Path.GetFullPath(parsed.GetValue(_folder)!);
        var options = new SimulatedSurveyOptions
        {
            Seed = parsed.GetValue(CommonOptions.Seed),
            Sources = parsed.GetValue(_sources),
            MosaicSide = parsed.GetValue(_side),
            Rms = parsed.GetValue(_rms) / 1e6,
            ShapeShare = parsed.GetValue(_share),
        };
        if (parsed.GetValue(_shapes) is { Length: > 0 } names)
        {
            await using var session = await parsed.OpenSessionAsync(cancellationToken);
            var shapes = new List<SourceShape>();
            foreach (string name in names)
                shapes.AddRange(await ShapesOfAsync(session, name, options.BeamArcsec, output, cancellationToken));
            options = options with { Shapes = shapes };
        }
        var files = SimulatedSurvey.Write(folder, options, new Progress<string>(line => output.Message($"  {line}")), cancellationToken);
        output.Result(new { files.MosaicDirectory, files.CataloguePath, files.TruthPath }, console =>
            console.MarkupLine($"Next: radiodiffusion dataset build NAME --mosaics {files.MosaicDirectory.EscapeMarkup()} --catalogue {files.CataloguePath.EscapeMarkup()}"));
        return ExitCode.Done;
    }

    private static async Task<List<SourceShape>> ShapesOfAsync(Session session, string name, double beamArcsec, Output output, CancellationToken cancellationToken)
    {
        await using var details = await DatasetDetails.OpenAsync(session, name, cancellationToken);
        var (set, description) = (details.Set, details.Set.Description);
        if (description.PixelScaleArcsec <= 0 || description.BeamArcsec <= 0)
        {
            throw new UserErrorException(ErrorKind.Invalid, "--shapes",
                $"Data set '{name}' should know its pixels and its beam, but has {description.PixelScaleArcsec} and {description.BeamArcsec} arcsec. Import it with --pixel-scale and --beam.");
        }
        var shapes = Enumerable.Range(0, set.Count).AsParallel().AsOrdered().WithCancellation(cancellationToken)
            .Select(i => SourceShape.Of($"{name}:{set.Row(i)}", set.Channel(i, 0), set.ImageSize, description.PixelScaleArcsec, description.BeamArcsec, beamArcsec))
            .OfType<SourceShape>().ToList();
        if (shapes.Count == 0)
            throw new UserErrorException(ErrorKind.Invalid, "--shapes", $"No image of data set '{name}' has a source in it that is as large as its beam and away from its border.");
        output.Message($"  shapes of {name}: {shapes.Count} of {set.Count} images");
        return shapes;
    }
}
