using System.Text.RegularExpressions;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>The README's first command, with a training of some seconds.</summary>
public sealed partial class DemoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Demo_WithAShortTraining_KillsResumesSamplesAndReports()
    {
        string[] command = ["demo", "--iterations", "24", "--samples", "2", "--out", _folder.File("demo")];
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, command);
        Assert.True(exitCode == ExitCode.Done, output + errors);
        string report = Path.Combine(_folder.File("demo"), "report.html");
        Assert.EndsWith($"Report: {report}", output.TrimEnd(), StringComparison.Ordinal);
        Assert.Matches(@"Killed \(SIGKILL\) at iteration \d+; the last checkpoint is of iteration \d+", output);
        Assert.Contains("the same bytes from the store", output, StringComparison.Ordinal);

        string page = await File.ReadAllTextAsync(report, Token);
        Assert.Contains("killed at", page, StringComparison.Ordinal);
        Assert.Contains("resumed from", page, StringComparison.Ordinal);
        string[] links = [.. Links().Matches(page).Select(match => Uri.UnescapeDataString(match.Groups[1].Value))];
        Assert.Equal(4, links.Length);
        Assert.All(links, link => Assert.True(File.Exists(Path.Combine(_folder.File("demo"), link)), link));

        // Run again on the same folder, it finds everything there.
        var (again, second, _) = await RadioDiffusionProcess.RunAsync(Token, command);
        Assert.Equal(ExitCode.Done, again);
        Assert.Contains("nothing to train", second, StringComparison.Ordinal);
        Assert.DoesNotContain("Killed", second, StringComparison.Ordinal);
    }

    [GeneratedRegex("href=\"([^\"]+)\"")]
    private static partial Regex Links();
}
