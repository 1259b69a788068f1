using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using SkiaSharp;

namespace RadioDiffusion.Silo.Tests;

/// <summary>A sky as a HiPS over HTTP, without images, so that tiles take little time.</summary>
public sealed partial class SkiesApiTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private const string Coarse = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50}, "clustering": null, "images": null}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Hips_HasPropertiesMocAndTiles_AndSaysWhatItHasNot()
    {
        var entry = await service.Grains.Sky("coarse").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = "3/12 4/100-103" }, Token);
        using var properties = await service.Http.GetAsync("/skies/coarse/hips/properties", Token);
        Assert.Equal("*", properties.Headers.GetValues("Access-Control-Allow-Origin").Single());
        var values = (await properties.Content.ReadAsStringAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('=', 2, StringSplitOptions.TrimEntries)).ToDictionary(pair => pair[0], pair => pair[1]);
        foreach (string key in (string[])["creator_did", "obs_title", "hips_release_date", "hips_service_url", "hips_pixel_cut", "moc_sky_fraction", "em_min", "em_max"])
            Assert.NotEmpty(values[key]);
        Assert.Equal(("image", "1.4", "png fits", "4", "equatorial", "512", "-32", "public master unclonable"),
            (values["dataproduct_type"], values["hips_version"], values["hips_tile_format"], values["hips_order"], values["hips_frame"], values["hips_tile_width"], values["hips_pixel_bitpix"], values["hips_status"]));
        Assert.Equal("-0.000166 0.00083", values["hips_pixel_cut"]);

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("Moc.fits"), await service.Http.GetByteArrayAsync("/skies/coarse/hips/Moc.fits", Token), Token);
        Assert.Equal(SkyArea.Parse("3/12 4/100-103"), MocFits.Read(folder.File("Moc.fits")));

        foreach (string absent in (string[])["Norder4/Dir0/Npix0.fits", "Norder5/Dir0/Npix192.png", "Norder4/Dir0/Npix048.png", "Norder2/Allsky.png", "Norder4/Dir0/Npix48.jpg", "index.html"])
        {
            using var answer = await service.Http.GetAsync($"/skies/coarse/hips/{absent}", Token);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
            Assert.Equal("*", answer.Headers.GetValues("Access-Control-Allow-Origin").Single());
        }
        using var unknown = await service.Http.GetAsync("/skies/none/hips/properties", Token);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal("*", unknown.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Equal(4, entry.HipsOrder);
    }

    [Fact]
    public async Task Tile_AsFitsAndAsPng_IsTheSameImage()
    {
        var entry = await service.Grains.Sky("seen").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse }, Token);
        using var fits = await GetAsync("/skies/seen/hips/Norder4/Dir0/Npix49.fits");
        Assert.Equal("application/fits", fits.Content.Headers.ContentType!.MediaType);
        Assert.True(fits.Headers.CacheControl!.NoCache);      // the name may stand for another sky tomorrow
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("tile.fits"), await fits.Content.ReadAsByteArrayAsync(Token), Token);
        float[] pixels = SkyFiles.PixelsOf(folder.File("tile.fits"));

        using var png = await GetAsync("/skies/seen/hips/Norder4/Dir0/Npix49.png");
        using var picture = SKBitmap.Decode(await png.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal((512, 512), (picture.Width, picture.Height));
        int brightest = Array.IndexOf(pixels, pixels.Max());
        var tile = new HipsTile(4, 49);
        var (bright, dark) = (picture.GetPixel(brightest % 512, tile.PngRow(brightest / 512)), picture.GetPixel(Array.IndexOf(pixels, pixels.Min()) % 512, tile.PngRow(Array.IndexOf(pixels, pixels.Min()) / 512)));
        Assert.Equal((252, 255, 164), (bright.Red, bright.Green, bright.Blue));
        Assert.Equal((0, 0, 4), (dark.Red, dark.Green, dark.Blue));

        using var again = new HttpRequestMessage(HttpMethod.Get, "/skies/seen/hips/Norder4/Dir0/Npix49.png") { Headers = { { "If-None-Match", png.Headers.ETag!.ToString() } } };
        using var notModified = await service.Http.SendAsync(again, Token);
        Assert.Equal(HttpStatusCode.NotModified, notModified.StatusCode);

        var listed = await service.Http.GetFromJsonAsync<JsonElement>("/api/v1/skies", Token);
        Assert.Contains(listed.EnumerateArray(), sky => sky.GetProperty("name").GetString() == "seen");
        var one = await service.Http.GetFromJsonAsync<JsonElement>("/api/v1/skies/seen", Token);
        Assert.Equal(entry.Digest, one.GetProperty("digest").GetString());
        Assert.Equal(100, one.GetProperty("recipe").GetProperty("survey").GetProperty("beamMajorArcsec").GetDouble());
        var centre = tile.Centre;
        var sources = await service.Http.GetFromJsonAsync<JsonElement>(FormattableString.Invariant($"/api/v1/skies/seen/sources?ra={centre.RightAscension}&dec={centre.Declination}&radius=1&minFlux=60"), Token);
        Assert.InRange(sources.GetProperty("count").GetInt32(), 5, 120);                // 11 per square degree above 60 mJy
        Assert.All(sources.GetProperty("sources").EnumerateArray(), source => Assert.True(source.GetProperty("flux").GetDouble() >= 60));
        using var wide = await service.Http.GetAsync("/api/v1/skies/seen/sources?ra=0&dec=0&radius=50", Token);
        Assert.Equal(HttpStatusCode.BadRequest, wide.StatusCode);
        using var none = await service.Http.GetAsync("/api/v1/skies/seen/sources?ra=0&dec=0&radius=1&brightest=0", Token);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
    }

    [Fact]
    public async Task Brightest_AreThoseOfAllSources()
    {
        await service.Grains.Sky("bright").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = "all" }, Token);
        var all = await service.Http.GetFromJsonAsync<SkySourceList>("/api/v1/skies/bright/sources?ra=45&dec=24&radius=8", Token);
        var few = await service.Http.GetFromJsonAsync<SkySourceList>("/api/v1/skies/bright/sources?ra=45&dec=24&radius=8&brightest=30", Token);
        Assert.True(all!.Count > 1000);
        Assert.Equal(all.Sources.Take(30), few!.Sources);
        Assert.InRange(few.Count, 30, 80);                   // of some 45 above its limit
        Assert.Equal(few.Count, all.Sources.Count(source => source.Flux >= few.Faintest));
        var wide = await service.Http.GetFromJsonAsync<SkySourceList>("/api/v1/skies/bright/sources?ra=45&dec=24&radius=60&brightest=10", Token);
        Assert.Equal(10, wide!.Sources.Count);
    }

    [Fact]
    public async Task TileThatIsBeingMade_Is202_ForWhoAsksSo()
    {
        await service.Grains.Sky("making").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50, "resolvedAboveArcsec": 30}, "clustering": null, "images": {"steps": 3, "distinct": 1}}""" }, Token);
        const string Tile = "/skies/making/hips/Norder4/Dir0/Npix49.png";
        using (service.Gate.Close())
        {
            using var plain = await service.Http.GetAsync(Tile, Token);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, plain.StatusCode);
            using var request = new HttpRequestMessage(HttpMethod.Get, Tile) { Headers = { { "Prefer", "respond-async, wait=8" } } };
            using var patient = await service.Http.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.Accepted, patient.StatusCode);
            Assert.Equal("respond-async", patient.Headers.GetValues("Preference-Applied").Single());
            Assert.NotNull(patient.Headers.RetryAfter);
            var pending = await patient.Content.ReadFromJsonAsync<JsonElement>(Token);
            Assert.Equal("Norder4/Dir0/Npix49", pending.GetProperty("tile").GetString());
            Assert.True(pending.GetProperty("images").GetInt32() >= pending.GetProperty("imagesDone").GetInt32());
        }
        using var made = await GetAsync(Tile);
        Assert.Equal("image/png", made.Content.Headers.ContentType!.MediaType);
    }

    /// <summary>The fixture's service waits 0.2 s and then says to come again.</summary>
    private async Task<HttpResponseMessage> GetAsync(string path)
    {
        while (true)
        {
            var response = await service.Http.GetAsync(path, Token);
            if (response.StatusCode != HttpStatusCode.ServiceUnavailable)
                return response.EnsureSuccessStatusCode();
            Assert.NotNull(response.Headers.RetryAfter);
            response.Dispose();
        }
    }
}
