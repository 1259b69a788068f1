using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky create`, `list`, `show`, `tile` and `delete`: synthetic skies, computed where somebody looks.</summary>
internal static class SkyCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly Option<string> _preset = OptionChecks.Choice("--preset", "What the sky is like. lotss-dr2: LoTSS-DR2; lotss-deep: the LoTSS Deep Fields; first: FIRST.", [.. SkyPresets.Names]);
    private static readonly Option<string?> _config = new("--config") { Description = "JSON file with what is different from the preset, such as {\"survey\": {\"rmsMicroJansky\": 30}}; `sky show --json` shows all there is.", HelpName = "FILE.json" };
    private static readonly Option<ulong?> _seed = new("--seed") { Description = "Seed of everything random. Default: what the configuration says, else 42." };
    private static readonly SkyAreaOptions _area = new("What is shown of it", "all");
    private static readonly Option<int?> _order = new Option<int?>("--order") { Description = "HEALPix order of the tile. Default: the deepest." }.Between(0, 20);
    private static readonly Option<long?> _pixel = new Option<long?>("--pixel") { Description = "HEALPix pixel of the tile (nested).", HelpName = "N" }.AtLeast(0);
    private static readonly Option<double[]?> _at = SkyAreaOptions.Numbers("--at", 2, "The tile that has this place, in degrees.", "RA DEC");
    private static readonly Option<string> _out = new("--out") { Description = "FILE.fits: Jy/beam with WCS; FILE.png: a picture from -2 to 10 sigma.", Required = true, HelpName = "FILE" };

    public static Command Build()
    {
        var create = new Command("create", "Gives a name to a synthetic sky. Nothing is computed before somebody looks at it.").With([_name, _preset, _config, _seed, .. _area.All, .. SkySourceOptions.All]);
        create.Validators.Add(_area.OnlyOne);
        create.SetGuardedAction(CreateAsync);
        var list = new Command("list", "The skies there are.").With();
        list.SetGuardedAction(ListAsync);
        var show = new Command("show", "One sky: what it is made of.").With(_name);
        show.SetGuardedAction(ShowAsync);
        var tile = new Command("tile", "A tile of a sky (HiPS, 512 x 512 pixels), which is computed if it is not in the store.").With(_name, _order, _pixel, _at, _out);
        tile.Validators.Add(result =>
        {
            if ((result.GetResult(_pixel) == null) == (result.GetResult(_at) == null))
                result.AddError("Give either --pixel N (with --order K) or --at RA DEC.");
            else if (result.GetResult(_pixel) != null && result.GetResult(_order) == null)
                result.AddError("--pixel N needs --order K: pixels are numbered within their order.");
        });
        tile.SetGuardedAction(TileAsync);
        var delete = new Command("delete", "Frees the name of a sky. Its tiles stay in the store: an equal sky under another name has the same.").With(_name);
        delete.SetGuardedAction(DeleteAsync);
        var sky = new Command("sky", "Synthetic skies.")
        {
            create, list, show, tile, delete,
            SkyMosaicCommand.Build(), SkyCatalogueCommand.Build(), SkyMosaicCommand.BuildSegmentation(), SkyCatalogueCommand.BuildModel(), SkyInjectCommand.Build(), SkyCompareCommand.Build(),
        };
        foreach (var command in SkyBuildCommand.Build())
            sky.Add(command);
        sky.Add(SkyExportCommand.Build());
        return sky;
    }

    private static async Task<int> CreateAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = Names.Check(parsed.GetValue(_name)!, "a sky");
        string? configuration = parsed.GetValue(_config) is { } file ? await File.ReadAllTextAsync(file, cancellationToken) : null;
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var request = new SkyRequest
        {
            Preset = parsed.GetValue(_preset)!,
            Configuration = await SkySourceOptions.AddAsync(parsed, session, configuration, cancellationToken),
            Area = _area.Of(parsed),
            Seed = parsed.GetValue(_seed),
        };
        var entry = await session.Grains.Sky(name).CreateAsync(request, cancellationToken);
        if (!session.IsEmbedded)
            await session.Grains.Sky(name).BuildAsync(SkyBuildRequest.Overview, cancellationToken);
        Show(entry, output);
        if (!output.IsJson)
        {
            output.Message(session.IsEmbedded
                ? $"Tiles are made when somebody looks. Orders 0 to 2 take long: 'radiodiffusion sky build {name} --orders 0-2' makes them, or the first 'serve' in which somebody looks."
                : $"Orders 0 to 2 are being made: 'radiodiffusion sky builds {name}' says how far they are.");
        }
        return ExitCode.Done;
    }

    private static async Task<int> ListAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var skies = await session.Grains.SkiesAsync(cancellationToken);
        output.Result(skies.Select(Described), console =>
        {
            var table = new Table().AddColumns("Name", "Digest", "MHz", "Beam", "Noise", "Area", "Images");
            foreach (var sky in skies)
            {
                var recipe = SkyRecipe.Parse(sky.Recipe);
                table.AddRow(Markup.Escape(sky.Name), sky.Digest, Text($"{recipe.Survey.FrequencyMegahertz:0.#}"), Text($"{recipe.Survey.BeamMajorArcsec:0.##} arcsec"), Text($"{recipe.Survey.RmsMicroJansky:0.##} uJy/beam"),
                    Text($"{SkyArea.Parse(recipe.Area).AreaSquareDegrees:0.##} deg2"), recipe.Images?.Model ?? "Gaussians");
            }
            console.Write(table);
        });
        return ExitCode.Done;
    }

    private static async Task<int> ShowAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        Show(await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken), output);
        return ExitCode.Done;
    }

    private static async Task<int> DeleteAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string name = parsed.GetValue(_name)!;
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        await session.Grains.Sky(name).DeleteAsync(cancellationToken);
        output.Result(new { Name = name, Deleted = true }, console => console.Line($"Sky {name} is deleted; its tiles stay in the store."));
        return ExitCode.Done;
    }

    private static async Task<int> TileAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string to = parsed.GetValue(_out)!;
        if (Path.GetExtension(to) is not (".fits" or ".png"))
            throw new UserErrorException(ErrorKind.Invalid, to, $"--out should be FILE.fits or FILE.png, but it is '{to}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var sky = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(sky.Recipe);
        var tile = TileOf(parsed, sky, recipe);
        var progress = new PhaseDisplay(output);
        var status = await session.WorkAsync(
            token => session.Grains.FetchSkyTileAsync(sky.Digest, tile.Order, tile.Pixel, Show, token),
            status => status.State == WorkState.Done,
            cancellationToken);
        string file = Path.Combine(await session.Artifacts.GetDirectoryAsync(status.Artifact!, cancellationToken), SkyTiles.File);
        if (Path.GetExtension(to) == ".fits")
            WholeFile.Copy(file, to);
        else
            WholeFile.Write(to, SkyFiles.PngOf(file, recipe));
        output.Result(new { Sky = sky.Name, Tile = tile.Path, Artifact = status.Artifact, status.FromStore, status.Images, File = Path.GetFullPath(to) },
            console => console.Line($"{Path.GetFullPath(to)}\n  {tile.Path}{(status.FromStore ? " (from the store)" : status.Images > 0 ? $", {status.Images} images of sources" : "")}"));
        return ExitCode.Done;

        void Show(SkyTileStatus status)
        {
            if (status.Images > 0)
                progress.Show("images", status.ImagesDone, status.Images);
        }
    }

    private static HipsTile TileOf(ParseResult parsed, SkyEntry sky, SkyRecipe recipe)
    {
        int order = parsed.GetValue(_order) ?? sky.HipsOrder;
        if (order > sky.HipsOrder)
            throw new UserErrorException(ErrorKind.Invalid, "--order", $"--order should be from 0 to {sky.HipsOrder} for the sky '{sky.Name}', but it is {order}.");
        HealpixCell cell;
        if (parsed.GetValue(_at) is [var ra, var dec])
        {
            if (!(ra is >= 0 and < 360 && dec is >= -90 and <= 90))
                throw new UserErrorException(ErrorKind.Invalid, "--at", string.Create(CultureInfo.InvariantCulture, $"--at should be a right ascension from 0 to 360 and a declination from -90 to 90 degrees, but it is {ra} {dec}."));
            cell = HealpixCell.At(order, new SkyCoordinate(ra, dec));
        }
        else
        {
            long pixel = parsed.GetValue(_pixel)!.Value;
            if (pixel >= Healpix.CellCount(order))
                throw new UserErrorException(ErrorKind.Invalid, "--pixel", $"--pixel should be from 0 to {Healpix.CellCount(order) - 1} for order {order}, but it is {pixel}.");
            cell = new HealpixCell(order, pixel);
        }
        return SkyArea.Parse(recipe.Area).Overlaps(cell)
            ? new HipsTile(cell.Order, cell.Pixel)
            : throw new UserErrorException(ErrorKind.NotFound, sky.Name, $"The tile {cell.Order}/{cell.Pixel} lies outside the area of the sky '{sky.Name}'.");
    }

    private static object Described(SkyEntry sky) => new { sky.Name, sky.Digest, sky.HipsOrder, sky.Created, Recipe = JsonDocument.Parse(sky.Recipe).RootElement };

    private static void Show(SkyEntry sky, Output output) => output.Result(Described(sky), console =>
    {
        var recipe = SkyRecipe.Parse(sky.Recipe);
        var (survey, population) = (recipe.Survey, recipe.Population);
        var area = SkyArea.Parse(recipe.Area);
        var grid = new Grid().AddColumn().AddColumn();
        grid.AddRow("Name", Markup.Escape(sky.Name));
        grid.AddRow("Digest", sky.Digest);
        grid.AddRow("Seed", Text($"{recipe.Seed}"));
        grid.AddRow("Area", Text($"{area.AreaSquareDegrees:0.##} square degrees"));
        grid.AddRow("Seen at", Text($"{survey.FrequencyMegahertz:0.#} MHz, beam {survey.BeamMajorArcsec:0.##} x {survey.BeamMinorArcsec ?? survey.BeamMajorArcsec:0.##} arcsec"));
        grid.AddRow("Noise", Text($"{survey.RmsMicroJansky:0.##} uJy/beam{(survey.PointingDistanceDegrees > 0 ? $", pointings {survey.PointingDistanceDegrees.ToString(CultureInfo.InvariantCulture)} degrees apart" : "")}"));
        grid.AddRow("Sources", Text($"{population.Counts}, {population.FaintestMilliJansky} mJy to {population.BrightestMilliJansky / 1000} Jy"));
        grid.AddRow("Clustering", recipe.Clustering is { } clustering ? Text($"w = {clustering.Amplitude} (theta/deg)^-{clustering.Gamma}") : "none");
        if (recipe.Background?.Map is { } map)
            grid.AddRow("Lies on", Markup.Escape(map));
        if (recipe.Background?.Library is { } noise)
            grid.AddRow("Noise of", Markup.Escape(noise));
        grid.AddRow("Images", recipe.Images is { Library: { } library } own ? Text($"data set {library} ({own.Side} x {own.Side} pixels of {own.PixelArcsec} arcsec), for sources from {population.ResolvedAboveArcsec} arcsec")
            : recipe.Images is { } images ? Text($"model {images.Model}, {images.Solver}={images.Steps}, guidance strength {images.Guidance}{(images.Distinct > 0 ? $", {images.Distinct} a class" : "")}, for sources from {population.ResolvedAboveArcsec} arcsec")
            : "none: Gaussians");
        grid.AddRow("Tiles", Text($"HiPS orders 0 to {sky.HipsOrder}"));
        console.Write(grid);
    });

    private static string Text(FormattableString text) => Markup.Escape(FormattableString.Invariant(text));
}
