using System.CommandLine;
using System.CommandLine.Parsing;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky catalogue` and `sky model`: the sources of a sky as a table, and for simulators of visibilities.</summary>
internal static class SkyCatalogueCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly SkyAreaOptions _region = new("What is listed", "the sky's area");
    private static readonly Option<double> _faintest = new Option<double>("--faintest") { Description = "No fainter sources than this, mJy.", DefaultValueFactory = _ => 0, HelpName = "MJY" }.AtLeast(0);
    private static readonly Option<string> _out = new("--out") { Description = "Table whose name ends with .fits, .vot, .parquet, .csv or .ecsv.", Required = true, HelpName = "FILE" };
    private static readonly Option<string> _modelOut = new("--out") { Description = "FILE.sky or FILE.skymodel: BBS, for makesourcedb, DP3 and LOSITO; FILE.osm: OSKAR.", Required = true, HelpName = "FILE" };

    public static Command Build()
    {
        var command = new Command("catalogue", "The truth: the sources of a part of a sky, or those whose light is in an image (the options of `sky mosaic`; then with the place and the sample of each).")
            .With([_name, .. _region.All, _faintest, .. SkyGridOptions.All, _out]);
        command.Validators.Add(CheckRegion);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    public static Command BuildModel()
    {
        var command = new Command("model", "The sources of a part of a sky as a sky model for simulators of visibilities. Resolved ones are Gaussians there.")
            .With([_name, .. _region.All, _faintest, _modelOut]);
        command.Validators.Add(CheckRegion);
        command.SetGuardedAction(ModelAsync);
        return command;
    }

    private static void CheckRegion(CommandResult result)
    {
        int count = _region.All.Count(option => result.GetResult(option) is { Implicit: false });
        bool hasGrid = result.Command.Options.Contains(SkyGridOptions.All[0]) && SkyGridOptions.AreGiven(result);
        if (count + (hasGrid ? 1 : 0) > 1)
            result.AddError("Give at most one of --area, --cone, --box and the pixels of an image (--ra, --dec, ... or --like).");
        else if (hasGrid && result.GetResult(_faintest) is { Implicit: false })
            result.AddError("The truth of an image has all sources that are in it: give no --faintest with it.");
        else if (hasGrid)
            SkyGridOptions.Check(result);
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string to = parsed.GetValue(_out)!;
        CatalogueWriter.CheckName(to);                         // a name of no format is said before the work
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var entry = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        var progress = new RowsWritten(output);
        long rows;
        if (SkyGridOptions.AreGiven(parsed))
        {
            var grid = SkyGridOptions.Of(parsed, recipe);
            var scene = await SkyScene.FetchAsync(session, entry, recipe, grid, hasNoise: false, output, cancellationToken);
            rows = await Task.Run(() => new SkyTruth(recipe, grid, scene.Mosaic.Catalogue).Write(to, scene.ImageOf, scene.SampleOf, progress, cancellationToken), cancellationToken);
        }
        else
        {
            var truth = SkyTruth.Of(recipe, AreaOf(parsed, recipe), parsed.GetValue(_faintest), new SkyCatalogue(recipe));
            rows = await Task.Run(() => truth.Write(to, _ => null, source => SkySamples.IdOf(recipe, source, 0), progress, cancellationToken), cancellationToken);
        }
        output.Result(new { Sky = entry.Name, Rows = rows, File = Path.GetFullPath(to) }, console => console.Line($"{Path.GetFullPath(to)}\n  {rows} sources"));
        return ExitCode.Done;
    }

    private static async Task<int> ModelAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string to = parsed.GetValue(_modelOut)!;
        string ending = Path.GetExtension(to);
        if (ending is not (".sky" or ".skymodel" or ".osm"))
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be FILE.sky or FILE.skymodel for BBS, or FILE.osm for OSKAR, but it is '{to}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var entry = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        var sources = Told(new SkyCatalogue(recipe).In(AreaOf(parsed, recipe), parsed.GetValue(_faintest)), new RowsWritten(output));
        SkyMosaicCommand.CreateFolderOf(to);
        long count = await Task.Run(
            () => ending == ".osm"
                ? SkyModelText.WriteOskar(to, sources, recipe.Survey.FrequencyMegahertz, cancellationToken)
                : SkyModelText.WriteBbs(to, sources, recipe.Survey.FrequencyMegahertz, cancellationToken),
            cancellationToken);
        output.Result(new { Sky = entry.Name, Sources = count, File = Path.GetFullPath(to) }, console => console.Line($"{Path.GetFullPath(to)}\n  {count} sources"));
        return ExitCode.Done;
    }

    private static IEnumerable<SkySource> Told(IEnumerable<SkySource> sources, RowsWritten progress)
    {
        int count = 0;
        foreach (var source in sources)
        {
            progress.Report(++count);
            yield return source;
        }
    }

    private static Moc AreaOf(ParseResult parsed, SkyRecipe recipe) => SkyArea.Parse(_region.Of(parsed) ?? recipe.Area);

    /// <summary>A line now and then.</summary>
    private sealed class RowsWritten(Output output) : IProgress<int>
    {
        private const int Between = 1 << 18;
        private int _next = Between;

        public void Report(int value)
        {
            if (value < _next)
                return;
            _next = value + Between;
            output.Message($"  {value} sources");
        }
    }
}
