using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Client.Tests;

/// <summary>`find` on a mosaic of a simulated survey, whose truth is known.</summary>
[Collection("console")]
public sealed class FindCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Find_OnASimulatedMosaic_FindsItsSourcesInEveryFormat()
    {
        var survey = await DoneAsync("simulate", _folder.File("survey"), "--sources", "60", "--mosaic-side", "400");
        string mosaic = Directory.GetFiles(survey.GetProperty("mosaicDirectory").GetString()!, "*.fits").Order(StringComparer.Ordinal).First();
        string[] catalogues = [_folder.File("found.fits"), _folder.File("found.vot"), _folder.File("found.csv"), _folder.File("found.reg")];
        var found = await DoneAsync(["find", mosaic, .. catalogues.SelectMany(file => new[] { "--out", file }), "--model", _folder.File("model.fits"), "--residual", _folder.File("residual.fits"), "--rms", _folder.File("rms.fits")]);
        int count = found.GetProperty("sources").GetInt32();
        Assert.InRange(count, 5, 60);

        var positions = catalogues[..3].Select(PositionsOf).ToArray();
        Assert.All(positions, one => Assert.Equal(count, one.Count));
        foreach (var (one, other) in positions[0].Zip(positions[2]))
            Assert.InRange(one.SeparationTo(other) * 3600, 0, 1e-6);
        Assert.Equal(count, (await File.ReadAllLinesAsync(catalogues[3], TestContext.Current.CancellationToken)).Count(line => line.StartsWith("ellipse(", StringComparison.Ordinal)));

        // Every bright catalogued source that lies well inside is found within a third of the beam, and little else is.
        var catalogue = Catalogue.Read(survey.GetProperty("cataloguePath").GetString()!, cancellationToken: TestContext.Current.CancellationToken);
        using var file = FitsFile.Open(mosaic);
        var wcs = WorldCoordinateSystem.FromHeader(file.FirstImage().Header, mosaic);
        var truth = catalogue.Rows;
        var bright = truth.Where(row => row.PeakFluxMilliJansky > 2 && wcs.TrySkyToPixel(row.Position, out double x, out double y) && x is > 60 and < 340 && y is > 60 and < 340).ToList();
        Assert.NotEmpty(bright);
        Assert.All(bright, row => Assert.InRange(positions[0].Min(position => position.SeparationTo(row.Position) * 3600), 0, 20));
        Assert.True(positions[0].Count(position => truth.Min(row => row.Position.SeparationTo(position) * 3600) < 60) >= 0.9 * count);

        // What is left has no source any more, and its noise is that of the image.
        using var residual = FitsFile.Open(_folder.File("residual.fits"));
        float[] pixels = new float[400 * 400];
        residual.FirstImage().ReadPixels(0, 0, 400, 400, pixels);
        Assert.Equal(6 / 3600.0, residual.FirstImage().Header.GetDouble("BMAJ")!.Value, 1e-9);
        double rms = found.GetProperty("rms").GetDouble();
        double[] inside = [.. pixels.Where(float.IsFinite).Select(pixel => (double)pixel)];
        Assert.True(inside.Count(pixel => pixel > 8 * rms) < 0.001 * inside.Length);

        // It is a catalogue like others: data sets can be built of it.
        Assert.Equal("pybdsf-srl", (await DoneAsync("catalogue", "show", catalogues[0])).GetProperty("mapping").GetString());
    }

    [Fact]
    public async Task Find_OfWrongInput_SaysWhatIsWrong()
    {
        string image = _folder.File("plain.fits");
        var header = new FitsHeader();
        WorldCoordinateSystem.Sin(new SkyCoordinate(10, 20), 1.5, 20, 20).AddTo(header);
        FitsWriter.WriteImage(image, new float[40 * 40], 40, 40, header);
        await FailsAsync(ExitCode.Failed, "Name it with --beam", "find", image, "--out", _folder.File("a.csv"));
        await FailsAsync(ExitCode.Failed, "rms is 0", "find", image, "--beam", "6", "--out", _folder.File("a.csv"));
        await FailsAsync(ExitCode.WrongUsage, "--beam should be", "find", image, "--beam", "6,8", "--out", _folder.File("a.csv"));
        var stream = new RandomStream(1, "pixels");
        FitsWriter.WriteImage(image, [.. Enumerable.Range(0, 40 * 40).Select(_ => (float)stream.NextNormal())], 40, 40, header);
        await FailsAsync(ExitCode.Failed, "should fit into the image of 40 x 40 pixels", "find", image, "--beam", "6", "--rms-box", "60,20", "--out", _folder.File("a.csv"));
        await FailsAsync(ExitCode.WrongUsage, "--rms-box should be", "find", image, "--rms-box", "60", "--out", _folder.File("a.csv"));
        await FailsAsync(ExitCode.Failed, "a.txt", "find", image, "--beam", "6", "--out", _folder.File("a.txt"));
        await FailsAsync(ExitCode.Failed, "nothing.fits", "find", _folder.File("nothing.fits"), "--out", _folder.File("a.csv"));
        Assert.False(File.Exists(_folder.File("a.csv")));
    }

    private static List<SkyCoordinate> PositionsOf(string path)
    {
        using var reader = CatalogueReader.Open(path);
        CatalogueColumn ra = CatalogueColumn.Find(reader.Columns, "RA")!, dec = CatalogueColumn.Find(reader.Columns, "DEC")!;
        return [.. reader.Read([ra, dec], TestContext.Current.CancellationToken).SelectMany(batch => Enumerable.Range(0, batch.RowCount).Select(row => new SkyCoordinate(batch.Columns[0].Number(row), batch.Columns[1].Number(row))))];
    }

    private static async Task<JsonElement> DoneAsync(params string[] command)
    {
        var (exitCode, text, errors) = await CommandLineTests.RunAsync([.. command, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    private static async Task FailsAsync(int exitCode, string message, params string[] command)
    {
        var result = await CommandLineTests.RunAsync(command);
        Assert.Contains(message, result.Errors + result.Output, StringComparison.Ordinal);
        Assert.Equal(exitCode, result.ExitCode);
    }
}
