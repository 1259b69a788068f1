using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;
using SkiaSharp;

namespace RadioDiffusion.Silo.Tests;

/// <summary>A sky created over HTTP, made in bulk, watched, stopped and deleted; without images, so that tiles take little time.</summary>
public sealed class SkyBuildsApiTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private static readonly object _coarse = new { survey = new { beamMajorArcsec = 100, pointingDistanceDegrees = 0 }, population = new { faintestMilliJansky = 50 }, clustering = (object?)null, images = (object?)null };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sky_CreatedOverHttp_GetsItsLowOrdersAndAllsky_AndIsDeleted()
    {
        using var created = await service.Http.PostAsJsonAsync("/api/v1/skies", new { name = "posted", recipe = _coarse, area = "1/16", seed = "18446744073709551615" }, Token);
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal("/api/v1/skies/posted", created.Headers.Location!.ToString());
        var sky = await created.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal("18446744073709551615", sky.GetProperty("recipe").GetProperty("seed").GetRawText());
        using var again = await service.Http.PostAsJsonAsync("/api/v1/skies", new { name = "posted", recipe = _coarse, area = "1/16", seed = "18446744073709551615" }, Token);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        using var other = await service.Http.PostAsJsonAsync("/api/v1/skies", new { name = "posted", recipe = _coarse, seed = 1 }, Token);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);

        using var early = await service.Http.GetAsync("/skies/posted/hips/Norder3/Allsky.fits", Token);
        if (early.StatusCode != HttpStatusCode.OK)            // it may be done already
            Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (early.StatusCode, early.Headers.RetryAfter != null));
        var builds = await service.Http.GetFromJsonAsync<JsonElement>(sky.GetProperty("builds").GetString(), Token);
        var events = await service.Http.EventsAsync($"/api/v1/skies/posted/builds/{builds[0].GetProperty("id").GetString()}/events");
        Assert.Equal("done", events[^1].Event);
        Assert.Equal((6, 6, 0, 2), (Number(events[^1].Data, "tilesDone"), Number(events[^1].Data, "tilesTotal"), Number(events[^1].Data, "fromOrder"), Number(events[^1].Data, "toOrder")));   // 1, 1 and 4 tiles

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("allsky.fits"), await service.Http.GetByteArrayAsync("/skies/posted/hips/Norder3/Allsky.fits", Token), Token);
        using (var file = FitsFile.Open(folder.File("allsky.fits")))
            Assert.Equal((SkyAllskyImage.Width, SkyAllskyImage.Height), (file.FirstImage().Width, file.FirstImage().Height));
        float[] pixels = SkyFiles.PixelsOf(folder.File("allsky.fits"));
        Assert.Equal(16 * 64 * 64, pixels.Count(float.IsFinite));
        using var png = await service.Http.GetAsync("/skies/posted/hips/Norder3/Allsky.png", Token);
        using var picture = SKBitmap.Decode(await png.Content.ReadAsByteArrayAsync(Token));
        Assert.Equal((1728, 1856), (picture.Width, picture.Height));
        int shown = 256 % 27 * 64 + 5, top = 256 / 27 * 64 + 5;                              // tile 256 of order 3 is the first one of 1/16
        Assert.Equal((255, 0), (picture.GetPixel(shown, top).Alpha, picture.GetPixel(5, 5).Alpha));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/skies/posted/hips/Norder3/Allsky.png") { Headers = { { "If-None-Match", png.Headers.ETag!.ToString() } } };
        using var notModified = await service.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.NotModified, notModified.StatusCode);

        string list = await service.Http.GetStringAsync("/skies/hipslist", Token);
        var record = Assert.Single(list.Split("\n\n"), one => one.Contains("/skies/posted/hips", StringComparison.Ordinal));
        foreach (string key in (string[])["creator_did", "hips_release_date", "hips_service_url", "hips_status"])
            Assert.Contains($"\n{key} ", "\n" + record, StringComparison.Ordinal);

        using var deleted = await service.Http.DeleteAsync("/api/v1/skies/posted", Token);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        foreach (string gone in (string[])["/api/v1/skies/posted", "/api/v1/skies/posted/builds", "/skies/posted/hips/properties"])
        {
            using var answer = await service.Http.GetAsync(gone, Token);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Build_IsEstimatedStartedStoppedAndGoneOnWith_AndTheMapFollows()
    {
        (await service.Http.PostAsJsonAsync("/api/v1/skies", new { name = "built", recipe = _coarse, area = "2/100" }, Token)).EnsureSuccessStatusCode();
        const string Builds = "/api/v1/skies/built/builds";
        var estimated = await PostAsync(Builds, new { fromOrder = 3, cone = new double[] { 0, 0, 180 }, estimateOnly = true });
        string path = $"{Builds}/{estimated.GetProperty("id").GetString()}";
        var events = await service.Http.EventsAsync($"{path}/events");
        Assert.Equal("stopped", events[^1].Event);
        var estimate = events[^1].Data.GetProperty("estimate");
        Assert.InRange(Number(estimate, "tiles"), 18, 20);    // 4 of order 3 and 16 of order 4; those made to measure them are there
        Assert.True(estimate.GetProperty("seconds").GetDouble() > 0);
        Assert.InRange(estimate.GetProperty("bytes").GetDouble(), 18e6, 22e6);

        Assert.Equal(estimated.GetProperty("id").GetString(), (await PostAsync(Builds, new { fromOrder = 3, area = "all" })).GetProperty("id").GetString());
        using (var stopped = await service.Http.PostAsync($"{path}/cancel", null, Token))
            Assert.Equal(HttpStatusCode.Accepted, stopped.StatusCode);
        var standing = await service.Http.GetFromJsonAsync<JsonElement>(path, Token);
        Assert.Contains(standing.GetProperty("state").GetString(), (string[])["Paused", "Done"]);
        await PostAsync(Builds, new { fromOrder = 3, area = "all" });
        Assert.Equal("done", (await service.Http.EventsAsync($"{path}/events"))[^1].Event);

        Assert.Equal(MocText.ParseAscii("2/100").Ranges, MocText.ParseJson(await service.Http.GetStringAsync("/api/v1/skies/built/coverage", Token)).Ranges);
        Assert.Equal("2/100 4/", await service.Http.GetStringAsync("/api/v1/skies/built/coverage?format=ascii&order=4", Token));
        using var map = SKBitmap.Decode(await service.Http.GetByteArrayAsync("/api/v1/skies/built/coverage?format=png", Token));
        Assert.Equal((true, 0), (map.GetPixel(map.Width / 2, map.Height / 2).Red > 240, (int)map.GetPixel(3, 3).Red));

        using var removed = await service.Http.DeleteAsync(path, Token);
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        foreach (var (said, status, call) in ((string, HttpStatusCode, Task<HttpResponseMessage>)[])
        [
            ("has no build", HttpStatusCode.NotFound, service.Http.GetAsync(path, Token)),
            ("has no build", HttpStatusCode.NotFound, service.Http.GetAsync($"{path}/events", Token)),
            ("has no build", HttpStatusCode.NotFound, service.Http.DeleteAsync(path, Token)),
            ("at most 4", HttpStatusCode.BadRequest, service.Http.PostAsJsonAsync(Builds, new { toOrder = 5 }, Token)),
            ("should overlap", HttpStatusCode.BadRequest, service.Http.PostAsJsonAsync(Builds, new { area = "3/1" }, Token)),
            ("[ra, dec, radius]", HttpStatusCode.BadRequest, service.Http.PostAsJsonAsync(Builds, new { cone = new[] { 1 } }, Token)),
            ("at most one", HttpStatusCode.BadRequest, service.Http.PostAsJsonAsync(Builds, new { area = "3/1", cone = new[] { 1, 2, 3 } }, Token)),
            ("no sky 'none'", HttpStatusCode.NotFound, service.Http.PostAsJsonAsync("/api/v1/skies/none/builds", new { }, Token)),
            ("no 'survey.beam'", HttpStatusCode.BadRequest, service.Http.PostAsJsonAsync("/api/v1/skies", new { name = "x", recipe = new { survey = new { beam = 1 } } }, Token)),
            ("seed should be", HttpStatusCode.BadRequest, service.Http.PostAsJsonAsync("/api/v1/skies", new { name = "x", recipe = _coarse, seed = -1 }, Token)),
            ("format should be", HttpStatusCode.BadRequest, service.Http.GetAsync("/api/v1/skies/built/coverage?format=jpg", Token)),
        ])
        {
            using var answer = await call;
            Assert.Equal(status, answer.StatusCode);
            Assert.Contains(said, (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    private static int Number(JsonElement status, string name) => status.GetProperty(name).GetInt32();

    private async Task<JsonElement> PostAsync(string path, object body)
    {
        using var answer = await service.Http.PostAsJsonAsync(path, body, Token);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }
}
