using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>A connection to a running silo: what a client application needs, and all it needs.</summary>
public sealed class Connection : IAsyncDisposable
{
    /// <summary>The cluster ID of <c>serve</c> unless configured otherwise.</summary>
    public const string DefaultCluster = "radiodiffusion";

    private static readonly TimeSpan _longestAttempt = TimeSpan.FromSeconds(10);

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
    public static async Task<Connection> OpenAsync(IPEndPoint gateway, string cluster = DefaultCluster, CancellationToken cancellationToken = default)
    {
        var lost = new CancellationTokenSource();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(gateway);
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
        try
        {
            // Orleans would try a port where nobody listens for minutes.
            using (var knock = new TcpClient(gateway.AddressFamily))
                await knock.ConnectAsync(gateway, enough.Token);
            await host.StartAsync(enough.Token);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            host.Dispose();
            throw new UserErrorException(ErrorKind.NotFound, gateway.ToString(),
                $"No silo of cluster '{cluster}' answers at {gateway}: {(error is OperationCanceledException ? $"nothing came within {_longestAttempt.TotalSeconds:0} s." : ErrorReasons.MessageOf(error))} Start one with 'radiodiffusion serve', or name another one with --connect.");
        }
        return new Connection(host, lost);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
