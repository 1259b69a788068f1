using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Trace;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.Silo;
using RadioDiffusion.Silo.Devices;

namespace RadioDiffusion.Silo.Tests;

/// <summary>One service for all tests: a silo with HTTP on a free port, a data set and a model of two training steps.</summary>
public sealed class ServiceFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;

    public HttpClient Http { get; private set; } = null!;

    /// <summary>Closed, nothing is computed on the device.</summary>
    internal GatedSlots Gate { get; private set; } = null!;

    /// <summary>All spans so far; a span is there once it has ended, which may be after its answer has come.</summary>
    public ConcurrentQueue<Activity> Spans { get; } = new();

    /// <summary>Set, the store is away.</summary>
    internal AbsentStore Artifacts { get; private set; } = null!;

    public IGrainFactory Grains => _app.Services.GetRequiredService<IGrainFactory>();

    public string Store => _folder.File("store");

    public string Mosaics { get; private set; } = "";

    public string Catalogue { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        (Mosaics, Catalogue) = SmallSurvey.Write(_folder.Path);
        var settings = new SiloSettings { Store = Store, Cluster = Guid.NewGuid().ToString("N"), LongestWait = TimeSpan.FromMilliseconds(200) };
        _app = SiloHost.BuildService(settings, logging => logging.ClearProviders(), services =>
        {
            services.AddSingleton<IDeviceSlots>(provider => Gate = new GatedSlots(new DeviceService(provider.GetRequiredService<IOptions<SiloSettings>>())));
            services.AddSingleton<IArtifactStore>(_ => new MeasuredArtifactStore(Artifacts = new AbsentStore(StoreRegistration.OpenArtifacts(Store))));
            services.AddOpenTelemetry().WithTracing(traces => traces.AddRadioDiffusionTraces().AddProcessor(new SpanQueue(Spans)));
        });
        await _app.StartAsync();
        Http = new HttpClient { BaseAddress = new Uri(_app.Urls.First()) };
        var dataset = Grains.GetGrain<IDatasetGrain>("small");
        await dataset.BuildAsync(new DatasetRequest { MosaicDirectory = Mosaics, CataloguePath = Catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 });
        await foreach (var _ in dataset.WatchAsync(-1)) { }
        var run = Grains.GetGrain<ITrainingRunGrain>("run");
        await run.StartAsync(new TrainingRequest { Dataset = "small", Iterations = 2, BatchSize = 2, CheckpointEvery = 2, ValidateEvery = 2 });
        await foreach (var _ in run.WatchAsync(-1)) { }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>Keeps the spans that end.</summary>
internal sealed class SpanQueue(ConcurrentQueue<Activity> spans) : BaseProcessor<Activity>
{
    public override void OnEnd(Activity data) => spans.Enqueue(data);
}

public class HttpApiTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task PostThenGet_OfASample_GivesItsFitsAndPng()
    {
        var posted = await service.Http.PostAsJsonAsync("/api/v1/samples", new { model = "run", flux = 2.5, steps = 2, seed = 7 }, Token);
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);
        string id = (await posted.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("id").GetString()!;
        Assert.Contains("_seed=7_flux=2.5mJy_w=0.1_heun=2_f32", id, StringComparison.Ordinal);
        Assert.Equal($"/api/v1/samples/{id}", posted.Headers.Location!.ToString());

        using var fits = await GetUntilDoneAsync(posted.Headers.Location!);
        Assert.Equal("application/fits", fits.Content.Headers.ContentType!.MediaType);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("sample.fits"), await fits.Content.ReadAsByteArrayAsync(Token), Token);
        using var file = FitsFile.Open(folder.File("sample.fits"));
        var image = file.FirstImage();
        Assert.Equal((16, 16), (image.Width, image.Height));
        Assert.Equal(id, image.Header.GetString("SAMPLEID"));
        Assert.Equal("JY/BEAM", image.Header.GetString("BUNIT"));

        using var request = new HttpRequestMessage(HttpMethod.Get, posted.Headers.Location) { Headers = { { "Accept", "image/png" } } };
        using var png = await service.Http.SendAsync(request, Token);
        Assert.Equal("image/png", png.Content.Headers.ContentType!.MediaType);
        Assert.Equal(0x89, (await png.Content.ReadAsByteArrayAsync(Token))[0]);
    }

    [Fact]
    public async Task PostThenGet_OfASampleOfAModelOfTwoValues_HasBothInItsIdAndHeader()
    {
        var run = service.Grains.GetGrain<ITrainingRunGrain>("values");
        await run.StartAsync(new TrainingRequest { Dataset = "small", Iterations = 1, BatchSize = 2, Configuration = """{"conditions": [{"name": "snrSigma", "transform": "log"}, {"name": "peakFlux"}]}""" }, Token);
        await foreach (var _ in run.WatchAsync(-1, Token)) { }
        var posted = await service.Http.PostAsJsonAsync("/api/v1/samples", new { model = "values", flux = 2.5, steps = 2, values = new { snrSigma = 12.5 } }, Token);
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);
        Assert.Contains("_flux=2.5mJy_snrSigma=12.5_", posted.Headers.Location!.ToString(), StringComparison.Ordinal);
        using var fits = await GetUntilDoneAsync(posted.Headers.Location!);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("sample.fits"), await fits.Content.ReadAsByteArrayAsync(Token), Token);
        using var file = FitsFile.Open(folder.File("sample.fits"));
        var header = file.FirstImage().Header;
        Assert.Equal(("snrSigma", 12.5, 2.5), (header.GetString("COND1"), header.GetDouble("CONDV1"), header.GetDouble("PEAKFLUX")));
    }

    [Theory]
    [InlineData("/api/v1/samples/nonsense", HttpStatusCode.BadRequest)]
    [InlineData("/api/v1/samples/s1_0123456789abcdef_seed=1_flux=3mJy_w=0.1_heun=25_f32", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/models/nobody", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/datasets/nothing", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/runs/none", HttpStatusCode.NotFound)]
    [InlineData("/api/v1/nowhere", HttpStatusCode.NotFound)]
    public async Task Get_OfWhatIsNotThere_IsAProblemDocument(string path, HttpStatusCode expected)
    {
        using var response = await service.Http.GetAsync(path, Token);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("""{"model":"run","flux":-1}""")]
    [InlineData("""{"model":"run","flux":1,"class":"FRI"}""")]
    [InlineData("""{"model":"run","flux":1,"steps":1}""")]
    [InlineData("""{"model":"run","flux":1,"guidance":-0.5}""")]
    [InlineData("""{"model":""")]
    [InlineData("""{"flux":1}""")]
    [InlineData("""{"model":null,"flux":1}""")]
    [InlineData("""{"model":"run","flux":1,"values":{"LAS":3}}""")]
    [InlineData("""{"model":"run","flux":1,"values":{"LAS":"long"}}""")]
    [InlineData("""{"model":"not a name","flux":1}""")]
    public async Task Post_OfBadParameters_IsABadRequest(string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await service.Http.PostAsync("/api/v1/samples", content, Token);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("POST", "/api/v1/runs/nobody/pause", "", HttpStatusCode.NotFound)]
    [InlineData("POST", "/api/v1/runs/nobody/resume", "", HttpStatusCode.NotFound)]
    [InlineData("GET", "/api/v1/models/not%20a%20name", "", HttpStatusCode.BadRequest)]
    [InlineData("PUT", "/api/v1/datasets/not%20a%20name", """{"mosaicDirectory":"m","cataloguePath":"c"}""", HttpStatusCode.BadRequest)]
    [InlineData("PUT", "/api/v1/runs/x", """{"dataset":"not a name"}""", HttpStatusCode.BadRequest)]
    [InlineData("PUT", "/api/v1/runs/x", """{"dataset":"small","modelName":"not a name"}""", HttpStatusCode.BadRequest)]
    [InlineData("PUT", "/api/v1/runs/x", "{}", HttpStatusCode.BadRequest)]
    public async Task Request_WithANameThatNothingHasOrCanHave_IsAProblemDocument(string method, string path, string body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body.Length > 0)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await service.Http.SendAsync(request, Token);
        Assert.Equal(expected, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Get_OfASampleThatTakesLong_IsAcceptedWithRetryAfterUntilItIsThere()
    {
        Uri location;
        using (service.Gate.Close())
        {
            location = await PostAsync(seed: 100);
            using var early = await service.Http.GetAsync(location, Token);
            Assert.Equal(HttpStatusCode.Accepted, early.StatusCode);
            Assert.Equal(TimeSpan.FromSeconds(2), early.Headers.RetryAfter!.Delta);
        }
        using var done = await GetUntilDoneAsync(location);
        Assert.Equal("application/fits", done.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Get_OfADamagedSample_SaysWhatIsDamaged()
    {
        var location = await PostAsync(seed: 200);
        (await GetUntilDoneAsync(location)).Dispose();
        string folder = Directory.GetDirectories(service.Store, "*_seed=200_*", SearchOption.AllDirectories).Single();
        File.Delete(Path.Combine(folder, Directory.GetFiles(folder, "*.fits").Single()));
        using var response = await service.Http.GetAsync(location, Token);
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Contains("_seed=200_", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/models", "run")]
    [InlineData("/api/v1/datasets", "small")]
    [InlineData("/api/v1/datasets/small", "removed")]
    [InlineData("/api/v1/runs", "Done")]
    [InlineData("/api/v1/runs/run", "checkpoint-")]
    [InlineData("/health/live", "Healthy")]
    [InlineData("/health/ready", "Healthy")]
    [InlineData("/health/startup", "Healthy")]
    [InlineData("/metrics", "radiodiffusion_training_images_total")]
    [InlineData("/openapi/v1.json", "/api/v1/samples/{id}")]
    [InlineData("/dashboard", "<html")]
    public async Task Get_OfEveryPage_Answers(string path, string part)
    {
        using var response = await service.Http.GetAsync(path, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(part, await response.Content.ReadAsStringAsync(Token), StringComparison.OrdinalIgnoreCase);
    }

    internal static object Parameters(ulong seed) => new { model = "run", flux = 2.5, steps = 2, seed };

    private async Task<Uri> PostAsync(ulong seed)
    {
        using var posted = await service.Http.PostAsJsonAsync("/api/v1/samples", Parameters(seed), Token);
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);
        return posted.Headers.Location!;
    }

    /// <summary>202 with Retry-After until it is there: what a client does.</summary>
    private async Task<HttpResponseMessage> GetUntilDoneAsync(Uri location)
    {
        while (true)
        {
            var response = await service.Http.GetAsync(location, Token);
            if (response.StatusCode != HttpStatusCode.Accepted)
                return response.EnsureSuccessStatusCode();
            Assert.NotNull(response.Headers.RetryAfter);
            response.Dispose();
        }
    }
}

/// <summary>With a service of its own: a queue stays full for a while after the test.</summary>
public class FullQueueTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_OfMoreSamplesThanMayWait_IsTooManyRequestsWithRetryAfter()
    {
        using (service.Gate.Close())
        {
            HttpResponseMessage? refused = null;
            for (ulong seed = 1000; refused == null; seed += 50)
            {
                Assert.True(seed < 3000, "A queue should be full some time.");
                var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => service.Http.PostAsJsonAsync("/api/v1/samples", HttpApiTests.Parameters(seed + (ulong)i), Token)));
                refused = answers.FirstOrDefault(answer => answer.StatusCode != HttpStatusCode.Accepted);
            }
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Contains("ask again later", await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }
}
