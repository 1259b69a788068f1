using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.Silo;
using RadioDiffusion.Silo.Devices;

namespace RadioDiffusion.Client.Commands;

/// <summary>
/// `worker`: a trainer in a process of its own. Users start it for a run of a cluster on machines without a silo; silos start it for their own devices, with
/// settings on standard input, and it ends when that does.
/// </summary>
internal static class WorkerCommand
{
    private static readonly TimeSpan _longestEnd = TimeSpan.FromSeconds(5);
    private static readonly Option<string?> _run = new("--run") { Description = "Name of the training run.", HelpName = "NAME" };
    private static readonly Option<string> _device = new("--device") { Description = "cpu, cuda:0, ...", DefaultValueFactory = _ => "cpu" };
    private static readonly Option<int?> _threads = new Option<int?>("--threads") { Description = "CPU threads of the tensor library; default: one for each core." }.AtLeast(1);
    private static readonly Option<string> _address = new("--address") { Description = "Address of this machine where the other trainers reach it, on a private network.", DefaultValueFactory = _ => "127.0.0.1", HelpName = "IP" };
    private static readonly Option<bool> _startedBySilo = new(TrainerProcesses.StartedBySilo) { Hidden = true };

    public static Command Build()
    {
        var command = new Command("worker", "Trains for a run of the cluster that --connect names, as one of its trainers, until the run ends or Ctrl-C.").With(_run, _device, _threads, _address, _startedBySilo);
        command.SetGuardedAction(RunAsync);
        return command;
    }

    private static Task<int> RunAsync(ParseResult parsed, Output output, CancellationToken cancellationToken) =>
        parsed.GetValue(_startedBySilo) ? RunForSiloAsync() : RunForUserAsync(parsed, output, cancellationToken);

    private static async Task<int> RunForUserAsync(ParseResult parsed, Output output, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_run) is not { } run)
            throw new UserErrorException(ErrorKind.Invalid, "--run", "--run NAME should say for which training run to train ('radiodiffusion train list' shows them).");
        if (parsed.GetValue(CommonOptions.Connect) == null)
            throw new UserErrorException(ErrorKind.Invalid, "--connect", "--connect should name a silo of the cluster that the run belongs to, such as 127.0.0.1:30000.");
        if (!IPAddress.TryParse(parsed.GetValue(_address), out var address))
            throw new UserErrorException(ErrorKind.Invalid, "--address", $"--address should be an IP address of this machine, but it is '{parsed.GetValue(_address)}'.");
        await using var session = await parsed.OpenSessionAsync(cancellationToken);
        await session.Grains.KnownAsync(INameIndexGrain.Runs, Names.Check(run, "a training run"), "training run", cancellationToken);
        string place = $"{Environment.MachineName}-{Environment.ProcessId}";
        output.Message($"Training for run '{run}' as '{place}' on {parsed.GetValue(_device)}. Ctrl-C ends it.");
        await TrainAsync(session.Grains, session.Artifacts, run, place, Guid.NewGuid().ToString("N"), address, parsed.GetValue(_device)!, parsed.GetValue(_threads) ?? Environment.ProcessorCount,
            () => false, cancellationToken);
        if (cancellationToken.IsCancellationRequested)
            return ExitCode.Cancelled;
        var status = await session.Grains.TrainingRun(run).GetStatusAsync(cancellationToken);
        if (status.State != WorkState.Failed)
            return ExitCode.Done;
        Output.Error($"Training run '{run}' failed: {status.Error}");
        return ExitCode.Failed;
    }

    /// <summary>Not ended by Ctrl-C or SIGTERM, which go to the silo too: it may still want a checkpoint.</summary>
    private static async Task<int> RunForSiloAsync()
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        var settings = JsonSerializer.Deserialize<TrainerProcessSettings>(await input.ReadLineAsync() ?? "{}")!;
        using var end = new CancellationTokenSource();
        bool isLeaving = false;
        _ = MindAsync(input, () => isLeaving = true, end);
        using var tls = settings is { Certificate: { } certificate, CertificateAuthority: { } authority } ? MutualTls.ForClient(certificate, settings.CertificateKey, authority) : null;
        await using var connection = await Connection.OpenAsync([IPEndPoint.Parse(settings.Gateway)], settings.Cluster, tls, end.Token);
        await TrainAsync(connection.Grains, StoreRegistration.OpenArtifacts(settings.Store), settings.Run, settings.Place, settings.Incarnation, IPAddress.Parse(settings.Host), settings.Device,
            settings.Threads, () => isLeaving, end.Token);
        return ExitCode.Done;
    }

    private static async Task TrainAsync(IGrainFactory grains, IArtifactStore store, string run, string place, string incarnation, IPAddress address, string device, int threads, Func<bool> isLeaving,
        CancellationToken cancellationToken)
    {
        using var loggers = LoggerFactory.Create(logging => SiloLogging.ToStandardError(logging, verbose: true));
        await using var devices = new DeviceService([device], threads);
        var worker = new TrainerWorker(grains.TrainingRun(run), run, place, incarnation, address, store, devices.Slots[0], isLeaving, loggers.CreateLogger<TrainerWorker>());
        try
        {
            await worker.RunAsync(cancellationToken);
        }
        catch (TrainerStuckException error)
        {
            await Console.Error.WriteLineAsync(error.Message);
            Process.GetCurrentProcess().Kill();              // its thread cannot be ended otherwise
        }
    }

    /// <summary>The end of standard input is the end of the silo, or its wish: the trainer ends, by force if it must.</summary>
    private static async Task MindAsync(StreamReader input, Action leave, CancellationTokenSource end)
    {
        while (await input.ReadLineAsync() is { } line)
        {
            if (line == TrainerProcesses.LeaveLine)
                leave();
        }
        await end.CancelAsync();
        await Task.Delay(_longestEnd);
        Process.GetCurrentProcess().Kill();
    }
}
