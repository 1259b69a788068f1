using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyInjectionTests : IDisposable
{
    private const int Width = 90, Height = 300;              // more rows than are in memory at a time
    private static readonly SkyRecipe _recipe = new() { Seed = 5, Clustering = null };
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Write_AddsTheSources_InTheMapsUnit_AndKeepsItsHeader()
    {
        string map = Map("mJy/beam", 6, 144);
        using var injection = new SkyInjection(map, _recipe);
        var mosaic = new SkyMosaic(_recipe, injection.Grid) { HasNoise = false };
        injection.Write(_folder.File("injected.fits"), mosaic, _ => null, cancellationToken: Token);
        float[] sources = mosaic.Rows(0, Height, _ => null, Token);
        Assert.True(sources.Max() > 0.0005);
        using var file = FitsFile.Open(_folder.File("injected.fits"));
        var image = file.FirstImage();
        Assert.Equal((4, 1L), (image.AxisLengths.Count, image.PlaneCount));
        Assert.Equal(("mJy/beam", "somewhere", _recipe.Digest), (image.Header.GetString("BUNIT"), image.Header.GetString("OBJECT"), image.Header.GetString("SKYDIGST")));
        Assert.All(file.VerifyChecksums(), sum => Assert.Equal(FitsChecksumState.Valid, sum.Whole));
        float[] pixels = new float[Width * Height];
        image.ReadPixels(0, 0, Width, Height, pixels);
        for (int i = 0; i < pixels.Length; i++)
            Assert.Equal(i == 17 ? float.NaN : Before(i) + (float)(sources[i] * 1000.0), pixels[i], 1e-6f);
    }

    [Theory]
    [InlineData(6.5, 144, "6.5")]
    [InlineData(0, 144, "missing")]
    [InlineData(6, 1400, "1400 MHz")]
    public void Open_AMapOfAnotherBeamOrFrequency_IsRefusedInWords(double beam, double megahertz, string found)
    {
        string map = Map("JY/BEAM", beam, megahertz);
        var error = Assert.ThrowsAny<RadioDiffusionException>(() => new SkyInjection(map, _recipe));
        Assert.Contains(found, error.Message, StringComparison.Ordinal);
        Assert.Contains("sky create", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ACube_IsRefused()
    {
        var header = Header("JY/BEAM", 6, 144);
        using (var writer = FitsFileWriter.Create(_folder.File("cube.fits")))
        {
            writer.AddImage(new float[32], FitsPixelFormat.Float32, [4, 4, 2], header);
            writer.Complete();
        }
        Assert.Contains("it has 2", Assert.ThrowsAny<RadioDiffusionException>(() => new SkyInjection(_folder.File("cube.fits"), _recipe)).Message, StringComparison.Ordinal);
    }

    private static float Before(int pixel) => pixel == 17 ? float.NaN : pixel % 7 * 0.1f;

    private string Map(string unit, double beam, double megahertz)
    {
        using var writer = FitsFileWriter.Create(_folder.File("map.fits"));
        writer.AddImage([.. Enumerable.Range(0, Width * Height).Select(Before)], FitsPixelFormat.Float32, [Width, Height, 1, 1], Header(unit, beam, megahertz));
        writer.Complete();
        return _folder.File("map.fits");
    }

    private static FitsHeader Header(string unit, double beam, double megahertz)
    {
        var header = new FitsHeader();
        SkyGrid.Around(new SkyCoordinate(30, 40), 1.5, Width, Height, "SIN").Coordinates.AddTo(header);
        header.Set("OBJECT", "somewhere");
        header.Set("BUNIT", unit);
        if (beam > 0)
        {
            header.Set("BMAJ", beam / 3600);
            header.Set("BMIN", beam / 3600);
            header.Set("BPA", 90.0);
        }
        header.Set("RESTFRQ", megahertz * 1e6);
        return header;
    }
}
