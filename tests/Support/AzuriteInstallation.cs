namespace RadioDiffusion.TestSupport;

/// <summary>Brings Node.js and Azurite onto the machine where they are missing.</summary>
internal static class AzuriteInstallation
{
    /// <summary>Whether there is Node.js; on Debian and its kin it is installed, if this process may do so.</summary>
    public static Task<bool> HasNodeAsync() => AptInstallation.HasAsync(["node", Npm], "--version", "nodejs", "npm");

    /// <summary>Installs what the lock file says, once, however many test processes ask at the same time.</summary>
    public static async Task InstallAsync(string folder, TimeSpan timeout)
    {
        if (IsInstalled(folder))
            return;
        string locks = Directory.CreateDirectory(Path.Combine(folder, "obj")).FullName;
        using var turn = await AptInstallation.TakeTurnAsync(Path.Combine(locks, "install.lock"), timeout);
        if (IsInstalled(folder))
            return;
        (int code, string output) = await AptInstallation.RunAsync(folder, Npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund");
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
}
