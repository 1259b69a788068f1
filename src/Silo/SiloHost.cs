using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Serialization;
using RadioDiffusion.Grains;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Silo.Devices;
using RadioDiffusion.Silo.Http;

namespace RadioDiffusion.Silo;

/// <summary>Builds the host of a silo: in a command's own process without HTTP (embedded), or as a service with API, pages and dashboard.</summary>
public static class SiloHost
{
    private const long LargestRequestBody = 64 * 1024;

    private const int PortAttempts = 5;

    /// <summary>Starts a silo without HTTP in this process, on free ports.</summary>
    /// <param name="newSettings">Settings with ports that are 0; asked for again when another process was faster at a port.</param>
    /// <param name="configureLogging">Where the log goes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<(IHost Host, SiloSettings Settings)> StartEmbeddedAsync(Func<SiloSettings> newSettings, Action<ILoggingBuilder> configureLogging,
        CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var settings = newSettings();
            var host = BuildEmbedded(settings, configureLogging);
            try
            {
                await host.StartAsync(cancellationToken);
                return (host, settings);
            }
            catch (Exception error) when (IsPortTaken(error) && attempt < PortAttempts)
            {
                await DisposeAsync(host);
            }
            catch
            {
                await DisposeAsync(host);
                throw;
            }
        }
    }

    /// <summary>Whether a silo or its HTTP API could not start because another process listens on a port.</summary>
    public static bool IsPortTaken(Exception error)
    {
        for (var inner = error; inner != null; inner = inner.InnerException)
        {
            if (inner is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                return true;
        }
        return false;
    }

    private static IHost BuildEmbedded(SiloSettings settings, Action<ILoggingBuilder> configureLogging)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        AddSilo(builder, settings, configureLogging);
        return builder.Build();
    }

    /// <summary>A silo with HTTP API, pages and dashboard on <see cref="SiloSettings.HttpPort"/>, built but not started.</summary>
    /// <param name="settings">Ports that are 0 are filled in with free ones.</param>
    /// <param name="configureLogging">Where the log goes.</param>
    public static WebApplication BuildService(SiloSettings settings, Action<ILoggingBuilder> configureLogging) =>
        BuildService(settings, configureLogging, _ => { });

    /// <param name="settings">Ports that are 0 are filled in with free ones.</param>
    /// <param name="configureLogging">Where the log goes.</param>
    /// <param name="configureServices">What is different, for tests.</param>
    internal static WebApplication BuildService(SiloSettings settings, Action<ILoggingBuilder> configureLogging, Action<IServiceCollection> configureServices)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        AddSilo(builder, settings, configureLogging);
        configureServices(builder.Services);
        builder.UseOrleans(silo => silo.AddDashboard());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, settings.HttpPort);
            kestrel.Limits.MaxRequestBodySize = LargestRequestBody;
        });
        builder.Services.AddHttpApi();
        var app = builder.Build();
        app.MapHttpApi();
        return app;
    }

    private static void AddSilo(IHostApplicationBuilder builder, SiloSettings settings, Action<ILoggingBuilder> configureLogging)
    {
        if (settings.SiloPort == 0)
            settings.SiloPort = FreePort();
        if (settings.GatewayPort == 0)
            settings.GatewayPort = FreePort();
        configureLogging(builder.Logging);
        builder.Services.AddSingleton(Options.Create(settings));
        builder.Services.AddRadioDiffusionStore(settings.Store);
        builder.Services.AddSingleton<IDeviceSlots, DeviceService>();
        builder.Services.AddRadioDiffusionGrains();
        builder.UseOrleans(silo => ConfigureSilo(silo, settings));
        builder.Services.AddHostedService<PauseRunsAtEnd>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = PauseRunsAtEnd.LongestWait + TimeSpan.FromMinutes(1));
    }

    private static void ConfigureSilo(ISiloBuilder silo, SiloSettings settings)
    {
        var siloEndpoint = new IPEndPoint(IPAddress.Loopback, settings.SiloPort);
        silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, siloEndpoint, Connection.DefaultCluster, settings.Cluster);
        silo.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = IPAddress.Loopback;
            options.SiloListeningEndpoint = siloEndpoint;
            options.GatewayListeningEndpoint = settings.Gateway;
        });
        silo.UseInMemoryReminderService();
        silo.AddStoreGrainStorage(GrainStorageNames.Default, settings.Store);
        silo.Services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add("RadioDiffusion"));
    }

    private static async Task DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            host.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
