using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RadioDiffusion.Integration.Storage;

/// <summary>What a store does instead of answering.</summary>
internal enum Fault
{
    None,

    /// <summary>503 ServerBusy to every request.</summary>
    Busy,

    /// <summary>503 ServerBusy to one request in three, as a store answers that throttles.</summary>
    Throttling,

    /// <summary>500 OperationTimedOut, after the request was carried out.</summary>
    TimedOutAfterwards,

    /// <summary>No answer for as long as this lasts; then the connection is cut.</summary>
    Silent,
}

/// <summary>A door before Azurite that passes requests on, or does not.</summary>
internal sealed class FaultyStore : IAsyncDisposable
{
    private static readonly HashSet<string> _ofTheConnection = new(StringComparer.OrdinalIgnoreCase) { "Transfer-Encoding", "Connection", "Keep-Alive", "Host" };
    private readonly HttpClient _azurite = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly string _target;
    private readonly WebApplication _app;
    private CancellationTokenSource _faultEnds = new();
    private Fault _fault;
    private int _requests;
    private int _refused;

    private FaultyStore(AzuriteServer azurite)
    {
        string endpoint = azurite.ConnectionString.Split("BlobEndpoint=")[1];
        _target = new Uri(endpoint).GetLeftPart(UriPartial.Authority);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
        });
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>What a client connects with.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>How many requests it has not answered as Azurite would.</summary>
    public int Refused => _refused;

    public static async Task<FaultyStore> StartAsync(AzuriteServer azurite)
    {
        var store = new FaultyStore(azurite);
        await store._app.StartAsync();
        store.ConnectionString = azurite.ConnectionString.Replace(store._target, store._app.Urls.First(), StringComparison.Ordinal);
        return store;
    }

    public void Begin(Fault fault)
    {
        var before = Interlocked.Exchange(ref _faultEnds, new CancellationTokenSource());
        _fault = fault;
        before.Cancel();
        before.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        Begin(Fault.None);
        await _app.DisposeAsync();
        _azurite.Dispose();
        _faultEnds.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var (fault, faultEnds) = (_fault, _faultEnds.Token);
        bool isRefused = fault == Fault.Busy || (fault == Fault.Throttling && Interlocked.Increment(ref _requests) % 3 == 0);
        if (fault != Fault.None && (fault != Fault.Throttling || isRefused))
            Interlocked.Increment(ref _refused);
        if (isRefused)
        {
            await RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "ServerBusy");
        }
        else if (fault == Fault.Silent)
        {
            await Task.Delay(Timeout.Infinite, faultEnds).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            context.Abort();
        }
        else
        {
            await PassOnAsync(context, answer: fault != Fault.TimedOutAfterwards);
        }
    }

    private async Task PassOnAsync(HttpContext context, bool answer)
    {
        string path = context.Features.Get<IHttpRequestFeature>()!.RawTarget;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), _target + path);
        if (context.Request.ContentLength is > 0 || context.Request.Headers.ContainsKey("Transfer-Encoding"))
            request.Content = new StreamContent(context.Request.Body);
        else if (context.Request.ContentLength == 0)
            request.Content = new ByteArrayContent([]);
        foreach (var header in context.Request.Headers.Where(header => !_ofTheConnection.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value))
                request.Content?.Headers.TryAddWithoutValidation(header.Key, (IEnumerable<string?>)header.Value);
        }
        using var response = await _azurite.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        if (!answer)
        {
            await RefuseAsync(context, StatusCodes.Status500InternalServerError, "OperationTimedOut");
            return;
        }
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var header in response.Headers.Concat(response.Content.Headers).Where(header => !_ofTheConnection.Contains(header.Key)))
            context.Response.Headers[header.Key] = header.Value.ToArray();
        if (!HttpMethods.IsHead(context.Request.Method))
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    private static async Task RefuseAsync(HttpContext context, int status, string code)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.StatusCode = status;
        context.Response.Headers["x-ms-error-code"] = code;
        context.Response.ContentType = "application/xml";
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.WriteAsync($"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
    }
}
