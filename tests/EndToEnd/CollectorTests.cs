using System.Net;
using System.Text;
using System.Threading.Channels;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>`serve` beside a collector of OpenTelemetry: what arrives there.</summary>
public sealed class CollectorTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Serve_WithACollectorInTheEnvironment_SendsTracesAndMeasurements()
    {
        int http = Ports.Free();
        using var collector = new HttpListener();
        string address = $"http://127.0.0.1:{Ports.Free()}/";
        collector.Prefixes.Add(address);
        collector.Start();
        var received = ReceiveAsync(collector);
        var environment = new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
        };
        using var serve = RadioDiffusionProcess.Start(environment, ["serve", "--store", _folder.File("store"), "--gateway-port", "0", "--silo-port", "0", "--http-port", $"{http}"]);
        await (await Session.ConnectToOwnerAsync(_folder.File("store"), serve.Id, Token)).DisposeAsync();
        using var client = new HttpClient();
        foreach (string path in new[] { "/api/v1/models", "/health/ready" })                  // asks grains, asks the store
            (await client.GetAsync($"http://127.0.0.1:{http}{path}", Token)).EnsureSuccessStatusCode();

        // Names are written as they are in the protocol's bytes.
        await UntilAsync(received, "/v1/traces", "radiodiffusion", "INameIndexGrain");
        await UntilAsync(received, "/v1/metrics", "radiodiffusion.store.operation.time");
    }

    private static ChannelReader<(string Path, string Body)> ReceiveAsync(HttpListener collector)
    {
        var received = Channel.CreateUnbounded<(string, string)>();
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    var context = await collector.GetContextAsync();
                    using var body = new MemoryStream();
                    await context.Request.InputStream.CopyToAsync(body);
                    received.Writer.TryWrite((context.Request.Url!.AbsolutePath, Encoding.Latin1.GetString(body.ToArray())));
                    context.Response.Close();
                }
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                received.Writer.TryComplete();               // the test is over
            }
        });
        return received.Reader;
    }

    /// <summary>Reads on until the parts have come, in one request or in several.</summary>
    private static async Task UntilAsync(ChannelReader<(string Path, string Body)> received, string path, params string[] parts)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        enough.CancelAfter(TimeSpan.FromMinutes(1));
        var missing = parts.ToHashSet();
        while (missing.Count > 0)
        {
            var request = await received.ReadAsync(enough.Token);
            if (request.Path == path)
                missing.RemoveWhere(part => request.Body.Contains(part, StringComparison.Ordinal));
        }
    }
}
