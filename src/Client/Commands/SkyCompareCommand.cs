using System.CommandLine;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.SyntheticSky;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`sky compare`: a part of a sky beside a real map of the same pixels, as pictures and in numbers.</summary>
internal static class SkyCompareCommand
{
    private static readonly Argument<string> _name = new("NAME") { Description = "Name of the sky." };
    private static readonly Argument<string> _map = new("MAP.fits") { Description = "The real map: FITS with a celestial WCS and the sky's beam, in Jy/beam, mJy/beam or uJy/beam." };
    private static readonly Option<string> _out = new("--out") { Description = "Folder for real.png and simulated.png (one stretch: -2 to 10 sigma of the sky) and simulated.fits.", Required = true, HelpName = "DIR" };

    public static Command Build()
    {
        var command = new Command("compare", "Makes the pixels of a real map from a sky and puts both side by side: pictures, pixel histogram, and what our finder finds in each.").With(_name, _map, _out);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string map = parsed.GetValue(_map)!, folder = parsed.GetValue(_out)!;
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        var entry = await session.Grains.Sky(parsed.GetValue(_name)!).GetAsync(cancellationToken);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        SkyGrid grid;
        using (var injection = new SkyInjection(map, recipe))
            grid = injection.Grid;
        var real = SkyImage.Read(map, null);
        var scene = await SkyScene.FetchAsync(session, entry, recipe, grid, hasNoise: true, output, cancellationToken);
        string file = Path.Combine(folder, "simulated.fits");
        Directory.CreateDirectory(folder);
        await Task.Run(() => scene.Mosaic.Write(file, scene.ImageOf, new RowProgress("rows", grid.Height, output), cancellationToken), cancellationToken);
        var simulated = SkyImage.Read(file, null);
        var (low, high) = SkyFiles.CutsOf(recipe);
        WholeFile.Write(Path.Combine(folder, "real.png"), PictureOf(real, low, high));
        WholeFile.Write(Path.Combine(folder, "simulated.png"), PictureOf(simulated, low, high));
        double unit = recipe.Survey.RmsMicroJansky > 0 ? recipe.Survey.RmsMicroJansky * 1e-6 : high / 10;
        var (ofReal, ofSimulated) = await Task.Run(() => (MapFigures.Of(real, unit, cancellationToken), MapFigures.Of(simulated, unit, cancellationToken)), cancellationToken);
        output.Result(
            new { Sky = entry.Name, Map = map, Folder = Path.GetFullPath(folder), scene.Images, MapFigures.Percents, HistogramUnit = unit, MapFigures.Edges, MapFigures.FluxLimits, Real = ofReal, Simulated = ofSimulated },
            console =>
            {
                console.Write(TableOf(ofReal, ofSimulated, unit));
                console.Line(Path.GetFullPath(folder));
            });
        return ExitCode.Done;
    }

    private static byte[] PictureOf(SkyImage image, double low, double high) => Picture.Png(image.Pixels, image.Width, image.Height, low / image.JanskyPerUnit, high / image.JanskyPerUnit);

    private static Table TableOf(MapFigures real, MapFigures simulated, double unit)
    {
        var table = new Table().AddColumns("").AddColumn(new TableColumn("real").RightAligned()).AddColumn(new TableColumn("simulated").RightAligned());
        Row("area, square degrees", figures => figures.AreaSquareDegrees, "0.0000");
        Row("mean, uJy/beam", figures => figures.Mean * 1e6, "0.0");
        Row("noise between sources, uJy/beam", figures => figures.Noise * 1e6, "0.0");
        for (int i = 0; i < MapFigures.Percents.Count; i++)
        {
            int at = i;
            Row(FormattableString.Invariant($"{MapFigures.Percents[i]} % of the pixels are below, uJy/beam"), figures => figures.Percentiles[at] * 1e6, "0.0");
        }
        for (int i = 0; i <= MapFigures.Edges.Count; i++)
        {
            int at = i;
            string range = i == 0 ? $"below {Edge(0)}" : i == MapFigures.Edges.Count ? $"from {Edge(i - 1)} on" : $"{Edge(i - 1)} to {Edge(i)}";
            Row(FormattableString.Invariant($"% of the pixels {range} times {unit * 1e6:0.#} uJy/beam"), figures => figures.Histogram[at] * 100, "0.000");
        }
        Row("islands found", figures => figures.Islands, "0");
        Row("sources found", figures => figures.Sources, "0");
        Row("Gaussians found", figures => figures.Gaussians, "0");
        Row("sources a square degree", figures => figures.SourcesPerSquareDegree, "0");
        for (int i = 0; i < MapFigures.FluxLimits.Count; i++)
        {
            int at = i;
            Row(FormattableString.Invariant($"from {MapFigures.FluxLimits[i] * 1000} mJy on, a square degree"), figures => figures.PerSquareDegreeAbove[at], "0");
        }
        Row("median flux, mJy", figures => figures.MedianFlux * 1000, "0.000");
        Row("median major axis, arcsec", figures => figures.MedianMajorArcsec, "0.00");
        Row("% of the sources with several Gaussians", figures => figures.ShareOfSeveralGaussians * 100, "0.0");
        Row("flux of all sources, mJy", figures => figures.TotalFlux * 1000, "0.0");
        return table;

        void Row(string what, Func<MapFigures, double> value, string format) => table.AddRow(what, Text(value(real), format), Text(value(simulated), format));

        string Edge(int i) => MapFigures.Edges[i].ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
