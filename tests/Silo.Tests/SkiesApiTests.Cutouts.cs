using System.Net;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using SkiaSharp;

namespace RadioDiffusion.Silo.Tests;

/// <summary>Cut-outs of a sky over HTTP.</summary>
public sealed partial class SkiesApiTests
{
    [Fact]
    public async Task Cutout_AsFits_IsTheSkyAtThePixelsThatAreAskedFor()
    {
        var entry = await service.Grains.Sky("cut").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse }, Token);
        const string Query = "/api/v1/skies/cut/cutout?ra=45&dec=-2&width=90&height=60&fov=0.75&projection=SIN&rotation_angle=30";
        using var answer = await service.Http.GetAsync(Query, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("application/fits", "*"), (answer.Content.Headers.ContentType!.MediaType, answer.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("cut.fits"), await answer.Content.ReadAsByteArrayAsync(Token), Token);
        using var file = FitsFile.Open(folder.File("cut.fits"));
        Assert.All(file.VerifyChecksums(), sum => Assert.Equal(FitsChecksumState.Valid, sum.Whole));
        var image = file.FirstImage();
        float[] pixels = new float[90 * 60];
        image.ReadPixels(0, 0, 90, 60, pixels);
        var grid = SkyGrid.Around(new SkyCoordinate(45, -2), 30, 90, 60, "SIN", 30);
        Assert.Equal(new SkyMosaic(SkyRecipe.Parse(entry.Recipe), grid).Rows(0, 60, _ => null, Token), pixels);
        Assert.Equal(grid.Coordinates.PixelToSky(7, 8), WorldCoordinateSystem.FromHeader(image.Header, "cut.fits").PixelToSky(7, 8));
        Assert.Equal((entry.Digest, "JY/BEAM"), (image.Header.GetString("SKYDIGST"), image.Header.GetString("BUNIT")));

        using var again = new HttpRequestMessage(HttpMethod.Get, Query) { Headers = { { "If-None-Match", answer.Headers.ETag!.ToString() } } };
        using var notModified = await service.Http.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotModified, notModified.StatusCode);
        using var other = await service.Http.GetAsync(Query.Replace("=30", "=31", StringComparison.Ordinal), Token);
        Assert.NotEqual(answer.Headers.ETag, other.Headers.ETag);
    }

    [Fact]
    public async Task Cutout_AsPicture_FollowsCutsStretchAndColours()
    {
        await service.Grains.Sky("picture").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse }, Token);
        const string Query = "/api/v1/skies/picture/cutout?ra=45&dec=-2&width=64&format=png";
        float[] values = await PixelsOfAsync(Query.Replace("png", "fits", StringComparison.Ordinal), 64);
        using var usual = SKBitmap.Decode(await service.Http.GetByteArrayAsync(Query, Token));
        using var grey = SKBitmap.Decode(await service.Http.GetByteArrayAsync(Query + "&cmap=Greys_r&stretch=asinh&min_cut=0.5%25&max_cut=99.5%25", Token));
        Assert.Equal((64, 64), (usual.Width, usual.Height));
        var colours = Enumerable.Range(0, 64 * 64).Select(i => grey.GetPixel(i % 64, i / 64)).ToArray();
        Assert.All(colours, colour => Assert.True(colour.Red == colour.Green && colour.Green == colour.Blue));
        float[] sorted = [.. values.Order()];
        double low = sorted[(int)(0.005 * (sorted.Length - 1))], high = sorted[(int)(0.995 * (sorted.Length - 1))];
        for (int row = 0; row < 64; row++)
        {
            for (int column = 0; column < 64; column++)      // the first row of a FITS file is at the bottom
                Assert.Equal(255 * Math.Asinh(10 * Math.Clamp((values[(63 - row) * 64 + column] - low) / (high - low), 0, 1)) / Math.Asinh(10), grey.GetPixel(column, row).Red, 3.0);
        }
        using var jpeg = await service.Http.GetAsync(Query.Replace("png", "jpg", StringComparison.Ordinal), Token);
        Assert.Equal("image/jpeg", jpeg.Content.Headers.ContentType!.MediaType);
    }

    private async Task<float[]> PixelsOfAsync(string query, int side)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("cut.fits"), await service.Http.GetByteArrayAsync(query, Token), Token);
        using var file = FitsFile.Open(folder.File("cut.fits"));
        float[] pixels = new float[side * side];
        file.FirstImage().ReadPixels(0, 0, side, side, pixels);
        return pixels;
    }

    [Theory]
    [InlineData("ra=45&dec=-2&width=0", 400, "width")]
    [InlineData("ra=45&dec=-2&width=9000&height=9000", 400, "sky mosaic")]
    [InlineData("ra=45&dec=-2&width=4000&height=4000&format=png", 400, "png")]
    [InlineData("ra=45&dec=-92", 400, "dec")]
    [InlineData("dec=-2", 400, "ra should")]
    [InlineData("ra=east&dec=-2", 400, "east")]
    [InlineData("ra=45&dec=-2&fov=90", 400, "at most")]
    [InlineData("ra=45&dec=-2&fov=-1", 400, "fov")]
    [InlineData("ra=45&dec=-2&object=M87", 400, "looked up by name")]
    [InlineData("ra=45&dec=-2&wcs={}", 400, "wcs")]
    [InlineData("ra=45&dec=-2&coordsys=galactic", 400, "coordsys")]
    [InlineData("ra=45&dec=-2&projection=XYZ", 400, "XYZ")]
    [InlineData("ra=45&dec=-2&format=gif", 400, "format")]
    [InlineData("ra=45&dec=-2&format=png&stretch=steep", 400, "stretch")]
    [InlineData("ra=45&dec=-2&format=png&cmap=pink", 400, "cmap")]
    [InlineData("ra=45&dec=-2&format=png&min_cut=200%25", 400, "min_cut")]
    [InlineData("ra=45&dec=-2&format=png&min_cut=1&max_cut=0", 400, "min_cut")]
    [InlineData("ra=200&dec=60&width=16", 404, "outside the area")]
    public async Task Cutout_ThatCannotBe_IsRefusedByTheNameOfTheParameter(string query, int status, string said)
    {
        await service.Grains.Sky("refused").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = SkyArea.Cone(new SkyCoordinate(45, -2), 2) }, Token);
        using var answer = await service.Http.GetAsync($"/api/v1/skies/refused/cutout?{query}", Token);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
        string detail = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token)).RootElement.GetProperty("detail").GetString()!;
        Assert.Contains(said, detail, StringComparison.Ordinal);
    }

    /// <summary>While nothing is computed on the device, there are no images.</summary>
    [Fact]
    public async Task Cutout_WhoseImagesAreMissing_SaysHowManyThereAre_UntilItIsWhole()
    {
        const string WithImages = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50, "resolvedAboveArcsec": 30}, "clustering": null, "images": {"model": "run", "steps": 2, "solver": "heun", "distinct": 1}}""";
        await service.Grains.Sky("images").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = WithImages }, Token);
        const string Query = "/api/v1/skies/images/cutout?ra=45&dec=-2&width=128";
        using (service.Gate.Close())
        using (var first = await service.Http.GetAsync(Query, Token))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, first.StatusCode);
            Assert.NotNull(first.Headers.RetryAfter);
            Assert.Contains("0 of ", await first.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
        using var whole = await GetAsync(Query);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("cut.fits"), await whole.Content.ReadAsByteArrayAsync(Token), Token);
        using var file = FitsFile.Open(folder.File("cut.fits"));
        Assert.Equal(16, file.FirstImage().Header.GetString("MODEL")!.Length);
    }
}
