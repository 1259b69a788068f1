using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.SyntheticSky;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class NoiseImagesTests : IDisposable
{
    private const int Side = 64, Tile = SkyRenderer.TileSide, Margin = 20;
    private const double PixelArcsec = 1.5, BeamArcsec = 6, Rms = 1e-4, Mean = 0.3, Deviation = 0.02;
    private static readonly SkyCoordinate _place = new(210, 35);

    /// <summary>Beam and noise of LoTSS, sources too bright to be there.</summary>
    private static readonly SkyRecipe _recipe = SkyRecipe.Parse("""
        {"survey": {"beamMajorArcsec": 6, "rmsMicroJansky": 100}, "population": {"faintestMilliJansky": 9999}, "clustering": null, "background": {"library": "dataset-1", "libraryDigest": "0123456789abcdef"}}
        """);

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Noise_OfImages_HasTheSurveysDeviation_AndTheImagesCorrelations_EverywhereInTheTile()
    {
        var background = new OpenBackground(Noise: Open(40));
        long pixel = HealpixCell.At(8, _place).Pixel;
        float[] tile = new SkyRenderer(_recipe, background).Tile(8, pixel, [], _ => null, Token);
        Assert.Equal(Rms, DeviationOf(tile, (_, _) => true), 0.03 * Rms);
        // Not only on average: no more or less where one image passes into the next.
        for (int part = 0; part < 16; part++)
            Assert.Equal(Rms, DeviationOf(tile, (x, y) => x / 128 + 4 * (y / 128) == part), 0.12 * Rms);
        // Along rows, whose pixels are a step of the grid apart; the beam's own correlation, since the images were white noise seen through it.
        var hips = new HipsTile(8, pixel);
        foreach (int step in (int[])[1, 2, 4, 8])
        {
            double sum = 0, arcsec = 3600 * hips.PositionAt(200, 200).SeparationTo(hips.PositionAt(200 + step, 200)), sigma = BeamArcsec / 2.3548;
            for (int y = 0; y < Tile; y++)
            {
                for (int x = 0; x < Tile - step; x++)
                    sum += tile[y * Tile + x] * (double)tile[y * Tile + x + step];
            }
            Assert.Equal(Math.Exp(-arcsec * arcsec / (4 * sigma * sigma)), sum / (Tile * (Tile - step)) / (Rms * Rms), 0.04);
        }
    }

    [Fact]
    public void Noise_IsOneFunctionOfThePlace_InMosaicsNeighboursAndOrdersAbove()
    {
        var background = new OpenBackground(Noise: Open(5));
        var renderer = new SkyRenderer(_recipe, background);
        var parent = HealpixCell.At(7, _place);
        float[] above = renderer.Tile(7, parent.Pixel, [], _ => null, Token);
        var child = new HipsTile(8, 4 * parent.Pixel + 3);   // the half to the north-west and to the north-east
        float[] tile = renderer.Tile(8, child.Pixel, [], _ => null, Token);
        // Column and row of the file run against the face's x and with its y.
        for (int y = 0; y < 256; y += 5)
        {
            for (int x = 0; x < 256; x += 7)
                Assert.Equal((At(tile, 2 * x, 2 * y) + At(tile, 2 * x + 1, 2 * y) + At(tile, 2 * x, 2 * y + 1) + At(tile, 2 * x + 1, 2 * y + 1)) / 4, At(above, 256 + x, 256 + y), 1e-3 * Rms);
        }
        var wcs = child.WorldCoordinates();
        float[] mosaic = new SkyMosaic(_recipe, new SkyGrid(wcs, Tile, Tile)) { Background = background }.Rows(0, Tile, _ => null, Token);
        for (int at = 0; at < tile.Length; at += 11)
            Assert.Equal(tile[at], mosaic[at], 1e-3 * Rms);
        Assert.NotEqual(tile, new SkyRenderer(_recipe with { Seed = 43 }, new OpenBackground(Noise: Open(5, seed: 43))).Tile(8, child.Pixel, [], _ => null, Token));

        static float At(float[] file, int x, int y) => file[(Tile - 1 - x) * Tile + y];
    }

    [Fact]
    public void Open_OfImagesThatShowNothing_SaysSo()
    {
        string folder = Write(3, _ => 0);
        Assert.Contains("'flat': all of its images are the same", Assert.Throws<RadioDiffusionException>(() => NoiseImages.Open(folder, "flat", 42)).Message, StringComparison.Ordinal);
        Assert.Contains("dataset-1", Assert.Throws<RadioDiffusionException>(() => new SkyRenderer(_recipe)).Message, StringComparison.Ordinal);
        Assert.Contains("background.library", Assert.Throws<RadioDiffusionException>(() => SkyRecipe.Parse("""{"background": {"library": ""}}""")).Message, StringComparison.Ordinal);
        Assert.Contains("there is neither", Assert.Throws<RadioDiffusionException>(() => SkyRecipe.Parse("""{"background": {}}""")).Message, StringComparison.Ordinal);
    }

    private NoiseImages Open(int count, ulong seed = 42) => NoiseImages.Open(Write(count, i => i), "backgrounds", seed);

    /// <summary>White noise seen through the beam, on a level and of a deviation that do not matter.</summary>
    private string Write(int count, Func<int, double> deviation)
    {
        const int Wide = Side + 2 * Margin;
        string folder = _folder.File(Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(folder);
        using var writer = new GeneratedSetWriter(folder, count, Side);
        var beam = new RichardsonLucy(Wide, Wide, BeamArcsec / PixelArcsec);
        for (int i = 0; i < count; i++)
        {
            var stream = new RandomStream(7, "noise", i);
            float[] white = [.. Enumerable.Range(0, Wide * Wide).Select(_ => (float)stream.NextNormal())], seen = new float[white.Length];
            beam.Convolve(white, seen);
            writer.Put(i, $"image {i}", [.. Enumerable.Range(0, Side * Side).Select(at => (float)(Mean + Deviation * deviation(i + 1) * seen[(at / Side + Margin) * Wide + at % Side + Margin]))]);
        }
        writer.Complete(new SnapshotDescription { Network = new() { ImageSize = Side }, PixelScaleArcsec = PixelArcsec, BeamArcsec = BeamArcsec }, null, null);
        return folder;
    }

    private static double DeviationOf(float[] pixels, Func<int, int, bool> isWanted)
    {
        double sum = 0;
        int count = 0;
        for (int at = 0; at < pixels.Length; at++)
        {
            if (isWanted(at % Tile, at / Tile))
                (sum, count) = (sum + pixels[at] * (double)pixels[at], count + 1);
        }
        return Math.Sqrt(sum / count);
    }
}
