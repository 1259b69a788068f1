using System.Diagnostics;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>A disk that runs full: a file system of some megabytes, mounted in a namespace of the program's own (Linux).</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DatasetBuild_OnADiskThatRunsFull_SaysSoAndKeepsWhatWasThere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && await ShellAsync("unshare -rm true") is (0, _, _), "Needs user namespaces (unshare -rm), to mount a small file system.");
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        Directory.CreateDirectory(_folder.File("disk"));
        string program = $"dotnet '{typeof(CommandLine).Assembly.Location}'";
        string build = $"{program} dataset build NAME --mosaics '{mosaics}' --catalogue '{catalogue}' --size 16 --min-snr 2 --store disk/store";
        var (exitCode, output, errors) = await ShellAsync($"""
            unshare -rm sh -c "
              cd '{_folder.Path}' && mount -t tmpfs -o size=4m tmpfs disk &&
              {build.Replace("NAME", "first", StringComparison.Ordinal)} > first.txt &&
              {program} store ls --json --store disk/store > before.txt &&
              head -c 100m /dev/zero > disk/rest 2> /dev/null;
              {build.Replace("NAME", "second", StringComparison.Ordinal).Replace("--min-snr 2", "--min-snr 3", StringComparison.Ordinal)} > second.txt 2> errors.txt;
              echo second=\$?;
              rm disk/rest;
              {program} store ls --json --store disk/store > after.txt;
              {program} dataset show first --store disk/store > show.txt;
              echo show=\$?
            "
            """);
        Assert.True(exitCode == 0, $"{output}\n{errors}");
        Assert.Contains("second=1", output, StringComparison.Ordinal);
        Assert.Contains("show=0", output, StringComparison.Ordinal);
        Assert.Matches("(?i)space|disk", await File.ReadAllTextAsync(_folder.File("errors.txt"), Token));
        Assert.Equal(await File.ReadAllTextAsync(_folder.File("before.txt"), Token), await File.ReadAllTextAsync(_folder.File("after.txt"), Token));
    }

    private static async Task<(int ExitCode, string Output, string Errors)> ShellAsync(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await errors);
    }
}
