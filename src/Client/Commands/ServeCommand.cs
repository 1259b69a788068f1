using System.CommandLine;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Silo;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`serve`: a silo with HTTP API and dashboard, on this machine only.</summary>
internal static class ServeCommand
{
    private static readonly Option<int> _http = new Option<int>("--http-port") { Description = "Port of the HTTP API.", DefaultValueFactory = _ => 5080 }.Between(0, 65535);
    private static readonly Option<int> _gateway = new Option<int>("--gateway-port") { Description = "Port for --connect and client applications.", DefaultValueFactory = _ => 30000 }.Between(0, 65535);
    private static readonly Option<int> _silo = new Option<int>("--silo-port") { Description = "Port between silos.", DefaultValueFactory = _ => 11111 }.Between(0, 65535);
    private static readonly Option<string[]> _devices = new("--device") { Description = "A device slot: cpu, cuda:0, ... Give it once for each; default: one on the CPU.", AllowMultipleArgumentsPerToken = true };

    private static readonly Option<string?> _log = new("--log")
    {
        Description = "text (a line for each entry) or json (a JSON document for each, with the fields apart). Default: text on a terminal, json where standard error goes elsewhere.",
        HelpName = "text|json",
    };

    public static Command Build()
    {
        _log.AcceptOnlyFromAmong("text", "json");
        var command = new Command("serve", "Serves samples, data sets and runs over HTTP and to --connect. Loopback only.").WithoutConnect(_http, _gateway, _silo, _devices, _log);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string store = parsed.StorePath();
        using var storeLock = Acquire(store);
        var settings = new SiloSettings
        {
            Store = store,
            Cluster = Connection.DefaultCluster,
            SiloPort = parsed.GetValue(_silo),
            GatewayPort = parsed.GetValue(_gateway),
            HttpPort = parsed.GetValue(_http),
            Devices = parsed.GetValue(_devices) is { Length: > 0 } devices ? devices : ["cpu"],
        };
        bool json = parsed.GetValue(_log) is { } format ? format == "json" : Console.IsErrorRedirected;
        await using var app = SiloHost.BuildService(settings, logging => SiloLogging.ToStandardError(logging, verbose: true, json));
        await StartAsync(app, settings, cancellationToken);
        storeLock?.Announce(new StoreOwner(settings.Gateway.ToString(), settings.Cluster, Environment.ProcessId));
        string address = app.Urls.First();
        output.Result(
            new { Http = address, Gateway = settings.Gateway.ToString(), Store = store },
            console =>
            {
                console.Line($"Serving {store}");
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
