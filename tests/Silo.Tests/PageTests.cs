using Microsoft.Playwright;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo.Tests.Security;
using static Microsoft.Playwright.Assertions;

namespace RadioDiffusion.Silo.Tests;

/// <summary>The page at / in a real browser, on a service with a real, tiny model.</summary>
public sealed class PageTests(ServiceFixture service, KeysFixture keys, BrowserFixture browser) : IClassFixture<ServiceFixture>, IClassFixture<KeysFixture>, IClassFixture<BrowserFixture>
{
    private string Root => service.Http.BaseAddress!.ToString();

    [Fact]
    public async Task Wish_BecomesGalaxies_WhoseLinkShowsThemAgain()
    {
        browser.Require();
        await using var watched = await OpenAsync();
        var page = watched.Page;
        await ShowAsync(page, "18446744073709551613", "3");
        await Expect(watched.Cards("done")).ToHaveCountAsync(3);
        await Expect(page.Locator("#state")).ToContainTextAsync("3 galaxies in");
        string[] ids = [.. await page.Locator("code.id").AllInnerTextsAsync()];
        Assert.Equal([ulong.MaxValue - 2, ulong.MaxValue - 1, ulong.MaxValue], ids.Select(id => SampleId.Parse(id).Seed));
        Assert.All(ids, id => Assert.Equal((2.5, 2), (SampleId.Parse(id).FluxMilliJansky, SampleId.Parse(id).Solver.Steps)));
        Assert.True(await BrightestAsync(page, 0) > 200);
        string drawn = await DrawnAsync(page, 0);
        await page.Locator("#colours").SelectOptionAsync("grey");
        Assert.NotEqual(drawn, await DrawnAsync(page, 0));

        var download = await page.RunAndWaitForDownloadAsync(() => watched.Cards("done").First.GetByRole(AriaRole.Button, new() { Name = "FITS" }).ClickAsync());
        Assert.Equal($"{ids[0]}.fits", download.SuggestedFilename);
        Assert.Equal(await service.Http.GetByteArrayAsync($"/api/v1/samples/{ids[0]}", TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(await download.PathAsync(), TestContext.Current.CancellationToken));

        await using var other = await browser.OpenAsync();
        await other.Page.GotoAsync($"{Root}#{ids[1]}");
        await Expect(other.Cards("done")).ToHaveCountAsync(1);
        await Expect(other.Page.Locator("code.id")).ToHaveTextAsync(ids[1]);
        Assert.Empty(watched.Errors);
        Assert.All(watched.Asked.Concat(other.Asked).Where(url => !url.StartsWith("blob:", StringComparison.Ordinal)), url => Assert.StartsWith(Root, url));
    }

    [Fact]
    public async Task CopyId_PutsItIntoTheClipboard()
    {
        browser.Require();
        await using var watched = await OpenAsync();
        var page = watched.Page;
        await page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"], new() { Origin = Root });
        await ShowAsync(page, "7", "1");
        await watched.Cards("done").GetByRole(AriaRole.Button, new() { Name = "Copy ID" }).ClickAsync();
        string id = await page.Locator("code.id").InnerTextAsync();
        Assert.Equal(id, await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
        await watched.Cards("done").GetByRole(AriaRole.Button, new() { Name = "Copy link" }).ClickAsync();
        Assert.Equal($"{Root}#{id}", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [Fact]
    public async Task Keyboard_IsEnough_AndNoRuleOfAccessibilityIsBroken()
    {
        browser.Require();
        await using var watched = await OpenAsync();
        var page = watched.Page;
        await FillAsync(page, "1", "2");
        await page.Locator("#seed").PressAsync("Enter");
        await Expect(watched.Cards("done")).ToHaveCountAsync(2);
        await page.Locator("canvas").First.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        Assert.Equal(1, await page.EvaluateAsync<int>("[...document.querySelectorAll('canvas')].indexOf(document.activeElement)"));
        string before = await page.Locator("#seed").InputValueAsync();
        await page.Keyboard.PressAsync("r");
        await Expect(page.Locator("#seed")).Not.ToHaveValueAsync(before);
        await Expect(watched.Cards("done")).ToHaveCountAsync(2);
        await watched.AssertAccessibleAsync();
    }

    [Fact]
    public async Task Phone_ShowsEverythingWithoutScrollingAside()
    {
        browser.Require();
        await using var watched = await OpenAsync(width: 360, height: 740);
        var page = watched.Page;
        await ShowAsync(page, "1", "2");
        await Expect(watched.Cards("done")).ToHaveCountAsync(2);
        await watched.AssertFitsAsync();
    }

    [Fact]
    public async Task WhatCannotBeMade_SaysWhy()
    {
        browser.Require();
        await using var watched = await OpenAsync();
        var page = watched.Page;
        await FillAsync(page, "1", "1");
        await page.Locator("[data-condition=peakFlux]").FillAsync("-3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show galaxies" }).ClickAsync();
        await Expect(watched.Cards("failed").Locator(".failure")).ToContainTextAsync("flux");
        await page.GotoAsync($"{Root}#s1_nonsense");
        await page.ReloadAsync();
        await Expect(watched.Cards("failed").Locator(".failure")).ToContainTextAsync("ends before its part 'seed'");
    }

    [Fact]
    public async Task ServiceWithKeys_AsksForOne_AndGoesOnWithIt()
    {
        browser.Require();
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync(keys.Http.BaseAddress!.ToString());
        await Expect(page.Locator("#error")).ToContainTextAsync("A key is needed");
        await page.GetByLabel("Key of this service").FillAsync(keys.Secret("admin"));
        await page.GetByLabel("Key of this service").PressAsync("Enter");
        await Expect(page.Locator("#model option")).Not.ToHaveCountAsync(0);
        Assert.Equal(0, await page.Locator("#error:visible").CountAsync());
    }

    private async Task<WatchedPage> OpenAsync(int width = 1280, int height = 800)
    {
        var watched = await browser.OpenAsync(width, height);
        await watched.Page.GotoAsync(Root);
        await Expect(watched.Page.Locator("#model option")).Not.ToHaveCountAsync(0);
        return watched;
    }

    private static async Task ShowAsync(IPage page, string seed, string count)
    {
        await FillAsync(page, seed, count);
        await page.GetByRole(AriaRole.Button, new() { Name = "Show galaxies" }).ClickAsync();
    }

    /// <summary>The tiny model, two steps.</summary>
    private static async Task FillAsync(IPage page, string seed, string count)
    {
        await page.GetByLabel("Model").SelectOptionAsync("run");
        await page.Locator("[data-condition=peakFlux]").FillAsync("2.5");
        await page.GetByLabel("First seed").FillAsync(seed);
        await page.GetByLabel("Images").FillAsync(count);
        await page.GetByText("Solver and precision").ClickAsync();
        await page.GetByLabel("Steps").FillAsync("2");
    }

    private static Task<int> BrightestAsync(IPage page, int card) => page.EvaluateAsync<int>(
        "i => { const c = document.querySelectorAll('canvas')[i]; return Math.max(...c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, k) => k % 4 < 3)); }", card);

    private static Task<string> DrawnAsync(IPage page, int card) => page.EvaluateAsync<string>("i => document.querySelectorAll('canvas')[i].toDataURL()", card);
}
