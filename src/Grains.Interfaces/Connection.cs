using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using RadioDiffusion.Grains.Interfaces.Security;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>A connection to a running silo: what a client application needs, and all it needs.</summary>
public sealed class Connection : IAsyncDisposable
{
    /// <summary>The cluster ID of <c>serve</c> unless configured otherwise.</summary>
    public const string DefaultCluster = "radiodiffusion";

    private static readonly TimeSpan _longestAttempt = TimeSpan.FromSeconds(10);

    /// <summary>Orleans knocks again and again where certificates do not fit: after this time it is found out whether that is so.</summary>
    private static readonly TimeSpan _suspicious = TimeSpan.FromSeconds(2);

    private readonly IHost _host;
    private readonly CancellationTokenSource _lost;

    private Connection(IHost host, CancellationTokenSource lost)
    {
        _host = host;
        _lost = lost;
    }

    /// <summary>Cancelled once the silo has hung up, because it ended or was killed; the connection looks for it again by itself.</summary>
    public CancellationToken Lost => _lost.Token;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IClusterClient>();

    /// <summary>Connects to the gateway of a silo.</summary>
    /// <param name="gateway">Address and gateway port, for example 127.0.0.1:30000.</param>
    /// <param name="cluster">The cluster's ID; a silo refuses clients that name another one.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UserErrorException">Nobody answers there.</exception>
    public static Task<Connection> OpenAsync(IPEndPoint gateway, string cluster = DefaultCluster, CancellationToken cancellationToken = default) =>
        OpenAsync([gateway], cluster, null, cancellationToken);

    /// <summary>Connects to a cluster through whichever of its silos answer.</summary>
    /// <param name="gateways">Addresses and gateway ports of some or all silos.</param>
    /// <param name="cluster">The cluster's ID; a silo refuses clients that name another one.</param>
    /// <param name="tls">The client's certificate and the cluster's authority, where the silos ask for them; else null.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="UserErrorException">Nobody answers there, or one side does not take the other's certificate.</exception>
    public static async Task<Connection> OpenAsync(IReadOnlyList<IPEndPoint> gateways, string cluster, MutualTls? tls, CancellationToken cancellationToken = default)
    {
        var lost = new CancellationTokenSource();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering([.. gateways]);
            if (tls != null)
                client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection => connection.UseClientTls(tls.Outgoing())));
            client.Configure<ClusterOptions>(options =>
            {
                options.ClusterId = cluster;
                options.ServiceId = DefaultCluster;
            });
            client.Services.AddSingleton(TimeProvider.System);
            client.AddOutgoingGrainCallFilter<RetryOutages>();
            client.AddClusterConnectionLostHandler((_, _) => _ = lost.CancelAsync());
            client.AddActivityPropagation();
            client.Services.AddMessageSafety();
        });
        var host = builder.Build();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(_longestAttempt);
        var gateway = gateways[0];                           // the one that answers, once it is known
        try
        {
            // Orleans would try a port where nobody listens for minutes.
            gateway = await KnockAsync(gateways, enough.Token);
            var starting = host.StartAsync(enough.Token);
            if (await Task.WhenAny(starting, Task.Delay(_suspicious, enough.Token)) != starting && await TlsRefusal.ExplainAsync(gateway, tls, enough.Token) is { } refusal)
            {
                await GiveUpAsync(starting, enough);
                throw new UserErrorException(ErrorKind.Invalid, gateway.ToString(), refusal);
            }
            await starting;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            host.Dispose();
            if (error is UserErrorException)
                throw;
            if (await TlsRefusal.ExplainAsync(gateway, tls, cancellationToken) is { } refusal)
                throw new UserErrorException(ErrorKind.Invalid, gateway.ToString(), refusal);
            string asked = string.Join(", ", gateways);
            throw new UserErrorException(ErrorKind.NotFound, asked,
                $"No silo of cluster '{cluster}' answers at {asked}: {(error is OperationCanceledException ? $"nothing came within {_longestAttempt.TotalSeconds:0} s." : ErrorReasons.MessageOf(error))} Start one with 'radiodiffusion serve', or name another one with --connect.");
        }
        return new Connection(host, lost);
    }

    /// <summary>Until one of them takes a connection.</summary>
    private static async Task<IPEndPoint> KnockAsync(IReadOnlyList<IPEndPoint> gateways, CancellationToken cancellationToken)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                using var knock = new TcpClient(gateways[i].AddressFamily);
                await knock.ConnectAsync(gateways[i], cancellationToken);
                return gateways[i];
            }
            catch (SocketException) when (i + 1 < gateways.Count)
            {
                // That silo is away; the next one may be there.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private static async Task GiveUpAsync(Task starting, CancellationTokenSource attempt)
    {
        await attempt.CancelAsync();
        try
        {
            await starting;
        }
        catch (Exception)
        {
            // Why it did not come about is known already.
        }
    }
}
