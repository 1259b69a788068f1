using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.EndToEnd;

/// <summary>`worker`: trainers on machines without a silo, for a silo without a device.</summary>
public sealed class WorkerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _gateway = $"127.0.0.1:{Ports.Free()}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_WithoutADevice_WaitsForWorkersAndEndsInTheWeightsOfAnyOtherTwoEvenIfOneIsKilled()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        string configuration = _folder.File("config.json");
        await File.WriteAllTextAsync(configuration, """{"training": {"threads": 1}}""", Token);
        string[] build = ["dataset", "build", "small", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2", "--json"];
        string[] train = ["train", "start", "run", "--dataset", "small", "--iterations", "40", "--batch", "2", "--workers", "2", "--checkpoint-every", "5", "--validate-every", "1000", "--sample-grids", "0", "--config", configuration, "--json"];
        string elsewhere = _folder.File("elsewhere");
        await RunAsync([.. build, "--store", elsewhere]);
        string expected = (await RunAsync([.. train, "--store", elsewhere])).GetProperty("snapshot").GetString()!;

        await RunAsync([.. build, "--store", Store]);
        using var serve = RadioDiffusionProcess.Start("serve", "--device", "none", "--store", Store, "--gateway-port", _gateway.Split(':')[1], "--silo-port", "0", "--http-port", "0");
        await (await Session.ConnectToOwnerAsync(Store, serve.Id, Token)).DisposeAsync();
        using var start = RadioDiffusionProcess.Start([.. train, "--connect", _gateway]);
        await serve.UntilAsync(Store, status => status.Error?.Contains("radiodiffusion worker --run run", StringComparison.Ordinal) == true, Token);
        using var first = Worker();
        using (var second = Worker())
        {
            await serve.UntilAsync(Store, status => status.Checkpoint?.Iteration >= 5, Token);
            await second.KillAsync(Token);
        }
        await serve.UntilAsync(Store, status => status.Trainers.Count == 0 && status.State == WorkState.Running, Token);
        using var third = Worker();
        Assert.True(await start.WaitAsync(Token) == ExitCode.Done, await start.Errors);
        var run = JsonDocument.Parse(await start.Output).RootElement;
        Assert.Equal(expected, run.GetProperty("snapshot").GetString());
        Assert.True(run.GetProperty("generation").GetInt64() >= 2, run.ToString());
        Assert.Equal(ExitCode.Done, await first.WaitAsync(Token));
        Assert.Equal(ExitCode.Done, await third.WaitAsync(Token));
    }

    private RadioDiffusionProcess Worker() => RadioDiffusionProcess.Start("worker", "--run", "run", "--threads", "1", "--connect", _gateway);

    private static async Task<JsonElement> RunAsync(string[] arguments)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, arguments);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }
}
