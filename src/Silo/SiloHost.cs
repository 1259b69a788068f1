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
using Orleans.Runtime.MembershipService.SiloMetadata;
using RadioDiffusion.Grains;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.Grains.Workflows;
using RadioDiffusion.Silo.Devices;
using RadioDiffusion.Silo.Http;
using RadioDiffusion.Silo.Security;
using StackExchange.Redis;

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
    public static Task<(IHost Host, SiloSettings Settings)> StartEmbeddedAsync(Func<SiloSettings> newSettings, Action<ILoggingBuilder> configureLogging, CancellationToken cancellationToken) =>
        StartEmbeddedAsync(newSettings, configureLogging, _ => { }, cancellationToken);

    /// <param name="newSettings">Settings with ports that are 0; asked for again when another process was faster at a port.</param>
    /// <param name="configureLogging">Where the log goes.</param>
    /// <param name="configureServices">What comes before the silo's own services, for measurements.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    internal static async Task<(IHost Host, SiloSettings Settings)> StartEmbeddedAsync(Func<SiloSettings> newSettings, Action<ILoggingBuilder> configureLogging,
        Action<IServiceCollection> configureServices, CancellationToken cancellationToken)
    {
        for (int attempt = 1; ; attempt++)
        {
            var settings = newSettings();
            var host = BuildEmbedded(settings, configureLogging, configureServices);
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

    private static IHost BuildEmbedded(SiloSettings settings, Action<ILoggingBuilder> configureLogging, Action<IServiceCollection> configureServices)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        configureServices(builder.Services);
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
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(settings.IPAddress, settings.HttpPort, listen => Doors.UseHttps(listen, settings));
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequestBody;
        });
        builder.Services.AddHttpApi();
        builder.Services.AddMetricsEndPoint();
        var app = builder.Build();
        app.MapHttpApi();
        app.MapMetricsEndPoint();
        Doors.Warn(settings, app.Logger);
        return app;
    }

    private static void AddSilo(IHostApplicationBuilder builder, SiloSettings settings, Action<ILoggingBuilder> configureLogging)
    {
        if (settings.SiloPort == 0)
            settings.SiloPort = FreePort();
        if (settings.GatewayPort == 0)
            settings.GatewayPort = FreePort();
        Doors.RefuseIfOpen(settings);
        configureLogging(builder.Logging);
        builder.Services.AddSingleton(Options.Create(settings));
        builder.Services.AddSingleton<Roots>();
        builder.Services.AddRadioDiffusionStore(settings.Store);
        builder.Services.AddSingleton<IDeviceSlots, DeviceService>();
        builder.Services.AddSingleton<ITrainerProcesses, TrainerProcesses>();
        builder.Services.AddRadioDiffusionGrains();
        builder.UseOrleans(silo => ConfigureSilo(silo, settings));
        builder.AddTelemetryExport();
        builder.Services.AddHostedService<HandOverAtEnd>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = HandOverAtEnd.LongestWait + TimeSpan.FromMinutes(1));
    }

    private static void ConfigureSilo(ISiloBuilder silo, SiloSettings settings)
    {
        var siloEndpoint = new IPEndPoint(settings.IPAddress, settings.SiloPort);
        if (settings.Redis is { } redis)
            JoinCluster(silo, settings, ConfigurationOptions.Parse(redis));
        else
            silo.UseLocalhostClustering(settings.SiloPort, settings.GatewayPort, siloEndpoint, Connection.DefaultCluster, settings.Cluster).UseInMemoryReminderService();
        silo.Configure<EndpointOptions>(options =>
        {
            options.AdvertisedIPAddress = settings.IPAddress;
            options.SiloPort = settings.SiloPort;
            options.GatewayPort = settings.GatewayPort;
            options.SiloListeningEndpoint = siloEndpoint;
            options.GatewayListeningEndpoint = settings.Gateway;
        });
        Doors.UseMutualTls(silo, settings);
        silo.AddIncomingGrainCallFilter<RootsFilter>();
        silo.UseSiloMetadata(DeviceMetadata.Of(settings.Devices));
        silo.Configure<WakeUpOptions>(options => (options.SurvivesSilos, options.Period) = (settings.Redis != null, settings.ReminderPeriod));
        silo.Configure<WorkflowOptions>(options => options.AllowsPrograms = settings.AllowPrograms);
        if (settings.FastFailureDetection)
            silo.Configure<TrainerPatience>(options => (options.LongestSilence, options.Grace) = (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(3)));
        silo.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = settings.ReminderPeriod);
        silo.AddStoreGrainStorage(GrainStorageNames.Default, settings.Store);
        silo.AddActivityPropagation();
        silo.Services.AddMessageSafety();
    }

    /// <summary>Membership and reminders in Redis, and a grain directory that never has two answers: several processes are one silo then.</summary>
    private static void JoinCluster(ISiloBuilder silo, SiloSettings settings, ConfigurationOptions redis)
    {
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (settings.Cluster, Connection.DefaultCluster));
        silo.UseRedisClustering(options => options.ConfigurationOptions = redis);
        silo.UseRedisReminderService(options => options.ConfigurationOptions = redis);
#pragma warning disable ORLEANSEXP003 // The default directory is eventually consistent: two activations of one grain were seen with it.
        silo.AddDistributedGrainDirectory();
#pragma warning restore ORLEANSEXP003
        // What a silo that is cut off may still do is fenced by ETags, so a grain need not wait long for another activation.
        silo.Configure<GrainDirectoryOptions>(options => options.RangeLeaseDuration = TimeSpan.FromSeconds(settings.FastFailureDetection ? 0.5 : 3));
        if (!settings.FastFailureDetection)
            return;
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            options.ProbeTimeout = TimeSpan.FromSeconds(1);
            options.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
            options.MaxProbeTimeout = TimeSpan.FromSeconds(3);
            options.NumMissedProbesLimit = 2;
            options.NumVotesForDeathDeclaration = 1;
        });
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
