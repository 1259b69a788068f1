using System.CommandLine;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`serve`: a silo with HTTP API and dashboard; on this machine only, unless certificates and keys guard it.</summary>
internal static class ServeCommand
{
    internal const int DefaultHttpPort = 5080, DefaultGatewayPort = 30000, DefaultSiloPort = 11111;
    private static readonly Option<int?> _http = new Option<int?>("--http-port") { Description = $"Port of the HTTP API; 0 takes a free one. Default: {DefaultHttpPort}." }.Between(0, 65535);
    private static readonly Option<int?> _gateway = new Option<int?>("--gateway-port") { Description = $"Port for --connect and client applications. Default: {DefaultGatewayPort}." }.Between(0, 65535);
    private static readonly Option<int?> _silo = new Option<int?>("--silo-port") { Description = $"Port between silos. Default: {DefaultSiloPort}." }.Between(0, 65535);
    private static readonly Option<string[]> _devices = new("--device") { Description = "A device slot: cpu, cuda:0, ... Give it once for each; 'none' for a silo without; default: one on the CPU.", AllowMultipleArgumentsPerToken = true };
    private static readonly Option<string?> _redis = new("--redis") { Description = "Joins the silos of the cluster whose membership is in this Redis, such as localhost:6379; the store must be Azure Blob Storage then.", HelpName = "CONNECTION" };
    private static readonly Option<string?> _cluster = new("--cluster") { Description = $"ID of the cluster; clients and silos that name another one are refused. Default: {Connection.DefaultCluster}.", HelpName = "ID" };
    private static readonly Option<string?> _address = new("--address") { Description = "IP address of this machine to listen at. Default: 127.0.0.1.", HelpName = "IP" };
    private static readonly Option<string?> _config = new("--config") { Description = "A JSON file of settings, beside appsettings.json in the current folder, the environment (RADIODIFFUSION__REDIS=...) and these flags; what comes later counts.", HelpName = "FILE" };

    private static readonly Option<bool> _insecure = new("--insecure") { Description = "Listens at an --address that others reach without certificates and keys." };
    private static readonly Option<string?> _certificate = new("--certificate") { Description = "PEM or PFX file: certificate of HTTPS, and of the silo and gateway ports with --certificate-authority.", HelpName = "FILE" };
    private static readonly Option<string?> _certificateKey = new("--certificate-key") { Description = "PEM file of the certificate's key, unless its own file has it.", HelpName = "FILE" };
    private static readonly Option<string?> _authority = new("--certificate-authority") { Description = "PEM file of the authority that signed the certificates of silos and clients; none else may come in.", HelpName = "FILE" };
    private static readonly Option<string[]> _roots = new("--root") { Description = "A folder whose files requests may name. Give it once for each; without, HTTP requests may name none.", HelpName = "FOLDER" };

    private static readonly Option<string?> _log = new("--log")
    {
        Description = "text (a line for each entry) or json (a JSON document for each, with the fields apart). Default: text on a terminal, json where standard error goes elsewhere.",
        HelpName = "text|json",
    };

    public static Command Build()
    {
        _log.AcceptOnlyFromAmong("text", "json");
        var command = new Command("serve", "Serves samples, data sets and runs over HTTP and to --connect: alone, or as a silo of a cluster.").WithoutConnect(_http, _gateway, _silo, _devices, _redis, _cluster, _address, _certificate, _certificateKey, _authority, _insecure, _roots,
            _config, _log);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        var settings = SiloConfiguration.Read(parsed.GetValue(_config), parsed.StorePath(), Defaults(), Flags(parsed));
        string store = settings.Store;
        using var storeLock = Acquire(store);
        bool json = parsed.GetValue(_log) is { } format ? format == "json" : Console.IsErrorRedirected;
        await using var app = SiloHost.BuildService(settings, logging => SiloLogging.ToStandardError(logging, verbose: true, json));
        await StartAsync(app, settings, cancellationToken);
        storeLock?.Announce(new StoreOwner(settings.Gateway.ToString(), settings.Cluster, Environment.ProcessId));
        string address = app.Urls.First(), described = app.Services.GetRequiredService<IArtifactStore>().Describe();    // without credentials
        output.Result(
            new { Http = address, Gateway = settings.Gateway.ToString(), Store = described, settings.Cluster },
            console =>
            {
                console.Line($"Serving {described}{(settings.Redis == null ? "" : $" as a silo of cluster {settings.Cluster}")}");
                console.Line($"  page        {address}/");
                console.Line($"  samples     {address}/api/v1/samples/ID");
                console.Line($"  API         {address}/openapi/v1.json");
                console.Line($"  dashboard   {address}/dashboard");
                console.Line($"  health      {address}/health/ready");
                console.Line($"  --connect   {settings.Gateway}");
                console.Line("Ctrl-C ends it.");
            });
        await UntilAsync(cancellationToken, app.Lifetime.ApplicationStopping);
        storeLock?.Withdraw();
        await app.StopAsync(CancellationToken.None);
        return ExitCode.Done;
    }

    /// <summary>The settings of a silo that is given no more flags than a store.</summary>
    public static SiloSettings Settings(string? file, string store, string? storeFlag) =>
        SiloConfiguration.Read(file, store, Defaults(), storeFlag == null ? [] : new Dictionary<string, string?> { [nameof(SiloSettings.Store)] = storeFlag });

    private static Dictionary<string, string?> Defaults() => new()
    {
        [nameof(SiloSettings.SiloPort)] = Invariant(DefaultSiloPort),
        [nameof(SiloSettings.GatewayPort)] = Invariant(DefaultGatewayPort),
        [nameof(SiloSettings.HttpPort)] = Invariant(DefaultHttpPort),
        [nameof(SiloSettings.TrainsInProcesses)] = bool.TrueString,
    };

    private static Dictionary<string, string?> Flags(ParseResult parsed)
    {
        var flags = new Dictionary<string, string?>
        {
            [nameof(SiloSettings.Store)] = parsed.GetValue(CommonOptions.Store),
            [nameof(SiloSettings.Redis)] = parsed.GetValue(_redis),
            [nameof(SiloSettings.Cluster)] = parsed.GetValue(_cluster),
            [nameof(SiloSettings.Address)] = parsed.GetValue(_address),
            [nameof(SiloSettings.Certificate)] = parsed.GetValue(_certificate),
            [nameof(SiloSettings.CertificateKey)] = parsed.GetValue(_certificateKey),
            [nameof(SiloSettings.CertificateAuthority)] = parsed.GetValue(_authority),
            [nameof(SiloSettings.Insecure)] = parsed.GetValue(_insecure) ? bool.TrueString : null,
            [nameof(SiloSettings.Roots)] = parsed.GetValue(_roots) is { Length: > 0 } roots ? string.Join(',', roots) : null,
            [nameof(SiloSettings.SiloPort)] = Invariant(parsed.GetValue(_silo)),
            [nameof(SiloSettings.GatewayPort)] = Invariant(parsed.GetValue(_gateway)),
            [nameof(SiloSettings.HttpPort)] = Invariant(parsed.GetValue(_http)),
            [nameof(SiloSettings.Devices)] = parsed.GetValue(_devices) is { Length: > 0 } devices ? string.Join(',', devices.Where(device => device != "none")) : null,
        };
        return flags.Where(flag => flag.Value != null).ToDictionary();
    }

    private static string? Invariant(int? port) => port?.ToString(CultureInfo.InvariantCulture);

    /// <summary>Not by WaitForShutdownAsync, which stops the grains before what trains is paused.</summary>
    private static async Task UntilAsync(CancellationToken asked, CancellationToken stopping)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(asked, stopping);
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, end.Token);
        }
        catch (OperationCanceledException)
        {
            // Asked to end: that is how this command ends.
        }
    }

    private static async Task StartAsync(WebApplication app, SiloSettings settings, CancellationToken cancellationToken)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception error) when (SiloHost.IsPortTaken(error))
        {
            throw new UserErrorException(ErrorKind.Conflict, "serve",
                $"Another program listens on one of the ports --http-port {settings.HttpPort}, --gateway-port {settings.GatewayPort}, --silo-port {settings.SiloPort}: end it, or give other ports (0 takes a free one).");
        }
    }

    private static StoreLock? Acquire(string store)
    {
        if (StoreRegistration.IsAzure(store))
            return null;
        if (StoreLock.TryAcquire(store, out var acquired, out var owner))
            return acquired;
        throw new UserErrorException(ErrorKind.Conflict, store,
            $"The store '{store}' belongs to process {owner?.ProcessId.ToString() ?? "(unknown)"}{(owner == null ? "" : $", which answers at {owner.Endpoint}")}: end it, or use another --store.");
    }
}
