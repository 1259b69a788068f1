using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>`serve` as a process, and every command that connects to it, each as a process too.</summary>
public sealed class ServeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _gateway = $"127.0.0.1:{Ports.Free()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Serve_WithEveryCommandConnected_BuildsTrainsExportsSamplesAndPausesWhatTrainsAtTheEnd()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        using var serve = RadioDiffusionProcess.Start("serve", "--store", Store, "--gateway-port", _gateway.Split(':')[1], "--silo-port", "0", "--http-port", "0");
        await (await Session.ConnectToOwnerAsync(Store, serve.Id, Token)).DisposeAsync();

        await RunAsync("dataset", "build", "small", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2");
        await RunAsync("train", "start", "run", "--dataset", "small", "--iterations", "2", "--batch", "2");
        using (var watched = await RunAsync("train", "watch", "run"))
            Assert.Equal("Done", watched.RootElement.GetProperty("state").GetString());
        using (var exported = await RunAsync("model", "export", "run", "--out", _folder.File("exported")))
            Assert.All(exported.RootElement.GetProperty("files").EnumerateArray(), file => Assert.True(File.Exists(file.GetString())));
        Assert.True(File.Exists(_folder.File("exported/weights.safetensors")));
        using (var samples = await RunAsync("sample", "--model", "run", "--flux", "2", "--steps", "2", "--count", "3", "--out", _folder.File("samples")))
        {
            Assert.Equal(3, samples.RootElement.GetArrayLength());
            Assert.Equal(6, Directory.GetFiles(_folder.File("samples")).Length);
        }
        string fetched = Directory.GetFiles(_folder.File("samples"), "*.fits")[0], again = _folder.File("again.fits");
        var (code, told) = await AptInstallation.RunAsync(_folder.Path, "dotnet", SampleApp, _gateway, Path.GetFileNameWithoutExtension(fetched), again);
        Assert.True(code == 0, told);
        Assert.Equal(await File.ReadAllBytesAsync(fetched, Token), await File.ReadAllBytesAsync(again, Token));
        using (var artifacts = await RunAsync("store", "ls", "sample"))
            Assert.Equal(3, artifacts.RootElement.GetArrayLength());

        using var training = RadioDiffusionProcess.Start("train", "start", "long", "--dataset", "small", "--iterations", "100000", "--batch", "2", "--connect", _gateway, "--json");
        await serve.UntilAsync(Store, "long", status => status.Iteration > 0, Token);
        await serve.InterruptAsync(Token);
        Assert.Equal(ExitCode.Done, await serve.WaitAsync(Token));
        var (exitCode, list, errors) = await RadioDiffusionProcess.RunAsync(Token, "train", "list", "--store", Store, "--json");
        Assert.True(exitCode == ExitCode.Done, errors);
        using var runs = JsonDocument.Parse(list);
        var run = runs.RootElement.EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == "long");
        Assert.Equal("Paused", run.GetProperty("state").GetString());
        Assert.True(run.GetProperty("checkpoint").GetProperty("iteration").GetInt64() > 0);

        // Where standard error goes elsewhere, the log is JSON.
        string[] log = (await serve.Errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(log, line => JsonDocument.Parse(line).Dispose());
        Assert.Contains(log, line => line.Contains("since this process ends", StringComparison.Ordinal));
    }

    /// <summary>In its own output folder, with nothing but what it refers to.</summary>
    private static string SampleApp => Path.Combine(AppContext.BaseDirectory.Replace($"{Path.DirectorySeparatorChar}EndToEnd{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}SampleApp{Path.DirectorySeparatorChar}", StringComparison.Ordinal), "RadioDiffusion.SampleApp.dll");

    private async Task<JsonDocument> RunAsync(params string[] command)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, [.. command, "--connect", _gateway, "--json"]);
        Assert.True(exitCode == ExitCode.Done, $"{string.Join(' ', command)}: {output}{errors}");
        return JsonDocument.Parse(output);
    }
}
