using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo;

namespace RadioDiffusion.Client;

/// <summary>
/// The grains and the store that a command works with: a silo in this process, or, where another process owns the store already
/// (or --connect names one), a connection to that.
/// </summary>
public sealed class Session : IAsyncDisposable
{
    private static readonly TimeSpan _ownerPatience = TimeSpan.FromSeconds(30);
    private IHost? _host;
    private StoreLock? _lock;
    private Connection? _connection;

    private Session(IArtifactStore artifacts) => Artifacts = artifacts;

    public IGrainFactory Grains { get; private set; } = null!;

    public IArtifactStore Artifacts { get; }

    /// <summary>Whether the silo lives in this process.</summary>
    public bool IsEmbedded => _host != null;

    /// <param name="store">Folder or connection string.</param>
    /// <param name="endpoint">A silo's gateway, or null to work in this process.</param>
    /// <param name="verbose">Whether the silo's log goes to standard error.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<Session> OpenAsync(string store, string? endpoint, bool verbose, CancellationToken cancellationToken)
    {
        var session = new Session(StoreRegistration.OpenArtifacts(store));
        try
        {
            if (endpoint != null)
                await session.ConnectAsync(ParseEndpoint(endpoint), Connection.DefaultCluster, cancellationToken);
            else if (StoreRegistration.IsAzure(store))
                await session.StartSiloAsync(NewSettings(store), verbose, cancellationToken);
            else
                await session.OwnOrConnectAsync(store, verbose, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Connects to the process that owns a local store, once it says where it answers.</summary>
    /// <param name="store">The store's folder.</param>
    /// <param name="processId">Only this process will do; any where null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UserErrorException">None came up in time.</exception>
    public static async Task<Session> ConnectToOwnerAsync(string store, int? processId, CancellationToken cancellationToken)
    {
        var session = new Session(StoreRegistration.OpenArtifacts(store));
        var owner = await WaitForOwnerAsync(store, processId, cancellationToken);
        await session.ConnectAsync(IPEndPoint.Parse(owner.Endpoint), owner.Token, cancellationToken);
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection != null)
            await _connection.DisposeAsync();
        if (_host != null)
        {
            await _host.StopAsync();
            if (_host is IAsyncDisposable host)
                await host.DisposeAsync();
            else
                _host.Dispose();
        }
        _lock?.Dispose();
    }

    private static IPEndPoint ParseEndpoint(string endpoint) => IPEndPoint.TryParse(endpoint, out var parsed) && parsed.Port != 0
        ? parsed
        : throw new UserErrorException(ErrorKind.Invalid, endpoint,
            $"--connect should be an address and a port, such as 127.0.0.1:30000, but it is '{endpoint}'.");

    private static SiloSettings NewSettings(string store) => new() { Store = store, Cluster = Guid.NewGuid().ToString("N") };

    private async Task OwnOrConnectAsync(string store, bool verbose, CancellationToken cancellationToken)
    {
        if (StoreLock.TryAcquire(store, out _lock, out _))
        {
            var settings = NewSettings(store);
            await StartSiloAsync(settings, verbose, cancellationToken);
            _lock!.Announce(new StoreOwner(settings.Gateway.ToString(), settings.Cluster, Environment.ProcessId));
            return;
        }
        var owner = await WaitForOwnerAsync(store, null, cancellationToken);
        await ConnectAsync(IPEndPoint.Parse(owner.Endpoint), owner.Token, cancellationToken);
    }

    private async Task StartSiloAsync(SiloSettings settings, bool verbose, CancellationToken cancellationToken)
    {
        _host = SiloHost.BuildEmbedded(settings, logging => SiloLogging.ToStandardError(logging, verbose));
        await _host.StartAsync(cancellationToken);
        Grains = _host.Services.GetRequiredService<IGrainFactory>();
    }

    private async Task ConnectAsync(IPEndPoint gateway, string cluster, CancellationToken cancellationToken)
    {
        _connection = await Connection.OpenAsync(gateway, cluster, cancellationToken);
        Grains = _connection.Grains;
    }

    /// <summary>The owner announces itself once its silo is up; until then its lock file says nothing.</summary>
    private static async Task<StoreOwner> WaitForOwnerAsync(string store, int? processId, CancellationToken cancellationToken)
    {
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        giveUp.CancelAfter(_ownerPatience);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            while (true)
            {
                if (StoreLock.Owner(store) is { } owner && (processId == null || owner.ProcessId == processId))
                    return owner;
                await poll.WaitForNextTickAsync(giveUp.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UserErrorException(ErrorKind.Busy, store,
                $"The store '{store}' belongs to another process, which has not said within {_ownerPatience.TotalSeconds:0} s where it answers: wait for it to end, or use another --store.");
        }
    }
}
