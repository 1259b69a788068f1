using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RadioDiffusion.Grains;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Silo;

/// <summary>What a trainer's process needs to know. It reads it from standard input, since it holds what nobody else on the machine should see.</summary>
public sealed record TrainerProcessSettings
{
    public required string Run { get; init; }

    public required string Place { get; init; }

    public required string Incarnation { get; init; }

    public required string Device { get; init; }

    public required int Threads { get; init; }

    /// <summary>The address where other trainers reach it.</summary>
    public required string Host { get; init; }

    public required string Gateway { get; init; }

    public required string Cluster { get; init; }

    public required string Store { get; init; }

    public string? Certificate { get; init; }

    public string? CertificateKey { get; init; }

    public string? CertificateAuthority { get; init; }
}

/// <summary>This program again, as `radiodiffusion worker`. Its standard input ends with this process, however this process ends, and so does the trainer.</summary>
internal sealed partial class TrainerProcesses(IOptions<SiloSettings> options, LocalTrainers trainers, ILogger<TrainerProcesses> logger) : ITrainerProcesses
{
    /// <summary>The line on standard input that asks the trainer to join no further group.</summary>
    public const string LeaveLine = "leave";

    /// <summary>The hidden option of `radiodiffusion worker` that makes it read its settings from standard input.</summary>
    public const string StartedBySilo = "--started-by-silo";

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    public bool AlsoAlone => options.Value.TrainsInProcesses;

    public async Task<string?> RunAsync(string run, string place, string incarnation, string device, int threads, CancellationToken cancellationToken)
    {
        using var process = Start();
        var output = RelayAsync(process.StandardOutput, run, place);
        var errors = RelayAsync(process.StandardError, run, place);
        try
        {
            await WriteLineAsync(process, JsonSerializer.Serialize(SettingsOf(run, place, incarnation, device, threads)));
            await using var leaving = trainers.Leaving.Register(() => _ = WriteLineAsync(process, LeaveLine));
            await using var ending = cancellationToken.Register(() => EndInput(process));
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await process.WaitForExitAsync(CancellationToken.None).WaitAsync(_patience, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
        await process.WaitForExitAsync(CancellationToken.None);
        await Task.WhenAll(output, errors);
        return process.ExitCode == 0 ? null : process.ExitCode > 128 ? $"signal {process.ExitCode - 128} ended it" : $"it ended with exit code {process.ExitCode}";
    }

    private TrainerProcessSettings SettingsOf(string run, string place, string incarnation, string device, int threads)
    {
        var settings = options.Value;
        return new TrainerProcessSettings
        {
            Run = run,
            Place = place,
            Incarnation = incarnation,
            Device = device,
            Threads = threads,
            Host = settings.Address,
            Gateway = settings.Gateway.ToString(),
            Cluster = settings.Cluster,
            Store = settings.Store,
            Certificate = settings.CertificateAuthority == null ? null : settings.Certificate,
            CertificateKey = settings.CertificateAuthority == null ? null : settings.CertificateKey,
            CertificateAuthority = settings.CertificateAuthority,
        };
    }

    private static Process Start()
    {
        var start = ThisProgram.NewStart();
        (start.RedirectStandardInput, start.RedirectStandardOutput, start.RedirectStandardError) = (true, true, true);
        start.ArgumentList.Add("worker");
        start.ArgumentList.Add(StartedBySilo);
        start.Environment.TryAdd(NativeSettings.MemoryVariable, NativeSettings.MemoryKept);
        start.Environment.TryAdd("OMP_WAIT_POLICY", "PASSIVE");     // trainers share the cores: threads that wait for others should not keep them
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new IOException($"The process of a trainer could not be started from {start.FileName}: {error.Message}", error);
        }
    }

    /// <summary>A process that has ended reads nothing any more; what is known of that is its exit code.</summary>
    private static async Task WriteLineAsync(Process process, string line)
    {
        try
        {
            await process.StandardInput.WriteLineAsync(line);
            await process.StandardInput.FlushAsync();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    private static void EndInput(Process process)
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or InvalidOperationException)
        {
        }
    }

    /// <summary>What the process says becomes part of this silo's log.</summary>
    private async Task RelayAsync(StreamReader reader, string run, string place)
    {
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (line.Contains(" fail: ", StringComparison.Ordinal))
                LogError(run, place, line);
            else if (line.Contains(" warn: ", StringComparison.Ordinal))
                LogWarning(run, place, line);
            else
                LogLine(run, place, line);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Trainer {Run}/{Place}: {Line}")]
    private partial void LogLine(string run, string place, string line);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Trainer {Run}/{Place}: {Line}")]
    private partial void LogWarning(string run, string place, string line);

    [LoggerMessage(Level = LogLevel.Error, Message = "Trainer {Run}/{Place}: {Line}")]
    private partial void LogError(string run, string place, string line);
}
