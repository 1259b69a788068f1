using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Silo;
using Spectre.Console;
using StackExchange.Redis;
using TorchSharp;

namespace RadioDiffusion.Client.Commands;

/// <summary>`doctor`: what is wrong with this machine or store, and what to do.</summary>
internal static class DoctorCommand
{
    private const long LeastFreeBytes = 2L << 30;
    private const long LeastMemoryBytes = 4L << 30;
    private static readonly TimeSpan _largestClockDifference = TimeSpan.FromSeconds(5);
    private static readonly Option<string?> _config = new("--config") { Description = "The file of settings that 'serve' is given.", HelpName = "FILE" };

    public static Command Build()
    {
        var command = new Command("doctor", "Checks this machine, the store and the settings of a silo, and says what to do.").WithoutConnect(_config);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        var (settings, fault) = ReadSettings(parsed);
        Finding[] findings =
        [
            Runtime(), WithLibtorch("libtorch", Torch), WithLibtorch("CUDA", Cuda), Memory(), fault,
            .. await StoreAsync(settings?.Store ?? parsed.StorePath(), cancellationToken), .. Ports(settings), .. await RedisAsync(settings?.Redis),
        ];
        output.Result(findings, console =>
        {
            var table = new Table().AddColumns("Check", "", "Found", "What to do");
            foreach (var finding in findings)
                table.AddRow(Markup.Escape(finding.Check), finding.Ok ? "[green]ok[/]" : "[red]not ok[/]", Markup.Escape(finding.Found), Markup.Escape(finding.Advice));
            console.Write(table);
        });
        return findings.All(finding => finding.Ok) ? ExitCode.Done : ExitCode.Failed;
    }

    private static (SiloSettings?, Finding) ReadSettings(ParseResult parsed)
    {
        try
        {
            var settings = ServeCommand.Settings(parsed.GetValue(_config), parsed.StorePath(), parsed.GetValue(CommonOptions.Store));
            return (settings, new("Settings", true, settings.Redis == null ? "of one silo" : $"of a silo of cluster {settings.Cluster}", ""));
        }
        catch (UserErrorException error)
        {
            return (null, new("Settings", false, error.Message, "Correct them in appsettings.json, the file of --config, or the environment."));
        }
    }

    private static IEnumerable<Finding> Ports(SiloSettings? settings)
    {
        if (settings == null)
            yield break;
        foreach (var (name, port) in new[] { ("HTTP", settings.HttpPort), ("gateway", settings.GatewayPort), ("silo", settings.SiloPort) })
        {
            string? taken = null;
            try
            {
                using var listener = new TcpListener(settings.IPAddress, port);
                listener.Start();
            }
            catch (SocketException error)
            {
                taken = error.Message;
            }
            bool isServed = !StoreRegistration.IsAzure(settings.Store) && StoreLock.Owner(settings.Store) != null;
            yield return new($"Port {port}", taken == null || isServed, taken == null ? $"free for {name}" : isServed ? "taken while the store is served" : taken,
                taken == null || isServed ? "" : $"Another program listens there, perhaps 'radiodiffusion serve' itself; else give another --{name.ToLowerInvariant()}-port.");
        }
    }

    /// <summary>Whether Redis answers, keeps what it is told on its disk, and has the same time: membership compares the clocks of silos.</summary>
    private static async Task<Finding[]> RedisAsync(string? connection)
    {
        if (connection == null)
            return [];
        try
        {
            var options = ConfigurationOptions.Parse(connection);
            options.AllowAdmin = true;
            options.AbortOnConnectFail = true;
            await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
            var server = redis.GetServers()[0];
            var ping = await server.PingAsync();
            var difference = (await server.TimeAsync() - DateTime.UtcNow).Duration();
            bool keeps = (await server.InfoAsync("persistence")).SelectMany(group => group).Any(pair => pair is { Key: "aof_enabled", Value: "1" });
            return
            [
                new("Redis", true, $"{server.EndPoint}, version {server.Version}, answers in {ping.TotalMilliseconds:0.0} ms", ""),
                new("Redis's disk", keeps, keeps ? "keeps what it is told (AOF)" : "forgets its members and reminders when it ends", keeps ? "" : "Start Redis with --appendonly yes: silos wait without end for members that are lost."),
                new("Clock", difference <= _largestClockDifference, string.Create(CultureInfo.InvariantCulture, $"{difference.TotalSeconds:0.0} s from that of Redis"), difference <= _largestClockDifference ? "" : "Set this machine's clock, for example with NTP."),
            ];
        }
        catch (Exception error) when (error is RedisException or ArgumentException)
        {
            return [new("Redis", false, error.Message.Split('\n')[0], "Start it, or correct RadioDiffusion:Redis.")];
        }
    }

    private static Finding Runtime() => new(".NET", Environment.Version.Major >= 10,
        $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}", "");

    private static Finding Torch()
    {
        using var sum = torch.ones(2, 2).matmul(torch.ones(2, 2));
        return new("libtorch", sum[0, 0].item<float>() == 2, $"{torch.__version__}, {Environment.ProcessorCount} cores", "");
    }

    private static Finding Cuda() =>
        new("CUDA", true, torch.cuda.is_available() ? $"{torch.cuda.device_count()} devices" : "no device: the CPU is used", "");

    /// <summary>A check that needs libtorch, which may be what is wrong.</summary>
    private static Finding WithLibtorch(string check, Func<Finding> find)
    {
        try
        {
            return find();
        }
        catch (Exception error) when (error is TypeInitializationException or NotSupportedException or DllNotFoundException or ExternalException)
        {
            return new(check, false, (error.InnerException ?? error).Message,
                "Build again with 'dotnet build'; on Linux the C++ library (libstdc++6) and OpenMP (libgomp1) must be installed.");
        }
    }

    private static Finding Memory()
    {
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new("Memory", total >= LeastMemoryBytes, Gigabytes(total), total >= LeastMemoryBytes ? "" : "The demo needs up to 6 GB; smaller batches (--batch) need less.");
    }

    private static async Task<Finding[]> StoreAsync(string store, CancellationToken cancellationToken)
    {
        try
        {
            var artifacts = StoreRegistration.OpenArtifacts(store);
            await artifacts.FindAsync("doctor", cancellationToken);
            if (StoreRegistration.IsAzure(store))
                return [new("Store", true, artifacts.Describe(), "")];
            return [Writable(store), FreeSpace(store), Owner(store)];
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            string named = StoreRegistration.IsAzure(store) ? "Azure Blob Storage" : store;   // a connection string holds a key
            return [new("Store", false, $"{named}: {error.Message.Split('\n')[0].TrimEnd()}", "Name another one with --store or RADIODIFFUSION_STORE.")];
        }
    }

    private static Finding Writable(string store)
    {
        string probe = Path.Combine(store, $".doctor-{Guid.NewGuid():N}");
        Directory.CreateDirectory(store);
        File.WriteAllText(probe, "");
        File.Delete(probe);
        return new("Store", true, $"{store} is writable", "");
    }

    private static Finding FreeSpace(string store)
    {
        long free = new DriveInfo(Path.GetFullPath(store)).AvailableFreeSpace;
        return new("Disk", free >= LeastFreeBytes, $"{Gigabytes(free)} free", free >= LeastFreeBytes ? "" : "Free some space, or move the store with --store.");
    }

    private static Finding Owner(string store)
    {
        if (StoreLock.TryAcquire(store, out var storeLock, out var owner))
        {
            storeLock.Dispose();
            return new("Owner", true, "no other process uses the store", "");
        }
        return new("Owner", true, owner == null ? "another process is starting on the store" : $"process {owner.ProcessId} serves the store at {owner.Endpoint}", "");
    }

    private static string Gigabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB");

    private sealed record Finding(string Check, bool Ok, string Found, string Advice);
}
