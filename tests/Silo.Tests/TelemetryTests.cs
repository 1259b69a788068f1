using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Silo.Tests;

/// <summary>
/// Measurements belong to the process: services of other tests would be counted too, and the end of one takes away the measurements of libraries that another one shares with it.
/// So these tests have the process to themselves.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TelemetryCollection
{
    public const string Name = "telemetry";
}

/// <summary>What a service says of itself while it makes a sample.</summary>
[Collection(TelemetryCollection.Name)]
public partial class TelemetryTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Request_ForASample_IsOneTraceOfHttpGrainsBatchAndStore()
    {
        var trace = ActivityTraceId.CreateRandom();
        await SampleAsync(seed: 11, trace);
        await UntilAsync(() => Task.FromResult(service.Spans.Any(span => span.TraceId == trace && span.OperationName == "sample")));    // the last one to end
        var spans = service.Spans.Where(span => span.TraceId == trace).ToList();
        var byId = spans.ToDictionary(span => span.SpanId);
        var batch = Assert.Single(spans, span => span.OperationName == "sample");
        var put = Assert.Single(spans, span => span.OperationName == "store put");
        // From the storing of the image up to the request: every step is part of the one before it.
        string[] path = [.. Up(put, byId).Select(span => $"{span.Source.Name}: {span.DisplayName}")];
        Assert.Contains(path, name => name.Contains("Deliver", StringComparison.Ordinal) && name.StartsWith("Microsoft.Orleans.Application", StringComparison.Ordinal));
        Assert.Contains($"{Telemetry.Name}: sample", path);
        Assert.Contains(path, name => name.Contains("Submit", StringComparison.Ordinal));
        Assert.Contains(path, name => name.Contains("ISampleGrain", StringComparison.Ordinal) && name.Contains("Get", StringComparison.Ordinal));
        Assert.StartsWith("Microsoft.AspNetCore", path[^1], StringComparison.Ordinal);
        Assert.True(batch.Duration > TimeSpan.Zero);
    }

    [Fact]
    public async Task Probes_AndScrapes_AreNoTraces()
    {
        foreach (string path in new[] { "/health/live", "/health/ready", "/metrics" })
        {
            var trace = ActivityTraceId.CreateRandom();
            using var response = await SendAsync(HttpMethod.Get, path, trace);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.DoesNotContain(service.Spans, span => span.TraceId == trace && span.Source.Name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Metrics_AfterASample_HaveItsImagesTimesAndStoreOperations()
    {
        var before = await MetricsAsync();
        await SampleAsync(seed: 12, ActivityTraceId.CreateRandom());
        Dictionary<string, double> after = [];
        await UntilAsync(async () =>                         // an answer of the last 300 ms is given again
        {
            after = await MetricsAsync();
            return Rise("radiodiffusion_sampler_images_total") > 0 && Has("orleans_") && Has("http_server_request_duration_seconds");
        });
        bool Has(string prefix) => after.Keys.Any(name => name.StartsWith(prefix, StringComparison.Ordinal));
        double Rise(string name) => after.GetValueOrDefault(name) - before.GetValueOrDefault(name);

        Assert.InRange(Rise("radiodiffusion_sampler_images_total"), 1, 50);                  // other tests of this process count as well
        // Two steps of Heun's method are three calls of the network; a call is counted before its images are done.
        Assert.InRange(Rise("radiodiffusion_sampler_batch_size_sum"), 3 * Rise("radiodiffusion_sampler_images_total"), 3 * Rise("radiodiffusion_sampler_images_total") + 50);
        Assert.InRange(Rise("radiodiffusion_sampler_batch_size_count"), 3, Rise("radiodiffusion_sampler_batch_size_sum"));
        double seconds = Rise("radiodiffusion_sampler_call_time_seconds_sum");
        Assert.InRange(seconds, 1e-4, 60);
        Assert.True(after["radiodiffusion_sampler_throughput_per_second"] > 0);
        Assert.True(Rise("""radiodiffusion_store_operation_time_seconds_count{operation="put"}""") >= 1);
        Assert.True(Rise("""radiodiffusion_store_operation_time_seconds_count{operation="find"}""") >= 1);
        // The fixture cut a mosaic and trained two iterations of two images.
        Assert.True(after["radiodiffusion_tile_time_seconds_count"] >= 1);
        Assert.True(after["radiodiffusion_training_step_time_seconds_count"] >= 2);
        Assert.True(after["radiodiffusion_training_images_total"] >= 4);
        Assert.InRange(after["radiodiffusion_training_step_time_seconds_sum"] / after["radiodiffusion_training_step_time_seconds_count"], 1e-4, 60);
    }

    [Fact]
    public async Task Metrics_WhileADeviceIsBusy_CountWhatWaits()
    {
        const string Images = "radiodiffusion_sampler_queue_length";
        using (service.Gate.Close())
        {
            foreach (ulong seed in Enumerable.Range(300, 20).Select(i => (ulong)i))
                await PostAsync(seed, ActivityTraceId.CreateRandom());
            // One waits for the model to be loaded, or some are in the batch.
            await UntilAsync(async () => (await MetricsAsync()).Single(pair => pair.Key.StartsWith(Images, StringComparison.Ordinal)).Value >= 4);
        }
        await GetUntilDoneAsync(await PostAsync(319, ActivityTraceId.CreateRandom()));
        Assert.Contains((await MetricsAsync()).Keys, name => name.StartsWith("radiodiffusion_device_queue_length", StringComparison.Ordinal) && name.Contains("slot 0 (cpu)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_HaveNoKeysOfGrainsAsTags()
    {
        await SampleAsync(seed: 13, ActivityTraceId.CreateRandom());
        using var response = await service.Http.GetAsync("/metrics", Token);
        string ours = string.Join('\n', (await response.Content.ReadAsStringAsync(Token)).Split('\n').Where(line => line.StartsWith("radiodiffusion_", StringComparison.Ordinal)));
        Assert.DoesNotContain("seed=", ours, StringComparison.Ordinal);
        Assert.DoesNotContain(service.Store, ours, StringComparison.Ordinal);
        Assert.All(LabelName().Matches(ours).Select(match => match.Groups[1].Value).Distinct(), label => Assert.Contains(label, new[] { "queue", "operation", "le", "otel_scope_name" }));
    }

    private async Task SampleAsync(ulong seed, ActivityTraceId trace) => await GetUntilDoneAsync(await PostAsync(seed, trace));

    private async Task<Uri> PostAsync(ulong seed, ActivityTraceId trace)
    {
        using var posted = await SendAsync(HttpMethod.Post, "/api/v1/samples", trace, HttpApiTests.Parameters(seed));
        Assert.Equal(HttpStatusCode.Accepted, posted.StatusCode);
        return posted.Headers.Location!;
    }

    private async Task GetUntilDoneAsync(Uri location)
    {
        HttpStatusCode status;
        do
        {
            using var response = await service.Http.GetAsync(location, Token);
            status = response.EnsureSuccessStatusCode().StatusCode;
        }
        while (status == HttpStatusCode.Accepted);
    }

    /// <summary>As a client that traces does it: with the trace's ID in the header that W3C's Trace Context describes.</summary>
    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, ActivityTraceId trace, object? body = null)
    {
        var request = new HttpRequestMessage(method, path) { Content = body == null ? null : JsonContent.Create(body) };
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        return service.Http.SendAsync(request, Token);
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        enough.CancelAfter(TimeSpan.FromMinutes(1));
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(10), enough.Token);
    }

    private static IEnumerable<Activity> Up(Activity span, Dictionary<ActivitySpanId, Activity> byId)
    {
        for (var next = span; next != null; next = byId.GetValueOrDefault(next.ParentSpanId))
            yield return next;
    }

    /// <summary>Values by name and labels; the label that names the meter is left out.</summary>
    private async Task<Dictionary<string, double>> MetricsAsync()
    {
        using var response = await service.Http.GetAsync("/metrics", Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var values = new Dictionary<string, double>();
        foreach (string line in (await response.Content.ReadAsStringAsync(Token)).Split('\n').Where(line => line.Length > 0 && line[0] != '#'))
        {
            var match = Sample().Match(line);
            Assert.True(match.Success, line);
            string labels = string.Join(',', match.Groups[2].Value.Split(',').Where(label => label.Length > 0 && !label.StartsWith("otel_scope_name=", StringComparison.Ordinal)));
            values[match.Groups[1].Value + (labels.Length > 0 ? $"{{{labels}}}" : "")] = double.Parse(match.Groups[3].Value, CultureInfo.InvariantCulture);
        }
        return values;
    }

    [GeneratedRegex(@"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$")]
    private static partial Regex Sample();

    [GeneratedRegex("[{,](\\w+)=\"")]
    private static partial Regex LabelName();
}
