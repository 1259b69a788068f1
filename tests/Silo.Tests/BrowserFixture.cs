using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace RadioDiffusion.Silo.Tests;

/// <summary>Chromium without a window: Debian's, or the one that the variable CHROMIUM names. Call <see cref="Require"/> first.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private const float Patience = 90_000;                   // ms: a machine that runs other tests too takes its time
    private readonly string _program = Environment.GetEnvironmentVariable("CHROMIUM") ?? "chromium";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public void Require() => AptInstallation.SkipUnless(_browser != null, "The pages are tested in Chromium: install the package 'chromium', or name the program in the variable CHROMIUM.");

    /// <summary>A page of a new profile that writes down what it asked for and complained about.</summary>
    public async Task<WatchedPage> OpenAsync(int width = 1280, int height = 800)
    {
        var context = await _browser!.NewContextAsync(new() { ViewportSize = new() { Width = width, Height = height }, AcceptDownloads = true, ReducedMotion = ReducedMotion.Reduce });
        context.SetDefaultTimeout(Patience);
        return new WatchedPage(await context.NewPageAsync());
    }

    public async ValueTask InitializeAsync()
    {
        if (!await AptInstallation.HasAsync([_program], "--version", "chromium"))
            return;
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Locate(_program), Args = ["--no-sandbox"] });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser != null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    private static string Locate(string program) => Path.IsPathRooted(program)
        ? program
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Select(folder => Path.Combine(folder, program)).First(File.Exists);
}

/// <summary>A page with the hosts that it asked and the errors on its console.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    public WatchedPage(IPage page)
    {
        Page = page;
        page.Request += (_, request) =>
        {
            lock (Asked)
                Asked.Add(request.Url);
        };
        page.Console += (_, message) => Complain(message.Type == "error", message.Text);
        page.PageError += (_, error) => Complain(true, error);
    }

    public IPage Page { get; }

    public List<string> Asked { get; } = [];

    public List<string> Errors { get; } = [];

    public ILocator Cards(string state) => Page.Locator($".card.{state}");

    /// <summary>No rule of axe is broken.</summary>
    public async Task AssertAccessibleAsync() =>
        Assert.Empty((await Page.RunAxe()).Violations.Select(violation => $"{violation.Id}: {violation.Help} {string.Join(" ", violation.Nodes.Select(node => node.Html))}"));

    /// <summary>Nothing is wider than the window.</summary>
    public async Task AssertFitsAsync() => Assert.True(await Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"));

    public ValueTask DisposeAsync() => new(Page.Context.CloseAsync());

    private void Complain(bool isError, string text)
    {
        lock (Errors)
        {
            if (isError)
                Errors.Add(text);
        }
    }
}
