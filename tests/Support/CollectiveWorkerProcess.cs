using System.Diagnostics;

namespace RadioDiffusion.TestSupport;

/// <summary>A process of tests/CollectiveWorker, which must lie in the output folder (a project reference does that).</summary>
internal sealed class CollectiveWorkerProcess : IDisposable
{
    private readonly Process _process;

    private CollectiveWorkerProcess(Process process) => _process = process;

    public static CollectiveWorkerProcess Start()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "RadioDiffusion.CollectiveWorker.dll"));
        start.Environment["OMP_NUM_THREADS"] = "1";
        return new CollectiveWorkerProcess(Process.Start(start)!);
    }

    public async Task TellAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>The next answer.</summary>
    public async Task<string> HearAsync(CancellationToken cancellationToken)
    {
        while (await _process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.StartsWith("> ", StringComparison.Ordinal))
                return line[2..];
        }
        await _process.WaitForExitAsync(cancellationToken);
        throw new InvalidOperationException($"The worker ended with code {_process.ExitCode} instead of answering; its standard error, among the test's, says why.");
    }

    public async Task<string> AskAsync(string command, CancellationToken cancellationToken)
    {
        await TellAsync(command);
        return await HearAsync(cancellationToken);
    }

    /// <summary>SIGSTOP: it hangs, with its connections open.</summary>
    public void Stop()
    {
        using var kill = Process.Start("kill", ["-STOP", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill();
        await _process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>Ends its input, at which it leaves by itself.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> EndAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        await _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }
}
