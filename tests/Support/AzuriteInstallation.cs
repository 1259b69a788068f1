using System.ComponentModel;
using System.Diagnostics;

namespace RadioDiffusion.TestSupport;

/// <summary>Brings Node.js and Azurite onto the machine where they are missing.</summary>
internal static class AzuriteInstallation
{
    private static readonly TimeSpan AptTimeout = TimeSpan.FromMinutes(8);

    /// <summary>Whether there is Node.js; on Debian and its kin it is installed, if this process may do so.</summary>
    public static async Task<bool> HasNodeAsync()
    {
        if (await RunsAsync("node", "--version") && await RunsAsync(Npm, "--version"))
            return true;
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !File.Exists("/etc/debian_version"))
            return false;
        using var turn = await TakeTurnAsync(Path.Combine(Path.GetTempPath(), "radiodiffusion-apt.lock"), AptTimeout);
        return await RunsAsync("node", "--version") && await RunsAsync(Npm, "--version")
            || (await RunsAsync("apt-get", "update", "-q") | true)      // an old list may do as well
                && await RunsAsync("apt-get", "install", "-q", "-y", "--no-install-recommends", "nodejs", "npm")
                && await RunsAsync("node", "--version");
    }

    /// <summary>Installs what the lock file says, once, however many test processes ask at the same time.</summary>
    public static async Task InstallAsync(string folder, TimeSpan timeout)
    {
        if (IsInstalled(folder))
            return;
        string locks = Directory.CreateDirectory(Path.Combine(folder, "obj")).FullName;
        using var turn = await TakeTurnAsync(Path.Combine(locks, "install.lock"), timeout);
        if (IsInstalled(folder))
            return;
        (int code, string output) = await RunAsync(folder, Npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
        if (code != 0)
            throw new InvalidOperationException($"'npm ci' in {folder} should install Azurite, but it ended with {code}: {output}");
    }

    private static string Npm => OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>npm writes this file last; one that is older than the lock file is of another version.</summary>
    private static bool IsInstalled(string folder)
    {
        var installed = new FileInfo(Path.Combine(folder, "node_modules", ".package-lock.json"));
        return installed.Exists && installed.LastWriteTimeUtc >= File.GetLastWriteTimeUtc(Path.Combine(folder, "package-lock.json"));
    }

    private static async Task<FileStream> TakeTurnAsync(string path, TimeSpan timeout)
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

    private static async Task<(int Code, string Output)> RunAsync(string folder, string program, params string[] arguments)
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
}
