using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Client;
using RadioDiffusion.Silo;

namespace RadioDiffusion.EndToEnd;

/// <summary>What settings and requests keep secret is in nothing that a service writes or answers, whatever goes wrong.</summary>
public sealed class SecretsTests : IDisposable
{
    private static readonly string _accountKey = Convert.ToBase64String(Encoding.ASCII.GetBytes("an account key that nobody else should see"));
    private const string Signature = "aSignatureThatNobodyElseShouldSee", Password = "aRedisPasswordThatNobodyElseShouldSee", Mistyped = "rd_aKeyThatNobodyElseShouldSee";
    private readonly TemporaryFolder _folder = new();
    private readonly int _nobody = Ports.Free();
    private readonly StringBuilder _seen = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string KeyedStore => $"DefaultEndpointsProtocol=http;AccountName=someone;AccountKey={_accountKey};BlobEndpoint=http://127.0.0.1:{_nobody}/someone";

    private string SignedStore => $"BlobEndpoint=http://127.0.0.1:{_nobody}/someone;SharedAccessSignature=sv=2024-11-04&sig={Signature}";

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Serve_WithARedisThatDoesNotAnswer_FailsWithoutSecrets()
    {
        var (exitCode, errors) = await ServeToTheEndAsync($"127.0.0.1:{_nobody},password={Password},connectTimeout=500,connectRetry=1");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.NotEmpty(errors);
        AssertNoSecrets();
    }

    [Fact]
    public async Task Serve_WithARedisThatRefusesThePassword_FailsWithoutSecrets()
    {
        int port = Ports.Free();
        using var redis = StartRedis(port);
        try
        {
            while (!await AnswersAsync(port))
                await Task.Delay(20, Token);
            var (exitCode, _) = await ServeToTheEndAsync($"127.0.0.1:{port},password={Password},connectTimeout=1000,connectRetry=1");
            Assert.Equal(ExitCode.Failed, exitCode);
            AssertNoSecrets();
        }
        finally
        {
            redis.Kill();
            await redis.WaitForExitAsync(Token);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Serve_WithAStoreThatRefusesWhatItTookBefore_AnswersWithoutSecrets(bool signed)
    {
        int port = Ports.Free();
        using var store = new RefusingStore(_nobody);
        using var admin = await NewKeyAsync();
        string config = WriteConfig(null, signed ? SignedStore : KeyedStore, admin.RootElement.GetProperty("setting").GetString()!);
        string secret = admin.RootElement.GetProperty("key").GetString()!;
        using var serve = RadioDiffusionProcess.Start("serve", "--config", config, "--json", "--verbose", "--silo-port", "0", "--gateway-port", "0", "--http-port", $"{port}");
        while (!await AnswersAsync(port))
        {
            Assert.False(serve.Errors.IsCompleted, serve.Errors.IsCompleted ? await serve.Errors : "");
            await Task.Delay(50, Token);
        }
        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromMinutes(2) };
        Assert.Equal(HttpStatusCode.OK, await GetAsync(http, "/health/ready", secret));
        store.Refuses = true;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await GetAsync(http, "/health/ready", secret));
        Assert.Equal(HttpStatusCode.InternalServerError, await GetAsync(http, "/api/v1/samples/s1_0123456789abcdef_seed=1_flux=3mJy_w=0.1_heun=25_f32", secret));
        await GetAsync(http, "/api/v1/models", secret);
        await GetAsync(http, "/api/v1/datasets/none", secret);
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(http, "/api/v1/models", Mistyped));
        await serve.InterruptAsync(Token);
        await serve.WaitAsync(Token);
        string log = await serve.Errors;
        Assert.Contains("AuthenticationFailed", log, StringComparison.Ordinal);
        _seen.Append(await serve.Output).Append(log);
        AssertNoSecrets();
        Assert.DoesNotContain(secret, _seen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_WithAStoreThatDoesNotAnswer_FailsWithoutSecrets()
    {
        var (exitCode, errors) = await ServeToTheEndAsync(null);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains($"127.0.0.1:{_nobody}", errors, StringComparison.Ordinal);
        AssertNoSecrets();
    }

    /// <summary>Orleans writes all its options at start, where somebody asks for more of its log than the program does.</summary>
    [Fact]
    public async Task Silo_WithEveryWordOfItsLog_WritesNoSecrets()
    {
        var words = new ConcurrentQueue<string>();
        using var provider = new Words(words);
        var settings = new SiloSettings { Store = SignedStore, Redis = $"127.0.0.1:{_nobody},password={Password},connectTimeout=500,connectRetry=1", Cluster = "secrets" };
        await using (var app = SiloHost.BuildService(settings, logging => logging.AddProvider(provider).SetMinimumLevel(LogLevel.Trace)))
        {
            var error = await Assert.ThrowsAnyAsync<Exception>(() => app.StartAsync(Token));
            _seen.Append(error);
        }
        Assert.NotEmpty(words);
        Assert.Contains(words, word => word.Contains("RedisClusteringOptions", StringComparison.Ordinal));    // that it is all there
        _seen.AppendJoin('\n', words);
        AssertNoSecrets();
    }

    private void AssertNoSecrets()
    {
        string seen = _seen.ToString();
        foreach (string secret in new[] { _accountKey, Signature, Password, Mistyped })
        {
            int at = seen.IndexOf(secret, StringComparison.Ordinal);
            Assert.True(at < 0, at < 0 ? "" : seen[Math.Max(0, at - 400)..(at + secret.Length)]);
        }
    }

    private async Task<(int ExitCode, string Errors)> ServeToTheEndAsync(string? redis)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, "serve", "--config", WriteConfig(redis, KeyedStore), "--json", "--verbose", "--silo-port", "0", "--gateway-port", "0", "--http-port", "0");
        _seen.Append(output).Append(errors);
        return (exitCode, errors);
    }

    private string WriteConfig(string? redis, string store, params string[] keys)
    {
        string path = _folder.File("settings.json");
        var settings = new Dictionary<string, object> { ["Store"] = store, ["ApiKeys"] = keys };
        if (redis != null)
            settings["Redis"] = redis;
        File.WriteAllText(path, JsonSerializer.Serialize(new { RadioDiffusion = settings }));
        return path;
    }

    private static async Task<JsonDocument> NewKeyAsync()
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, "key", "new", "--name", "all", "--scope", "admin", "--json");
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output);
    }

    private async Task<HttpStatusCode> GetAsync(HttpClient http, string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Authorization", $"Bearer {key}" } } };
        using var response = await http.SendAsync(request, Token);
        string body = await response.Content.ReadAsStringAsync(Token);
        lock (_seen)
            _seen.Append(response.Headers).Append(body);
        return response.StatusCode;
    }

    private static Process StartRedis(int port)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--requirepass", "another", "--save", ""]) { RedirectStandardOutput = true })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            AptInstallation.SkipUnless(false, "Needs Redis: install the package 'redis-server'.");
            throw;
        }
    }

    private static async Task<bool> AnswersAsync(int port)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port, Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private sealed class Words(ConcurrentQueue<string> words) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            words.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }

    /// <summary>Stands for a blob service: empty, and from some time on of the opinion that the credentials are wrong.</summary>
    private sealed class RefusingStore : IDisposable
    {
        private readonly HttpListener _listener = new();

        public RefusingStore(int port)
        {
            _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            _listener.Start();
            _ = AnswerAsync();
        }

        public volatile bool Refuses;

        public void Dispose() => ((IDisposable)_listener).Dispose();

        private async Task AnswerAsync()
        {
            try
            {
                while (true)
                    await AnswerAsync(await _listener.GetContextAsync());
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private async Task AnswerAsync(HttpListenerContext context)
        {
            using var answer = context.Response;
            await context.Request.InputStream.CopyToAsync(Stream.Null);
            (int status, string code, string body) = context.Request switch
            {
                _ when Refuses => (403, "AuthenticationFailed", "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed</Code><Message>Server failed to authenticate the request.</Message></Error>"),
                { HttpMethod: "PUT" } => (201, "", ""),
                { Url.Query: { } query } when query.Contains("comp=list", StringComparison.Ordinal) => (200, "", "<?xml version=\"1.0\"?><EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"),
                _ => (404, "BlobNotFound", "<?xml version=\"1.0\"?><Error><Code>BlobNotFound</Code><Message>There is none.</Message></Error>"),
            };
            answer.StatusCode = status;
            answer.ContentType = "application/xml";
            answer.AddHeader("x-ms-version", "2024-11-04");
            answer.AddHeader("ETag", "\"0x1\"");
            answer.AddHeader("Last-Modified", DateTimeOffset.UtcNow.ToString("R"));
            if (code.Length > 0)
                answer.AddHeader("x-ms-error-code", code);
            if (context.Request.HttpMethod != "HEAD")
                await answer.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
        }
    }
}
