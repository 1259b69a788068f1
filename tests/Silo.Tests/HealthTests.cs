using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo.Tests;

/// <summary>What the three health end points answer while the store is away, or the silo leaves. A silo for each test.</summary>
public sealed class HealthTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;
    private AbsentStore _store = null!;
    private HttpClient _http = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var settings = new SiloSettings { Store = _folder.File("store"), Cluster = Guid.NewGuid().ToString("N") };
        _store = new AbsentStore(StoreRegistration.OpenArtifacts(settings.Store));
        _app = SiloHost.BuildService(settings, logging => logging.ClearProviders(), services => services.AddSingleton<IArtifactStore>(new MeasuredArtifactStore(_store)));
        await _app.StartAsync(Token);
        _http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _app.DisposeAsync();
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task EndPoints_OfASiloThatHasStarted_AreHealthy() => await CheckAsync(live: true, ready: true, startup: true);

    [Fact]
    public async Task StoreAway_AfterTheStart_IsNotReadyButLive()
    {
        await CheckAsync(live: true, ready: true, startup: true);
        _store.BeforeFinding = _ => throw new IOException("The store is away.");
        await CheckAsync(live: true, ready: false, startup: true);
        _store.BeforeFinding = _ => Task.CompletedTask;
        await CheckAsync(live: true, ready: true, startup: true);
    }

    [Fact]
    public async Task StoreAway_FromTheStart_HasNotStarted()
    {
        _store.BeforeFinding = _ => throw new IOException("The store is away.");
        await CheckAsync(live: true, ready: false, startup: false);
        _store.BeforeFinding = _ => Task.CompletedTask;
        await CheckAsync(live: true, ready: true, startup: true);
    }

    [Fact]
    public async Task StoreThatSaysNothing_IsNotReady()
    {
        await CheckAsync(live: true, ready: true, startup: true);
        _store.BeforeFinding = token => Task.Delay(Timeout.Infinite, token);
        await CheckAsync(live: true, ready: false, startup: true);
    }

    [Fact]
    public async Task SiloThatHandsItsWorkOver_IsNotReadyButLive()
    {
        await CheckAsync(live: true, ready: true, startup: true);
        _app.Services.GetRequiredService<LocalTrainers>().Leave();
        await CheckAsync(live: true, ready: false, startup: true);
    }

    private async Task CheckAsync(bool live, bool ready, bool startup)
    {
        foreach (var (name, expected) in new[] { ("live", live), ("ready", ready), ("startup", startup) })
        {
            using var response = await _http.GetAsync($"/health/{name}", Token);
            Assert.Equal((name, expected ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable), (name, response.StatusCode));
        }
    }
}
