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
        var posted = await service.Http.PostAsJsonAsync("/api/v1/samples", new { model = "run", flux = 2.5, solver = "heun", steps = 2, precision = "f32", seed = 7 }, Token);
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

    [Theory]
    [InlineData("application/fits", "application/fits")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("application/x-npy", "application/x-npy")]
    [InlineData("image/*", "image/png")]
    [InlineData("*/*", "application/fits")]
    [InlineData("image/png;q=0.5, image/jpeg", "image/jpeg")]
    [InlineData("text/html, image/avif, image/png;q=0.8, */*;q=0.1", "image/png")]
    public async Task Get_WithAnAcceptHeader_IsSentAsItLikesBest(string accept, string expected)
    {
        var location = await PostAsync(seed: 50);
        (await GetUntilDoneAsync(location)).Dispose();
        using var request = new HttpRequestMessage(HttpMethod.Get, location);
        request.Headers.TryAddWithoutValidation("Accept", accept);
        using var response = await service.Http.SendAsync(request, Token);
        Assert.Equal(expected, response.Content.Headers.ContentType!.MediaType);
        byte[] bytes = await response.Content.ReadAsByteArrayAsync(Token);
        byte[] start = expected switch { "image/png" => [0x89, 0x50], "image/jpeg" => [0xFF, 0xD8], "application/x-npy" => [0x93, 0x4E], _ => "SI"u8.ToArray() };
        Assert.Equal(start, bytes[..2]);
        if (expected == "application/x-npy")
            Assert.Equal(128 + 16 * 16 * 4, bytes.Length);
    }

    [Fact]
    public async Task Get_WhatIsNotOffered_IsNotAcceptable()
    {
        var location = await PostAsync(seed: 50);
        using var request = new HttpRequestMessage(HttpMethod.Get, location) { Headers = { { "Accept", "text/html" } } };
        using var response = await service.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
        using var wrong = await service.Http.GetAsync($"{location}?format=tiff", Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("fits, png, jpg, npy", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OfTheSourceAlone_IsItsImageWithoutBackground_AndItsWeights()
    {
        var posted = await service.Http.PostAsJsonAsync("/api/v1/samples", new { model = "first-s", @class = "Compact", solver = "euler", steps = 8, seed = 1, precision = "bf16" }, Token);
        var location = posted.Headers.Location!;
        (await GetUntilDoneAsync(location)).Dispose();
        using var answer = await service.Http.GetAsync($"{location}?part=source", Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.EndsWith(".source.fits", answer.Content.Headers.ContentDisposition!.FileName, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder.File("source.fits"), await answer.Content.ReadAsByteArrayAsync(Token), Token);
        using var file = FitsFile.Open(folder.File("source.fits"));
        var image = file.FirstImage();
        float[] pixels = new float[80 * 80], weights = new float[80 * 80];
        image.ReadPixels(0, 0, 80, 80, pixels);
        ((FitsImage)file.Hdus[1]).ReadPixels(0, 0, 80, 80, weights);
        Assert.Equal(image.Header.GetDouble("SRCSUM")!.Value, pixels.Sum(pixel => (double)pixel), 1e-3);
        Assert.InRange(pixels.Max(), 0.8f, 1);
        Assert.All(pixels.Zip(weights), pixel => Assert.True(pixel.Second > 0 || pixel.First == 0));
        Assert.InRange(weights.Count(weight => weight > 0), 30, 3000);

        foreach (string format in (string[])["png", "jpg", "npy"])
        {
            using var other = await service.Http.GetAsync($"{location}?part=source&format={format}", Token);
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
            Assert.NotEqual(answer.Headers.ETag, other.Headers.ETag);
        }
        using var wrong = await service.Http.GetAsync($"{location}?part=noise", Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("part should be source", await wrong.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_OfTheSourceOfNoise_IsNotFound()
    {
        var location = await PostAsync(seed: 50);
        (await GetUntilDoneAsync(location)).Dispose();
        using var answer = await service.Http.GetAsync($"{location}?part=source", Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("no source above 3 sigma", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_WithTheTagOfWhatOneHas_IsNotSentAgain()
    {
        var location = await PostAsync(seed: 51);
        using var first = await GetUntilDoneAsync(location);
        var tag = first.Headers.ETag!;
        Assert.True(first.Headers.CacheControl!.MaxAge > TimeSpan.FromDays(300));
        Assert.Equal(HttpStatusCode.NotModified, await StatusWithAsync(tag.ToString()));
        Assert.Equal(HttpStatusCode.NotModified, await StatusWithAsync($"\"other\", W/{tag}"));
        Assert.Equal(HttpStatusCode.OK, await StatusWithAsync("\"other\""));
        Assert.Equal(HttpStatusCode.OK, await StatusWithAsync(tag.ToString(), "?format=png"));

        async Task<HttpStatusCode> StatusWithAsync(string known, string query = "")
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, location + query) { Headers = { { "If-None-Match", known } } };
            using var response = await service.Http.SendAsync(request, Token);
            return response.StatusCode;
        }
    }

    [Fact]
    public async Task Post_OfWhatIsStored_IsOk()
    {
        var location = await PostAsync(seed: 52);
        (await GetUntilDoneAsync(location)).Dispose();
        using var again = await service.Http.PostAsJsonAsync("/api/v1/samples", Parameters(52), Token);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(location.ToString(), again.Headers.Location!.ToString());
        var sample = await again.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal((2, 2), (sample.GetProperty("stepsDone").GetInt32(), sample.GetProperty("steps").GetInt32()));
    }

    [Fact]
    public async Task Events_OfASample_EndWithDone()
    {
        string location;
        List<string> lines = [];
        using (service.Gate.Close())
        {
            location = (await PostAsync(seed: 53)).ToString();
            using var response = await service.Http.GetAsync($"{location}/events", HttpCompletionOption.ResponseHeadersRead, Token);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));
            Assert.Equal("event: progress", await reader.ReadLineAsync(Token));
            Assert.Contains("\"steps\":2", await reader.ReadLineAsync(Token), StringComparison.Ordinal);
        }
        using var rest = await service.Http.GetAsync($"{location}/events", HttpCompletionOption.ResponseHeadersRead, Token);
        using (var reader = new StreamReader(await rest.Content.ReadAsStreamAsync(Token)))
        {
            while (await reader.ReadLineAsync(Token) is { } line)
                lines.Add(line);
        }
        Assert.Equal("event: done", lines.Last(line => line.StartsWith("event:", StringComparison.Ordinal)));
        Assert.Contains(location, lines.Last(line => line.StartsWith("data:", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_OfWhatCannotBe_EndWithTheReason()
    {
        string text = await service.Http.GetStringAsync("/api/v1/samples/s1_0123456789abcdef_seed=1_flux=3mJy_w=0.1_heun=25_f32/events", Token);
        Assert.StartsWith("event: failed", text, StringComparison.Ordinal);
        Assert.Contains("There is no model 0123456789abcdef", text, StringComparison.Ordinal);
        using var wrong = await service.Http.GetAsync("/api/v1/samples/nonsense/events", Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    [Fact]
    public async Task PostBatch_HasAnIdForEach_AndAllOrNothing()
    {
        using var response = await service.Http.PostAsJsonAsync("/api/v1/samples/batch", new[] { Parameters(60), Parameters(61), Parameters(62) }, Token);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var samples = await response.Content.ReadFromJsonAsync<JsonElement[]>(Token);
        Assert.Equal(3, samples!.Length);
        foreach (var sample in samples)
            (await GetUntilDoneAsync(new Uri(sample.GetProperty("location").GetString()!, UriKind.Relative))).Dispose();

        using var wrong = await service.Http.PostAsJsonAsync("/api/v1/samples/batch", new[] { Parameters(63), new { model = "run", flux = -2.5, steps = 2, seed = 64UL } }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        using var classless = await service.Http.PostAsJsonAsync("/api/v1/samples/batch", new object[] { Parameters(63), new { model = "run", flux = 2.5, @class = "FRI", steps = 2 } }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, classless.StatusCode);
        Assert.Contains("knows no classes", await classless.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var empty = await service.Http.PostAsJsonAsync("/api/v1/samples/batch", Array.Empty<object>(), Token);
        Assert.Equal(HttpStatusCode.BadRequest, empty.StatusCode);
        using var oversize = await service.Http.PostAsJsonAsync("/api/v1/samples/batch", Enumerable.Repeat(Parameters(63), 257), Token);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, oversize.StatusCode);
        Assert.Empty(Directory.GetDirectories(service.Store, "*_seed=63_*", SearchOption.AllDirectories));
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
    [InlineData("""{"model":"run","flux":1,"solver":"rk4"}""")]
    [InlineData("""{"model":"run","flux":1,"precision":"f16"}""")]
    [InlineData("""{"model":"run","flux":1,"steps":-3}""")]
    [InlineData("""{"model":"run","flux":"NaN"}""")]
    [InlineData("""{"model":"run","flux":1e6,"strict":true}""")]
    [InlineData("""{"model":"run","flux":1,"guidance":0,"guidanceTo":3}""")]
    [InlineData("""{"model":"run","flux":1,"guide":"nobody"}""")]
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

    internal static object Parameters(ulong seed) => new { model = "run", flux = 2.5, solver = "heun", steps = 2, seed };

    private async Task<Uri> PostAsync(ulong seed)
    {
        using var posted = await service.Http.PostAsJsonAsync("/api/v1/samples", Parameters(seed), Token);
        Assert.True(posted.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.OK, $"{posted.StatusCode}");      // stored already, or not
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
