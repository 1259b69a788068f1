using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.Silo;
using Spectre.Console;
using TorchSharp;

namespace RadioDiffusion.Client.Commands;

/// <summary>`doctor`: what is wrong with this machine or store, and what to do.</summary>
internal static class DoctorCommand
{
    private const long LeastFreeBytes = 2L << 30;
    private const long LeastMemoryBytes = 4L << 30;

    public static Command Build()
    {
        var command = new Command("doctor", "Checks this machine and the store, and says what to do.").WithoutConnect();
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        string store = parsed.StorePath();
        Finding[] findings = [Runtime(), WithLibtorch("libtorch", Torch), WithLibtorch("CUDA", Cuda), Memory(), .. await StoreAsync(store, cancellationToken)];
        output.Result(findings, console =>
        {
            var table = new Table().AddColumns("Check", "", "Found", "What to do");
            foreach (var finding in findings)
                table.AddRow(Markup.Escape(finding.Check), finding.Ok ? "[green]ok[/]" : "[red]not ok[/]", Markup.Escape(finding.Found), Markup.Escape(finding.Advice));
            console.Write(table);
        });
        return findings.All(finding => finding.Ok) ? ExitCode.Done : ExitCode.Failed;
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
            return [new("Store", false, $"{store}: {error.Message}", "Name another one with --store or RADIODIFFUSION_STORE.")];
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
