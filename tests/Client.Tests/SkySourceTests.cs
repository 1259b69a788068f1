using System.Security.Cryptography;
using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.Client.Tests;

/// <summary>A sky with the user's own images of sources on the user's own map. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class SkySourceTests : IDisposable
{
    private const int Side = 40;
    private const double Beam = 100, PixelArcsec = 25;
    private static readonly SkyCoordinate _centre = new(45, -2);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sky_OfALibraryOnAMap_IsTheSameInTwoStores_AndNamesBothByDigest()
    {
        foreach (var (name, spread) in ((string, double)[])[("FRI", 1), ("FRII", 3)])
        {
            for (int i = 0; i < 4; i++)
                WriteSource(_folder.File($"images/{name}/{i}.fits"), spread * Beam / PixelArcsec / 2.3548, 0.01 * (i + 1));
        }
        WriteMap(_folder.File("map.fits"), 0.25f);
        await File.WriteAllTextAsync(_folder.File("sky.json"), """
            {"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0},
             "population": {"faintestMilliJansky": 100, "resolvedAboveArcsec": 10, "classes": [{"name": "FRI", "faint": 0.5, "bright": 0.5}, {"name": "FRII", "faint": 0.5, "bright": 0.5}]}, "clustering": null}
            """, Token);
        var (sky, tile) = await MakeAsync("one");
        var (other, same) = await MakeAsync("two");
        Assert.Equal((sky.GetProperty("digest").GetString(), tile), (other.GetProperty("digest").GetString(), same));
        var recipe = sky.GetProperty("recipe");
        Assert.StartsWith("map-", recipe.GetProperty("background").GetProperty("map").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("dataset-", recipe.GetProperty("images").GetProperty("library").GetString(), StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{16}$", recipe.GetProperty("images").GetProperty("model").GetString());
        Assert.True(recipe.GetProperty("images").GetProperty("takesClass").GetBoolean());

        // The map is under all of the tile, and sources of more than 5 sigma are added to it.
        float[] pixels = SkyFiles.PixelsOf(_folder.File("one.fits"));
        Assert.Equal(0.25f, pixels.Order().ElementAt(pixels.Length / 2), 1e-4f);
        Assert.InRange(pixels.Count(pixel => pixel > 0.26f), 100, 60_000);

        var (exit, _, errors) = await CommandLineTests.RunAsync("sky", "create", "x", "--config", _folder.File("sky.json"), "--library", "none", "--store", _folder.File("one"));
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains("no data set 'none'", errors, StringComparison.Ordinal);
        (exit, _, errors) = await CommandLineTests.RunAsync("sky", "create", "x", "--config", _folder.File("sky.json"), "--background-library", "none", "--store", _folder.File("one"));
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains("no data set 'none'", errors, StringComparison.Ordinal);
        (exit, _, errors) = await CommandLineTests.RunAsync("sky", "create", "x", "--background", _folder.File("none.fits"), "--store", _folder.File("one"));
        Assert.Equal(ExitCode.Failed, exit);
        Assert.Contains("none.fits", errors, StringComparison.Ordinal);
    }

    /// <summary>A recipe names the data set that its noise is made of by what is in it: the same name for other images is another sky, and a store without them cannot draw it.</summary>
    [Fact]
    public async Task Sky_WithNoiseOfADataset_NamesItByDigest_AndIsDrawnWithIt()
    {
        const int Pattern = 7;                               // pixels from one stripe to the next
        for (int i = 0; i < 3; i++)
            WriteImage(_folder.File($"stripes/{i}.fits"), at => 1e-4f * (i + 1) * (at % Side % Pattern == i ? 1 : 0));
        await File.WriteAllTextAsync(_folder.File("sky.json"), """
            {"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0, "rmsMicroJansky": 50}, "population": {"faintestMilliJansky": 9999}, "clustering": null, "images": null}
            """, Token);
        await JsonAsync("store", "dataset", "import", _folder.File("stripes"), "--name", "stripes", "--pixel-scale", "25", "--beam", "100");
        var background = (await JsonAsync("store", "sky", "create", "striped", "--config", _folder.File("sky.json"), "--background-library", "stripes")).GetProperty("recipe").GetProperty("background");
        Assert.StartsWith("dataset-", background.GetProperty("library").GetString(), StringComparison.Ordinal);
        Assert.Matches("^[0-9a-f]{16}$", background.GetProperty("libraryDigest").GetString());
        await JsonAsync("store", "sky", "mosaic", "striped", "--ra", "45", "--dec", "-2", "--fov", "0.6", "--width", "86", "--height", "86", "--out", _folder.File("mosaic.fits"));
        // North is up in images and sky, so stripes stand upright: pixels above each other are alike, those beside each other are not.
        float[] pixels = SkyFiles.PixelsOf(_folder.File("mosaic.fits"));
        double along = 0, across = 0;
        for (int at = 0; at < 80 * 86; at++)
        {
            along += Math.Abs(pixels[at] - pixels[at + 86]);
            across += Math.Abs(pixels[at] - pixels[at + 3]);
        }
        Assert.InRange(along, 0, 0.25 * across);
    }

    private async Task<(JsonElement Sky, string Tile)> MakeAsync(string store)
    {
        await JsonAsync(store, "dataset", "import", _folder.File("images"), "--name", "own", "--pixel-scale", "25", "--beam", "100");
        var sky = await JsonAsync(store, "sky", "create", "own", "--config", _folder.File("sky.json"), "--library", "own", "--background", _folder.File("map.fits"));
        await JsonAsync(store, "sky", "tile", "own", "--at", "45", "-2", "--out", _folder.File($"{store}.fits"));
        return (sky, Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(_folder.File($"{store}.fits"), Token))));
    }

    private static void WriteSource(string path, double sigma, double peak) => WriteImage(path, at =>
    {
        double x = at % Side - Side / 2.0, y = at / Side - Side / 2.0, noise = at * 7919 % 101 / 101.0 - 0.5;
        return (float)(peak * (Math.Exp(-(x * x + y * y) / (2 * sigma * sigma)) + 0.01 * noise));
    });

    private static void WriteImage(string path, Func<int, float> value)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var header = new FitsHeader();
        header.Set("BUNIT", "JY/BEAM");
        FitsWriter.WriteImage(path, [.. Enumerable.Range(0, Side * Side).Select(value)], Side, Side, header);
    }

    private static void WriteMap(string path, float value)
    {
        const int Width = 600;
        var header = new FitsHeader();
        WorldCoordinateSystem.Sin(_centre, 60, (Width - 1) / 2.0, (Width - 1) / 2.0).AddTo(header);      // 10 degrees: more than a tile
        header.Set("BUNIT", "JY/BEAM");
        FitsWriter.WriteImage(path, [.. Enumerable.Repeat(value, Width * Width)], Width, Width, header);
    }

    private async Task<JsonElement> JsonAsync(string store, params string[] args)
    {
        var (exitCode, output, errors) = await CommandLineTests.RunAsync([.. args, "--store", _folder.File(store), "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }
}
