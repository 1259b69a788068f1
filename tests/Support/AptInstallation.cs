using System.ComponentModel;
using System.Diagnostics;

namespace RadioDiffusion.TestSupport;

/// <summary>Programs that tests run: taken from PATH, otherwise installed with apt where this process may do so.</summary>
internal static class AptInstallation
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(8);

    /// <summary>Whether all programs answer to an argument; on Debian and its kin root installs the packages first, one process at a time.</summary>
    public static async Task<bool> HasAsync(IReadOnlyList<string> programs, string argument, params string[] packages)
    {
        if (await AnswerAsync(programs, argument))
            return true;
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !File.Exists("/etc/debian_version"))
            return false;
        using var turn = await TakeTurnAsync(Path.Combine(Path.GetTempPath(), "radiodiffusion-apt.lock"), Timeout);
        return await AnswerAsync(programs, argument)
            || (await RunsAsync("apt-get", "update", "-q") | true)      // an old list may do as well
                && await RunsAsync("apt-get", ["install", "-q", "-y", "--no-install-recommends", .. packages])
                && await AnswerAsync(programs, argument);
    }

    /// <summary>Skips the calling test where something is missing, or fails it in CI.</summary>
    public static void SkipUnless(bool present, string missing)
    {
        if (!present && Environment.GetEnvironmentVariable("CI") is "true" or "1")
            Assert.Fail(missing);
        Assert.SkipUnless(present, missing);
    }

    /// <summary>Runs a program to its end; its output is both streams.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        Array.ForEach(arguments, start.ArgumentList.Add);
        start.Environment["DEBIAN_FRONTEND"] = "noninteractive";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }

    /// <summary>Waits for a lock file, which stays locked until the result is disposed.</summary>
    public static async Task<FileStream> TakeTurnAsync(string path, TimeSpan timeout)
    {
        for (var watch = Stopwatch.StartNew(); ;)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (watch.Elapsed < timeout)
            {
                await Task.Delay(200);
            }
        }
    }

    private static async Task<bool> AnswerAsync(IReadOnlyList<string> programs, string argument)
    {
        foreach (string program in programs)
        {
            if (!await RunsAsync(program, argument))
                return false;
        }
        return true;
    }

    private static async Task<bool> RunsAsync(string program, params string[] arguments)
    {
        try
        {
            return (await RunAsync(Path.GetTempPath(), program, arguments)).Code == 0;
        }
        catch (Win32Exception)
        {
            return false;                                    // there is no such program
        }
    }
}
