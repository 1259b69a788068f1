using System.Diagnostics;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.EndToEnd;

/// <summary>The `radiodiffusion` program as a process of its own.</summary>
internal sealed class RadioDiffusionProcess : IDisposable
{
    private readonly Process _process;

    private RadioDiffusionProcess(Process process, Task<string> output, Task<string> errors)
    {
        _process = process;
        Output = output;
        Errors = errors;
    }

    public Task<string> Output { get; }

    public Task<string> Errors { get; }

    public int Id => _process.Id;

    public static RadioDiffusionProcess Start(params string[] arguments) => Start([], arguments);

    /// <param name="environment">Variables beside those of the test.</param>
    /// <param name="arguments">The command.</param>
    public static RadioDiffusionProcess Start(Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.ArgumentList.Add(typeof(RadioDiffusion.Client.CommandLine).Assembly.Location);
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        return new RadioDiffusionProcess(process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var process = Start(arguments);
        int exitCode = await process.WaitAsync(cancellationToken);
        return (exitCode, await process.Output, await process.Errors);
    }

    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>Watches a run in this process, which owns the store, until its status is as wanted.</summary>
    public async Task UntilAsync(string store, Func<TrainingStatus, bool> isReached, CancellationToken cancellationToken) =>
        await UntilAsync(store, "run", isReached, cancellationToken);

    public async Task UntilAsync(string store, string name, Func<TrainingStatus, bool> isReached, CancellationToken cancellationToken)
    {
        await using var session = await Session.ConnectToOwnerAsync(store, Id, cancellationToken);
        var run = session.Grains.GetGrain<ITrainingRunGrain>(name);
        while (true)
        {
            // It stands still until it is begun.
            await foreach (var status in run.WatchAsync(-1, cancellationToken))
            {
                if (isReached(status))
                    return;
                Assert.NotEqual(WorkState.Failed, status.State);
            }
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>SIGINT, as Ctrl-C sends it.</summary>
    public async Task InterruptAsync(CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-INT", _process.Id.ToString()]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    /// <summary>What the system does when the process at the other end dies.</summary>
    public void EndInput() => _process.StandardInput.Close();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
