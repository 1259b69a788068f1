using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore;
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
    private static readonly TimeSpan _betweenAttempts = TimeSpan.FromMilliseconds(100);
    private readonly string _store;
    private readonly bool _verbose;
    private readonly MutualTls? _tls;
    private IArtifactStore? _artifacts;
    private IHost? _host;
    private StoreLock? _lock;
    private Connection? _connection;
    private StoreOwner? _owner;

    private Session(string store, MutualTls? tls, bool verbose)
    {
        _store = store;
        _tls = tls;
        _verbose = verbose;
    }

    public IGrainFactory Grains { get; private set; } = null!;

    /// <exception cref="UserErrorException">The silo that --connect names keeps them in Azure Blob Storage, and --store does not say how to read them there.</exception>
    public IArtifactStore Artifacts => _artifacts ?? throw new UserErrorException(ErrorKind.Invalid, "--store",
        "The silo keeps its artifacts in Azure Blob Storage and its credentials to itself: give the connection string with --store too.");

    /// <summary>Whether the silo lives in this process.</summary>
    public bool IsEmbedded => _host != null;

    /// <summary>The owner that this session works through has withdrawn or hung up: what it says now may only be about its own end.</summary>
    private bool OwnerIsLeaving => _owner != null && (_connection!.Lost.IsCancellationRequested || StoreLock.Owner(_store) != _owner);

    private CancellationToken OwnerLost => _owner != null ? _connection!.Lost : CancellationToken.None;

    /// <param name="store">Folder or connection string.</param>
    /// <param name="endpoint">Gateways of one or more silos of a cluster, joined by commas, or null to work in this process.</param>
    /// <param name="verbose">Whether the silo's log goes to standard error.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static Task<Session> OpenAsync(string store, string? endpoint, bool verbose, CancellationToken cancellationToken) =>
        OpenAsync(store, endpoint, null, verbose, cancellationToken);

    /// <param name="store">Folder or connection string.</param>
    /// <param name="endpoint">A silo's gateway, or null to work in this process.</param>
    /// <param name="tls">Certificates for a silo that asks for them, which the session disposes; else null.</param>
    /// <param name="verbose">Whether the silo's log goes to standard error.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<Session> OpenAsync(string store, string? endpoint, MutualTls? tls, bool verbose, CancellationToken cancellationToken)
    {
        var session = new Session(store, tls, verbose);
        try
        {
            if (endpoint != null)
                await session.ConnectToSiloAsync(ParseEndpoints(endpoint), cancellationToken);
            else if (StoreRegistration.IsAzure(store))
                await session.StartSiloAsync(cancellationToken);
            else
                await session.OwnOrConnectAsync(cancellationToken);
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
        var session = new Session(store, null, verbose: false);
        await session.TryUntilOpenAsync(
            async () => StoreLock.Owner(store) is { } owner && (processId == null || owner.ProcessId == processId)
                && await session.TryConnectAsync(owner, cancellationToken),
            cancellationToken);
        return session;
    }

    /// <summary>
    /// Does work that may be asked for again. When the process that does it leaves or dies before the result is whole, the session opens
    /// anew, perhaps as the store's owner, and the work is asked for again: what was done is in the store.
    /// </summary>
    /// <param name="work">Idempotent; uses <see cref="Grains"/>.</param>
    /// <param name="isWhole">Whether a result is what was asked for, and not what an owner that leaves makes of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<T> WorkAsync<T>(Func<CancellationToken, Task<T>> work, Func<T, bool> isWhole, CancellationToken cancellationToken)
    {
        while (true)
        {
            using var untilLost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, OwnerLost);
            try
            {
                var result = await work(untilLost.Token);
                if (isWhole(result) || !OwnerIsLeaving)
                    return result;
            }
            catch (Exception) when (OwnerIsLeaving && !cancellationToken.IsCancellationRequested)
            {
                // Whatever it was, it came with the owner's end; if it comes again from the next one, it is thrown then.
            }
            await Console.Error.WriteLineAsync($"The process that owned the store '{_store}' has ended: going on from what is stored.");
            await CloseAsync();
            await OwnOrConnectAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        (_artifacts as IDisposable)?.Dispose();
        _tls?.Dispose();
    }

    /// <summary>First says that it leaves, so that whoever works through it looks elsewhere; then ends (runs are paused); then gives the store back.</summary>
    private async Task CloseAsync()
    {
        _lock?.Withdraw();
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
        (_connection, _host, _lock, _owner) = (null, null, null, null);
    }

    private static IPEndPoint[] ParseEndpoints(string endpoints) =>
        [.. endpoints.Split(',', StringSplitOptions.TrimEntries).Select(endpoint => IPEndPoint.TryParse(endpoint, out var parsed) && parsed.Port != 0
            ? parsed
            : throw new UserErrorException(ErrorKind.Invalid, endpoint,
                $"--connect should be an address and a port, such as 127.0.0.1:30000, or several joined by commas, but it is '{endpoints}'."))];

    private SiloSettings NewSettings() => new() { Store = _store, Cluster = Guid.NewGuid().ToString("N"), AllowPrograms = true };

    private Task OwnOrConnectAsync(CancellationToken cancellationToken) => TryUntilOpenAsync(
        async () =>
        {
            if (StoreLock.TryAcquire(_store, out _lock, out var owner))
            {
                Announce(await StartSiloAsync(cancellationToken));
                return true;
            }
            if (owner == null || !await TryConnectAsync(owner, cancellationToken))
                return false;
            _owner = owner;
            return true;
        },
        cancellationToken);

    /// <summary>An owner may be starting, leaving, or dead and still named: it is asked again until one of them is found, or the store is free.</summary>
    private async Task TryUntilOpenAsync(Func<Task<bool>> tryToOpen, CancellationToken cancellationToken)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (!await tryToOpen())
        {
            if (TimeProvider.System.GetElapsedTime(began) > _ownerPatience)
            {
                throw new UserErrorException(ErrorKind.Busy, _store,
                    $"The store '{_store}' belongs to another process, which has not answered within {_ownerPatience.TotalSeconds:0} s: wait for it to end, or use another --store.");
            }
            await Task.Delay(_betweenAttempts, cancellationToken);
        }
    }

    private async Task<SiloSettings> StartSiloAsync(CancellationToken cancellationToken)
    {
        (_host, var settings) = await SiloHost.StartEmbeddedAsync(NewSettings, logging => SiloLogging.ToStandardError(logging, _verbose), cancellationToken);
        Grains = _host.Services.GetRequiredService<IGrainFactory>();
        _artifacts ??= StoreRegistration.OpenArtifacts(_store);
        return settings;
    }

    /// <summary>Others can wait until this process ends, so a disk without room for the announcement does not keep it from reading what is there.</summary>
    private void Announce(SiloSettings settings)
    {
        try
        {
            _lock!.Announce(new StoreOwner(settings.Gateway.ToString(), settings.Cluster, Environment.ProcessId));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or RadioDiffusionException)
        {
            Console.Error.WriteLine($"Other commands cannot connect to this one: {DurableFiles.Explain("Announcing the owner", _store, error).Message}");
        }
    }

    private async Task<bool> TryConnectAsync(StoreOwner owner, CancellationToken cancellationToken)
    {
        try
        {
            await ConnectAsync([IPEndPoint.Parse(owner.Endpoint)], owner.Token, cancellationToken);
            _artifacts ??= StoreRegistration.OpenArtifacts(_store);
            return true;
        }
        catch (UserErrorException error) when (error.Kind == ErrorKind.NotFound)
        {
            return false;
        }
    }

    /// <summary>The silo of --connect says itself where its artifacts are.</summary>
    private async Task ConnectToSiloAsync(IReadOnlyList<IPEndPoint> gateways, CancellationToken cancellationToken)
    {
        await ConnectAsync(gateways, Connection.DefaultCluster, cancellationToken);
        var location = await Grains.GetGrain<IStoreGrain>(0).GetLocationAsync(cancellationToken);
        if (location.Folder != null)
            _artifacts = StoreRegistration.OpenArtifacts(location.Folder);
        else if (StoreRegistration.IsAzure(_store))
            _artifacts = StoreRegistration.OpenArtifacts(_store);
    }

    private async Task ConnectAsync(IReadOnlyList<IPEndPoint> gateways, string cluster, CancellationToken cancellationToken)
    {
        _connection = await Connection.OpenAsync(gateways, cluster, _tls, cancellationToken);
        Grains = _connection.Grains;
    }
}
