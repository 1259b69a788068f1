using System.CommandLine;
using Microsoft.Extensions.Hosting;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Silo;
using Spectre.Console;

namespace RadioDiffusion.Client.Commands;

/// <summary>`serve`: a silo with HTTP API and dashboard, on this machine only.</summary>
internal static class ServeCommand
{
    private static readonly Option<int> _http = new("--http-port") { Description = "Port of the HTTP API.", DefaultValueFactory = _ => 5080 };
    private static readonly Option<int> _gateway = new("--gateway-port") { Description = "Port for --connect and client applications.", DefaultValueFactory = _ => 30000 };
    private static readonly Option<int> _silo = new("--silo-port") { Description = "Port between silos.", DefaultValueFactory = _ => 11111 };
    private static readonly Option<string[]> _devices = new("--device") { Description = "A device slot: cpu, cuda:0, ... Give it once for each; default: one on the CPU.", AllowMultipleArgumentsPerToken = true };

    public static Command Build()
    {
        var command = new Command("serve", "Serves samples, data sets and runs over HTTP and to --connect. Loopback only.").With(_http, _gateway, _silo, _devices);
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
        await using var app = SiloHost.BuildService(settings, logging => SiloLogging.ToStandardError(logging, verbose: true));
        await app.StartAsync(cancellationToken);
        storeLock?.Announce(new StoreOwner(settings.Gateway.ToString(), settings.Cluster, Environment.ProcessId));
        string address = app.Urls.First();
        output.Result(
            new { Http = address, Gateway = settings.Gateway.ToString(), Store = store },
            console =>
            {
                console.WriteLine($"Serving {store}");
                console.WriteLine($"  samples     {address}/api/v1/samples/ID");
                console.WriteLine($"  API         {address}/openapi/v1.json");
                console.WriteLine($"  dashboard   {address}/dashboard");
                console.WriteLine($"  health      {address}/health/ready");
                console.WriteLine($"  --connect   {settings.Gateway}");
                console.WriteLine("Ctrl-C ends it.");
            });
        try
        {
            await app.WaitForShutdownAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Asked to end: that is how this command ends.
        }
        await app.StopAsync(CancellationToken.None);
        return ExitCode.Done;
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
