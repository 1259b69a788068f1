using Microsoft.Playwright;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Silo.Tests.Security;
using static Microsoft.Playwright.Assertions;

namespace RadioDiffusion.Silo.Tests;

/// <summary>The pages at /studies in a real browser, on studies of programs that wait until a test lets them go on.</summary>
public sealed class StudyPageTests(StudiesFixture service, KeysFixture keys, BrowserFixture browser) : IClassFixture<StudiesFixture>, IClassFixture<KeysFixture>, IClassFixture<BrowserFixture>
{
    private string Root => service.Http.BaseAddress!.ToString();

    [Fact]
    public async Task Build_IsSeenAsItGoes_AndTheKeyboardOpensATarget()
    {
        Require();
        await service.StartAsync("live", StudyOf("live"));
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync($"{Root}studies");
        await Expect(page.Locator("#studies li").Filter(new() { Has = page.GetByRole(AriaRole.Link, new() { Name = "live" }) })).ToHaveCountAsync(1);   // other tests' studies are there too
        await watched.AssertAccessibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "live" }).PressAsync("Enter");

        await Expect(Target(page, "held")).ToHaveAccessibleNameAsync("held, exec: runs: holding on");
        await Expect(Target(page, "first")).ToContainTextAsync("done");
        await Expect(Target(page, "after[n=2]")).ToContainTextAsync("waits");
        await Expect(Target(page, "broken")).ToHaveClassAsync("node Failed");
        await Expect(Target(page, "blocked")).ToHaveAccessibleNameAsync("blocked, exec: cannot run");
        await Expect(page.Locator("#state")).ToHaveTextAsync("Is being built: 1 of 6 targets done, 1 failed, 1 cannot run");
        await Expect(page.Locator(".edge")).ToHaveCountAsync(4);
        Assert.True(await IsRightOfAsync(page, "first", "held") && await IsRightOfAsync(page, "held", "after[n=1]") && await IsRightOfAsync(page, "held", "after[n=2]"));
        Assert.Equal(5, await page.EvaluateAsync<int>("new Set([...document.querySelectorAll('.node')].map(node => getComputedStyle(node.querySelector('.box')).stroke + node.querySelector('.sign path').getAttribute('d'))).size"));
        await watched.AssertAccessibleAsync();

        await Target(page, "first").FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(Target(page, "held")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("ArrowLeft");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#detail")).ToBeFocusedAsync();
        await Expect(page.Locator("#targetName")).ToHaveTextAsync("first");
        await Expect(page.Locator("#detail .log").First).ToHaveTextAsync("said by first");
        await Expect(page.Locator("#detail")).ToContainTextAsync("Why: not built yet");
        await Expect(page.Locator("#detail img")).ToHaveJSPropertyAsync("naturalWidth", 3);            // a picture that the program left
        await watched.AssertAccessibleAsync();
        await page.Locator("#detail").GetByRole(AriaRole.Link, new() { Name = "held" }).ClickAsync();
        await Expect(page.Locator("#targetName")).ToHaveTextAsync("held");
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#detail")).ToBeHiddenAsync();
        await Expect(Target(page, "held")).ToBeFocusedAsync();

        service.LetGo("go-live");
        await Expect(Target(page, "after[n=2]")).ToHaveClassAsync("node Done");
        await Expect(page.Locator("#state")).ToHaveTextAsync("Failed: 1 of 6 targets failed");
        await Expect(page.Locator("#builds li")).ToHaveCountAsync(1);
        await Expect(page.Locator("#builds li")).ToContainTextAsync("4 ran, 0 up to date, 1 failed, 1 could not run");
        await Target(page, "broken").ClickAsync();
        await Expect(page.Locator("#detail pre.failure")).ToContainTextAsync("no such luck");
        AssertQuiet(watched);
    }

    [Fact]
    public async Task Build_IsPausedFromThePage_AndTwoBuildsAreCompared()
    {
        Require();
        await service.StartAsync("turns", StudyOf("turns"));
        await using var watched = await browser.OpenAsync();
        var page = watched.Page;
        await page.GotoAsync($"{Root}studies/turns");
        await Expect(Target(page, "held")).ToHaveClassAsync("node Running");
        await page.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await Expect(page.Locator("#state")).ToHaveTextAsync("Paused");
        await Expect(Target(page, "held")).ToHaveClassAsync("node Stopped");
        service.LetGo("go-turns");
        await page.GetByRole(AriaRole.Button, new() { Name = "Go on" }).ClickAsync();
        await Expect(page.Locator("#builds li")).ToHaveCountAsync(2);
        Assert.Equal(WorkState.Failed, (await service.BuildAsync("turns", StudyOf("turns"), [("word", "other")])).State);
        await Expect(page.Locator("#builds li")).ToHaveCountAsync(3);
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare A and B" }).ClickAsync();
        await Expect(page.Locator("#comparison h3")).ToHaveTextAsync("4 of 6 targets differ");
        await Expect(page.Locator(".differing li").First).ToContainTextAsync("\"other\"] and was");
        await Expect(page.Locator(".differing li").Nth(1)).ToContainTextAsync("the result of 'first' is another one");
        await watched.AssertAccessibleAsync();
        AssertQuiet(watched);
    }

    [Fact]
    public async Task Phone_ShowsEverythingWithoutScrollingAside()
    {
        Require();
        service.LetGo("go-small");
        await service.BuildAsync("small", StudyOf("small"));
        await service.BuildAsync("small", StudyOf("small"), [("word", "other")]);
        await using var watched = await browser.OpenAsync(width: 360, height: 740);
        var page = watched.Page;
        await page.GotoAsync($"{Root}studies/small#target=first");
        await Expect(page.Locator("#detail .log").First).ToHaveTextAsync("said by first");
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare A and B" }).ClickAsync();
        await Expect(page.Locator(".differing li")).Not.ToHaveCountAsync(0);
        await watched.AssertFitsAsync();
        Assert.True(await page.EvaluateAsync<bool>("document.getElementById('graph').scrollWidth <= document.getElementById('graph').clientWidth"));
        await page.GotoAsync($"{Root}studies");
        await Expect(page.Locator("#studies li")).Not.ToHaveCountAsync(0);
        await watched.AssertFitsAsync();
    }

    [Fact]
    public async Task WhatIsNotThere_SaysSo_AndAServiceWithKeysAsksForOne()
    {
        browser.Require();
        await using var watched = await browser.OpenAsync();
        await watched.Page.GotoAsync($"{Root}studies/nothing");
        await Expect(watched.Page.Locator("#error")).ToContainTextAsync("There is no study 'nothing'");
        await watched.Page.GotoAsync($"{keys.Http.BaseAddress}studies");
        await Expect(watched.Page.Locator("#error")).ToContainTextAsync("A key is needed");
        await watched.Page.GetByLabel("Key of this service").FillAsync(keys.Secret("admin"));
        await watched.Page.GetByLabel("Key of this service").PressAsync("Enter");
        await Expect(watched.Page.Locator("#state")).ToHaveTextAsync("There is no study yet.");
        await Expect(watched.Page.Locator("#error")).ToBeHiddenAsync();
    }

    private void Require()
    {
        StudiesFixture.SkipOnWindows();
        browser.Require();
    }

    /// <summary>first (with a picture), held until it is let go, two that need it; one that fails and one that needs that.</summary>
    private string StudyOf(string name) => $$"""
        name: {{name}}
        properties: {word: one}
        targets:
          first:
            kind: exec
            command: [sh, -c, "echo said by first; echo '<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"3\" height=\"2\"/>' > picture.svg; echo {{name}} $0 > word.txt", "${word}"]
          held: {kind: exec, command: [sh, -c, "echo holding on; until [ -e {{service.Folder}}/go-{{name}} ]; do sleep 0.05; done; cat $0/word.txt > held.txt", "${targets.first.path}"]}
          after: {kind: exec, matrix: {n: [1, 2]}, command: [sh, -c, "cat $0/held.txt > after-$1.txt", "${targets.held.path}", "${matrix.n}"]}
          broken: {kind: exec, command: [sh, -c, "echo no such luck of {{name}} >&2; exit 3"]}
          blocked: {kind: exec, command: [cat, "${targets.broken.path}"]}
        """;

    private static ILocator Target(IPage page, string name) => page.Locator($"[data-target='{name}']");

    private static Task<bool> IsRightOfAsync(IPage page, string left, string right) => page.EvaluateAsync<bool>(
        "names => { const [a, b] = names.map(name => document.querySelector(`[data-target='${name}'] .box`).getBoundingClientRect()); return b.left > a.right; }", new[] { left, right });

    private void AssertQuiet(WatchedPage watched)
    {
        Assert.Empty(watched.Errors);
        Assert.All(watched.Asked, url => Assert.True(url.StartsWith(Root, StringComparison.Ordinal) || url.StartsWith($"blob:{Root}", StringComparison.Ordinal), url));
    }
}
