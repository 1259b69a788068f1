using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Tests;

/// <summary>`sky mosaic`, `catalogue`, `segmentation`, `model`, `inject` and `compare` of one small sky. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class SkyProductsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Products_OfASky_AreMadeOfOneCatalogue()
    {
        await File.WriteAllTextAsync(_folder.File("sky.json"), """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 20}, "clustering": null, "images": null}""", TestContext.Current.CancellationToken);
        var created = await JsonAsync("sky", "create", "small", "--preset", "lotss-dr2", "--config", _folder.File("sky.json"), "--cone", "45", "-2", "3");
        var recipe = SkyRecipe.Parse(created.GetProperty("recipe").GetRawText());
        string[] pixels = ["--ra", "45", "--dec", "-2", "--fov", "1", "--width", "120", "--height", "100", "--projection", "SIN"];
        var grid = SkyGrid.Around(new SkyCoordinate(45, -2), 30, 120, 100, "SIN");

        await JsonAsync(["sky", "mosaic", "small", .. pixels, "--out", _folder.File("mosaic.fits")]);
        Assert.Equal(new SkyMosaic(recipe, grid).Rows(0, 100, _ => null, TestContext.Current.CancellationToken), Pixels("mosaic.fits"));
        await JsonAsync("sky", "mosaic", "small", "--like", _folder.File("mosaic.fits"), "--without-noise", "--out", _folder.File("sources.fits"));
        Assert.Equal(new SkyMosaic(recipe, grid) { HasNoise = false }.Rows(0, 100, _ => null, TestContext.Current.CancellationToken), Pixels("sources.fits"));
        await JsonAsync(["sky", "mosaic", "small", .. pixels, "--out", _folder.File("mosaic.png")]);
        Assert.Equal(0x89, (await File.ReadAllBytesAsync(_folder.File("mosaic.png"), TestContext.Current.CancellationToken))[0]);

        int truth = (await JsonAsync(["sky", "catalogue", "small", .. pixels, "--out", _folder.File("truth.vot")])).GetProperty("rows").GetInt32();
        Assert.Equal(new SkyTruth(recipe, grid).Sources(_ => null).Count(), truth);
        await JsonAsync(["sky", "segmentation", "small", .. pixels, "--threshold", "3", "--out", _folder.File("mask.fits")]);
        Assert.InRange(Pixels("mask.fits").Max(), 2, truth);

        int area = (await JsonAsync("sky", "catalogue", "small", "--out", _folder.File("area.parquet"))).GetProperty("rows").GetInt32();
        int cone = (await JsonAsync("sky", "catalogue", "small", "--cone", "45", "-2", "1", "--faintest", "50", "--out", _folder.File("cone.csv"))).GetProperty("rows").GetInt32();
        Assert.InRange(cone, 10, area / 2);
        Assert.Equal(cone, (await JsonAsync("sky", "model", "small", "--cone", "45", "-2", "1", "--faintest", "50", "--out", _folder.File("cone.sky"))).GetProperty("sources").GetInt32());
        Assert.Equal(cone, (await JsonAsync("sky", "model", "small", "--cone", "45", "-2", "1", "--faintest", "50", "--out", _folder.File("cone.osm"))).GetProperty("sources").GetInt32());
        Assert.StartsWith("format = ", await File.ReadAllTextAsync(_folder.File("cone.sky"), TestContext.Current.CancellationToken), StringComparison.Ordinal);

        // The noise of one sky stands for a real map.
        await JsonAsync(["sky", "mosaic", "small", .. pixels, "--without-sources", "--out", _folder.File("map.fits")]);
        var injected = await JsonAsync("sky", "inject", "small", _folder.File("map.fits"), "--out", _folder.File("injected.fits"));
        Assert.Equal(_folder.File("injected.truth.fits"), injected.GetProperty("catalogue").GetString());
        Assert.Equal(truth, injected.GetProperty("sources").GetInt32());
        float[] whole = Pixels("mosaic.fits"), sum = Pixels("injected.fits");
        for (int i = 0; i < sum.Length; i++)
            Assert.Equal(whole[i], sum[i], 1e-6f);

        var compared = await JsonAsync("sky", "compare", "small", _folder.File("mosaic.fits"), "--out", _folder.File("compared"));
        Assert.Equal(compared.GetProperty("real").ToString(), compared.GetProperty("simulated").ToString());       // the same map twice
        Assert.True(compared.GetProperty("real").GetProperty("sources").GetInt32() > 3);
        Assert.Equal(await File.ReadAllBytesAsync(_folder.File("compared/real.png"), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(_folder.File("compared/simulated.png"), TestContext.Current.CancellationToken));

        foreach (var (said, args) in ((string, string[])[])
        [
            ("--ra and --dec", ["sky", "mosaic", "small", "--fov", "1", "--out", _folder.File("no.fits")]),
            ("how large", ["sky", "mosaic", "small", "--ra", "1", "--dec", "1", "--out", _folder.File("no.fits")]),
            ("--like takes all", ["sky", "mosaic", "small", "--like", _folder.File("mosaic.fits"), "--ra", "1", "--out", _folder.File("no.fits")]),
            ("FILE.fits or FILE.png", ["sky", "mosaic", "small", .. pixels, "--out", _folder.File("no.jpg")]),
            ("XYZ", ["sky", "mosaic", "small", "--ra", "1", "--dec", "1", "--fov", "1", "--projection", "XYZ", "--out", _folder.File("no.fits")]),
            ("at most one of", ["sky", "catalogue", "small", "--area", "all", .. pixels, "--out", _folder.File("no.fits")]),
            ("no --faintest", ["sky", "catalogue", "small", "--faintest", "1", .. pixels, "--out", _folder.File("no.fits")]),
            (".osm for OSKAR", ["sky", "model", "small", "--out", _folder.File("no.txt")]),
            ("another file", ["sky", "inject", "small", _folder.File("map.fits"), "--out", _folder.File("map.fits")]),
        ])
        {
            var (exitCode, _, errors) = await RunAsync(args);
            Assert.Equal(ExitCode.WrongUsage, exitCode);
            Assert.Contains(said, errors, StringComparison.Ordinal);
        }
        Assert.Empty(Directory.GetFiles(_folder.Path, "no.*"));
        Assert.Empty(Directory.GetFiles(_folder.Path, "*.tmp"));
    }

    private float[] Pixels(string name)
    {
        using var file = FitsFile.Open(_folder.File(name));
        var image = file.FirstImage();
        float[] pixels = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, image.Width, image.Height, pixels);
        return pixels;
    }

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (exitCode, output, errors) = await RunAsync([.. args, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args) => CommandLineTests.RunAsync([.. args, "--store", _folder.File("store")]);
}
