using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Playwright;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.Silo.Tests.Security;
using SkiaSharp;
using static Microsoft.Playwright.Assertions;

namespace RadioDiffusion.Silo.Tests;

/// <summary>The pages at /skies in a real browser, on skies whose tiles take little time.</summary>
public sealed class SkyPageTests(ServiceFixture service, KeysFixture keys, BrowserFixture browser) : IClassFixture<ServiceFixture>, IClassFixture<KeysFixture>, IClassFixture<BrowserFixture>
{
    private const string Coarse = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50, "resolvedAboveArcsec": 30}, "clustering": null, "images": null}""";
    private const string WithImages = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50, "resolvedAboveArcsec": 30}, "clustering": null, "images": {"steps": 2, "distinct": 1}}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Root => service.Http.BaseAddress!.ToString();

    [Theory]
    [InlineData("fits")]
    [InlineData("png")]
    public async Task View_ShowsTheSky_AndAsksNobodyElse(string format)
    {
        await RequireViewerAsync();
        await CreateAsync("shown", Coarse);
        var source = (await SourcesAsync("shown", 3))[0];
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync($"{Root}skies/shown?target={Target(source)}&fov=1");
        await page.Locator("#overlay").UncheckAsync();
        bool IsTile(string url) => url.Contains("/skies/shown/hips/Norder4/", StringComparison.Ordinal) && url.EndsWith($".{format}", StringComparison.Ordinal);
        if (format == "png")
            await page.RunAndWaitForResponseAsync(() => page.Locator("#format").SelectOptionAsync(format), answer => answer.Ok && IsTile(answer.Url));
        await Expect(page.Locator("#waiting")).ToBeEmptyAsync();
        await UntilAsync(page, picture => Brightness(picture, 0.5, 0.5) > 200 && Enumerable.Range(0, 8).Average(i => Brightness(picture, 0.1 + 0.1 * i, 0.15)) < 120);
        await Expect(page.Locator("#width")).ToContainTextAsync("1.00");
        Assert.Contains(watched.Asked, IsTile);
        if (format == "png")
            watched.Errors.RemoveAll(error => error.Contains("404", StringComparison.Ordinal));      // Allsky.png, for which Aladin Lite asks without fetch
        AssertQuiet(watched);
    }

    [Fact]
    public async Task ClickOnASource_SaysWhatItIs_AndTheLinkShowsItAgain()
    {
        await RequireViewerAsync();
        await CreateAsync("pictured", WithImages);
        var source = (await SourcesAsync("pictured", 2)).First(one => one.Sample != null);
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"], new() { Origin = Root });
        await page.GotoAsync($"{Root}skies/pictured?target={Target(source)}&fov=0.3");
        await Expect(page.Locator($"[data-source='{source.Id}']")).ToHaveCountAsync(1);
        await page.Locator("#view").ClickAsync();
        await Expect(page.Locator("#sourceName")).ToHaveTextAsync(source.Id);
        await Expect(page.Locator("#facts")).ToContainTextAsync(string.Create(CultureInfo.InvariantCulture, $"{double.Parse(source.Flux.ToString("G3", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)} mJy at 144 MHz"));
        await Expect(page.Locator("#facts")).ToContainTextAsync(source.SpectralIndex.ToString("F2", CultureInfo.InvariantCulture));
        await Expect(page.Locator("#sampleId code")).ToHaveTextAsync(source.Sample!);
        await Expect(page.Locator("#openSample")).ToHaveAttributeAsync("href", $"../#{Uri.EscapeDataString(source.Sample!)}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy ID" }).ClickAsync();
        Assert.Equal(source.Sample, await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        await Expect(page.Locator("#sample.done")).ToHaveCountAsync(1);
        await Expect(page.Locator("#around.done")).ToHaveCountAsync(1);
        Assert.True(await page.EvaluateAsync<int>("() => { const c = document.querySelector('#around canvas'), at = c.getContext('2d').getImageData(c.width / 2, c.height / 2, 1, 1).data; return at[0] + at[1] + at[2]; }") > 300);   // the source is in its middle
        Assert.True(await page.EvaluateAsync<int>("() => { const c = document.querySelector('#sample canvas'); return Math.max(...c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, k) => k % 4 < 3)); }") > 200);

        await page.GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        string link = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        Assert.StartsWith($"{Root}skies/pictured?", link, StringComparison.Ordinal);
        await using var other = await browser.OpenAsync();
        await other.Page.GotoAsync(link);
        await Expect(other.Page.Locator("#sourceName")).ToHaveTextAsync(source.Id);
        await Expect(other.Page.Locator("#width")).ToContainTextAsync("18.0");     // arc minutes
        AssertQuiet(watched);
        AssertQuiet(other);
    }

    [Fact]
    public async Task TilesThatTakeTime_AreWaitedFor()
    {
        await RequireViewerAsync();
        await CreateAsync("slow", WithImages, seed: 77);
        var source = (await SourcesAsync("slow", 2)).First(one => one.Sample != null);
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        using (service.Gate.Close())
        {
            await page.GotoAsync($"{Root}skies/slow?target={Target(source)}&fov=0.5");
            await page.Locator("#overlay").UncheckAsync();
            await Expect(page.Locator("#waiting")).ToContainTextAsync("Making");
            await UntilAnsweredAsync(watched, HttpStatusCode.Accepted);
        }
        await Expect(page.Locator("#waiting")).ToBeEmptyAsync();
        await UntilAsync(page, picture => Brightness(picture, 0.5, 0.5) > 150);
        AssertQuiet(watched);
    }

    [Fact]
    public async Task Overlay_ListsAndHidesKinds()
    {
        await RequireViewerAsync();
        await CreateAsync("marked", Coarse);
        var sources = await SourcesAsync("marked", 3);
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync($"{Root}skies/marked?target=45 24.6&fov=3");
        await Expect(page.Locator("#listed")).ToContainTextAsync("in a circle around the view");
        Assert.True(await page.Locator("#sources li").CountAsync() > 20);
        await Expect(page.Locator("#kinds label")).ToHaveCountAsync(2);
        await Expect(page.Locator("#waiting")).ToBeEmptyAsync();
        int all = await MarkedPixelsAsync(page);
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "Unresolved" }).UncheckAsync();
        int some = await MarkedPixelsAsync(page);
        await page.GetByLabel("Mark them").UncheckAsync();
        Assert.True(all > some && some > await MarkedPixelsAsync(page));
        await page.Locator("#sources button").First.ClickAsync();
        await Expect(page.Locator("#sourceName")).ToHaveTextAsync(sources[0].Id);
        AssertQuiet(watched);
    }

    [Fact]
    public async Task Form_CreatesASky_AndSaysWhatIsWrongWithIt()
    {
        browser.Require();
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync($"{Root}skies");
        await Expect(page.Locator("#preset option")).ToHaveCountAsync(3);
        await page.GetByLabel("Name").FillAsync("mine");
        await page.GetByLabel("Seed").FillAsync("18446744073709551615");
        await page.GetByLabel("Noise, µJy/beam").FillAsync("-5");
        await page.GetByLabel("Images of resolved sources").SelectOptionAsync("none");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create the sky" }).ClickAsync();
        await Expect(page.Locator("#wishError")).ToContainTextAsync("rmsMicroJansky should be 0 or more, but it is -5");
        await page.GetByLabel("Noise, µJy/beam").FillAsync("30");
        await page.GetByText("All the rest, as JSON").ClickAsync();
        await page.Locator("#recipe").FillAsync("""{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50}}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create the sky" }).ClickAsync();
        await page.WaitForURLAsync($"{Root}skies/mine**");
        await Expect(page.Locator("#recipe")).ToContainTextAsync("18446744073709551615");
        var recipe = (await service.Http.GetFromJsonAsync<JsonElement>("/api/v1/skies/mine", Token)).GetProperty("recipe");
        Assert.Equal((30, 100, 50), (recipe.GetProperty("survey").GetProperty("rmsMicroJansky").GetDouble(), recipe.GetProperty("survey").GetProperty("beamMajorArcsec").GetDouble(), recipe.GetProperty("population").GetProperty("faintestMilliJansky").GetDouble()));
        Assert.Equal(JsonValueKind.Null, recipe.GetProperty("images").ValueKind);

        await page.GotoAsync($"{Root}skies");
        await Expect(page.Locator("#skies a", new() { HasText = "mine" })).ToHaveAttributeAsync("href", "skies/mine");
        await Expect(page.Locator("#skies li", new() { HasText = "mine" }).Locator("img")).ToBeVisibleAsync();
        Assert.All(watched.Asked, url => Assert.True(IsOurs(url), url));
    }

    [Fact]
    public async Task Keyboard_IsEnough_AndNoRuleOfAccessibilityIsBroken()
    {
        await RequireViewerAsync();
        await CreateAsync("keys", Coarse);
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync($"{Root}skies/keys?target=45 24.6&fov=2");
        await Expect(page.Locator("#sources li")).Not.ToHaveCountAsync(0);
        await page.Locator("#view").FocusAsync();
        await page.Keyboard.PressAsync("+");
        await Expect(page.Locator("#width")).ToContainTextAsync("1.33");
        string before = await page.Locator("#centreText").InnerTextAsync();
        await page.Keyboard.PressAsync("ArrowUp");
        await Expect(page.Locator("#centreText")).Not.ToHaveTextAsync(before);
        await page.Keyboard.PressAsync("n");
        await Expect(page.Locator("#chosen")).ToBeVisibleAsync();
        await page.WaitForURLAsync(url => url.Contains("source=b", StringComparison.Ordinal));
        await watched.AssertAccessibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#chosen")).ToBeHiddenAsync();
        await page.Locator("#target").FillAsync("nowhere");
        await page.Locator("#target").PressAsync("Enter");
        Assert.False(await page.EvaluateAsync<bool>("document.getElementById('target').validity.valid"));
        await page.Locator("#target").FillAsync("03 04 00 +24 00 00");
        await page.Locator("#target").PressAsync("Enter");
        await Expect(page.Locator("#centreText")).ToContainTextAsync("03 04 00.00 +24 00 00.0");
        await page.GotoAsync($"{Root}skies");
        await Expect(page.Locator("#skies li")).Not.ToHaveCountAsync(0);
        await watched.AssertAccessibleAsync();
    }

    [Fact]
    public async Task Phone_ShowsEverythingWithoutScrollingAside()
    {
        await RequireViewerAsync();
        await CreateAsync("small", Coarse);
        await using var watched = await browser.OpenAsync(width: 390, height: 800);
        var page = watched.Page;
        await page.GotoAsync($"{Root}skies/small?target=45 24.6&fov=2");
        await page.Locator("#sources button").First.ClickAsync();
        await Expect(page.Locator("#chosen")).ToBeVisibleAsync();
        await watched.AssertFitsAsync();
        await page.GotoAsync($"{Root}skies");
        await Expect(page.Locator("#skies li")).Not.ToHaveCountAsync(0);
        await watched.AssertFitsAsync();
    }

    [Fact]
    public async Task WithoutViewer_ThePageSaysHowToAddIt_AndTellsOfTheSky()
    {
        browser.Require();
        await CreateAsync("unseen", Coarse);
        await using var watched = await browser.OpenAsync();
        await watched.Page.RouteAsync("**/pages/viewer/aladin.js", route => route.FulfillAsync(new() { Status = 404 }));
        await watched.Page.GotoAsync($"{Root}skies/unseen");
        await Expect(watched.Page.Locator("#missing")).ToContainTextAsync("npm pack aladin-lite@3.8.2");
        await Expect(watched.Page.Locator("#hips")).ToHaveTextAsync($"{Root}skies/unseen/hips");
        await watched.Page.GotoAsync($"{Root}skies/nothing");
        await Expect(watched.Page.Locator("#error")).ToContainTextAsync("There is no sky 'nothing'");
        using var slash = await service.Http.GetAsync("/skies/unseen/?fov=2", Token);
        Assert.Equal("/skies/unseen?fov=2", slash.RequestMessage!.RequestUri!.PathAndQuery);
    }

    [Fact]
    public async Task Viewer_ComesWithItsLicence()
    {
        await RequireViewerAsync();
        Assert.Contains("GNU GENERAL PUBLIC LICENSE", await service.Http.GetStringAsync("/pages/viewer/COPYING", Token), StringComparison.Ordinal);
        Assert.Contains("GNU LESSER GENERAL PUBLIC LICENSE", await service.Http.GetStringAsync("/pages/viewer/LICENSE", Token), StringComparison.Ordinal);
        string digest = Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(await service.Http.GetByteArrayAsync("/pages/viewer/aladin.js", Token)));
        Assert.Equal("vtnI7x0eg1AbHLeCNmCSxyxezRyI8W/vMWYYiugGIGY=", digest);          // of dist/aladin.js in the package 3.8.2
    }

    [Fact]
    public async Task ServiceWithKeys_AsksForOne_AndGoesOnWithIt()
    {
        browser.Require();
        await using var watched = await browser.OpenAsync();
        await watched.Page.GotoAsync($"{keys.Http.BaseAddress}skies");
        await Expect(watched.Page.Locator("#error")).ToContainTextAsync("A key is needed");
        await watched.Page.GetByLabel("Key of this service").FillAsync(keys.Secret("admin"));
        await watched.Page.GetByLabel("Key of this service").PressAsync("Enter");
        await Expect(watched.Page.Locator("#preset option")).ToHaveCountAsync(3);
        await Expect(watched.Page.Locator("#error")).ToBeHiddenAsync();
    }

    [Fact]
    public async Task CellsOfThePage_AreThoseOfTheSky()
    {
        browser.Require();
        await using var watched = await browser.OpenAsync();
        await watched.Page.GotoAsync($"{Root}skies");
        var cells = Enumerable.Range(0, 12).Select(face => new HealpixCell(0, face)).Concat(Enumerable.Range(0, 768).Select(pixel => new HealpixCell(3, pixel))).Append(new HealpixCell(13, 805306367)).ToList();
        double[][] centres = await watched.Page.EvaluateAsync<double[][]>("async cells => { const { centre } = await import('/pages/healpix.js'); return cells.map(([order, pixel]) => { const { ra, dec } = centre(order, pixel); return [ra, dec]; }); }",
            cells.Select(cell => new[] { cell.Order, cell.Pixel }).ToArray());
        for (int i = 0; i < cells.Count; i++)
            Assert.True(cells[i].Centre.SeparationTo(new SkyCoordinate(centres[i][0], centres[i][1])) < 1e-9, $"{cells[i].Order}/{cells[i].Pixel}");
        var area = Moc.Cone(new SkyCoordinate(359, -30), 5, 6);
        string text = MocText.ToAscii(area);
        double[] view = await watched.Page.EvaluateAsync<double[]>("async area => { const { viewOf } = await import('/pages/healpix.js'); const { ra, dec, width, squareDegrees } = viewOf(area); return [ra, dec, width, squareDegrees]; }", text);
        Assert.True(new SkyCoordinate(view[0], view[1]).SeparationTo(new SkyCoordinate(359, -30)) < 0.2);
        Assert.InRange(view[2], 10, 13);
        Assert.Equal(area.AreaSquareDegrees, view[3], 1e-3);
        bool[] overlaps = await watched.Page.EvaluateAsync<bool[]>("async area => { const { overlaps } = await import('/pages/healpix.js'); const isIn = overlaps(area); return Array.from({ length: 12288 }, (_, pixel) => isIn(5, pixel)); }", text);
        Assert.Equal(Enumerable.Range(0, 12288).Select(pixel => area.Overlaps(new HealpixCell(5, pixel))), overlaps);
    }

    private async Task RequireViewerAsync()
    {
        browser.Require();
        using var there = await service.Http.GetAsync("/pages/viewer/aladin.js", HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.SkipUnless(there.IsSuccessStatusCode, "Aladin Lite is not there: the build found no npm, or no registry of packages.");
    }

    private async Task CreateAsync(string name, string configuration, ulong? seed = null) =>
        await service.Grains.Sky(name).CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = configuration, Area = "3/12", Seed = seed }, Token);

    /// <summary>Sources about the middle of the area, the brightest first.</summary>
    private async Task<IReadOnlyList<SkySourceEntry>> SourcesAsync(string sky, double radius)
    {
        var middle = new HealpixCell(3, 12).Centre;
        string address = string.Create(CultureInfo.InvariantCulture, $"/api/v1/skies/{sky}/sources?ra={middle.RightAscension}&dec={middle.Declination}&radius={radius}&brightest=100");
        return (await service.Http.GetFromJsonAsync<SkySourceList>(address, Token))!.Sources;
    }

    private static string Target(SkySourceEntry source) => string.Create(CultureInfo.InvariantCulture, $"{source.RightAscension:F6} {source.Declination:F6}");

    private bool IsOurs(string url) => url.StartsWith(Root, StringComparison.Ordinal) || url.StartsWith("data:", StringComparison.Ordinal) || url.StartsWith($"blob:{Root}", StringComparison.Ordinal);

    private void AssertQuiet(WatchedPage watched)
    {
        Assert.Empty(watched.Errors);
        Assert.All(watched.Asked, url => Assert.True(IsOurs(url), url));
    }

    private static async Task UntilAsync(IPage page, Func<SKBitmap, bool> isReached)
    {
        for (int attempt = 0; ; attempt++)
        {
            byte[] picture = await page.Locator("#view").ScreenshotAsync();
            using var bitmap = SKBitmap.Decode(picture);
            if (isReached(bitmap))
                return;
            if (attempt == 100)
            {
                string file = Path.Combine(Path.GetTempPath(), $"sky-page-{Guid.NewGuid():N}.png");
                await File.WriteAllBytesAsync(file, picture, Token);
                Assert.Fail($"The view does not show what it should: {file}");
            }
        }
    }

    /// <summary>The brightest channel of the brightest pixel about a place, 0 to 255.</summary>
    private static int Brightness(SKBitmap picture, double x, double y)
    {
        int brightest = 0;
        for (int dy = -3; dy <= 3; dy++)
        {
            for (int dx = -3; dx <= 3; dx++)
            {
                var pixel = picture.GetPixel((int)(x * picture.Width) + dx, (int)(y * picture.Height) + dy);
                brightest = Math.Max(brightest, Math.Max(pixel.Red, Math.Max(pixel.Green, pixel.Blue)));
            }
        }
        return brightest;
    }

    /// <summary>Pixels that have something on them in the layer of marks.</summary>
    private static Task<int> MarkedPixelsAsync(IPage page) => page.EvaluateAsync<int>(
        "async () => { await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); const c = document.querySelector('#view .aladin-catalogCanvas'); return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((value, i) => i % 4 === 3 && value > 0).length; }");

    private static Task<IResponse> UntilAnsweredAsync(WatchedPage watched, HttpStatusCode status) =>
        watched.Page.WaitForResponseAsync(response => response.Status == (int)status);
}
