using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.EndToEnd;

/// <summary>Training in real processes that are killed or interrupted.</summary>
public sealed class InterruptedTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _mosaics;
    private readonly string _catalogue;

    public InterruptedTrainingTests() => (_mosaics, _catalogue) = SmallSurvey.Write(_folder.Path);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TwentySteps_KilledAfterTenAndResumed_AreBitIdenticalToTwentyUndisturbed()
    {
        string undisturbed = _folder.File("undisturbed"), killed = _folder.File("killed");
        await BuildAsync(undisturbed);
        await BuildAsync(killed);
        var whole = await RunJsonAsync(Train(undisturbed));

        using (var first = RadioDiffusionProcess.Start(Train(killed)))
        {
            await WaitForCheckpointAsync(killed, iteration: 10);
            await first.KillAsync(Token);
        }
        var resumed = await RunJsonAsync("train", "resume", "run", "--store", killed, "--json");
        Assert.InRange(resumed.GetProperty("resumedAt").GetInt64(), 10, 19);
        Assert.Equal(20, resumed.GetProperty("iteration").GetInt64());
        Assert.Equal(whole.GetProperty("snapshot").GetString(), resumed.GetProperty("snapshot").GetString());
        await AssertSameCheckpointAsync(undisturbed, killed);
    }

    [Fact]
    public async Task CtrlC_WhileTraining_WritesACheckpointAndExitsWith130()
    {
        string store = _folder.File("store");
        await BuildAsync(store);
        using var training = RadioDiffusionProcess.Start("train", "start", "run", "--dataset", "small", "--iterations", "100000", "--batch", "2",
            "--checkpoint-every", "100000", "--validate-every", "100000", "--store", store);
        await using (var session = await Session.ConnectToOwnerAsync(store, training.Id, Token))
            await WaitAsync(session.Grains.GetGrain<ITrainingRunGrain>("run"), status => status.Iteration > 0);
        await training.InterruptAsync(Token);
        Assert.Equal(ExitCode.Cancelled, await training.WaitAsync(Token));

        var list = await RunJsonAsync("train", "list", "--store", store, "--json");
        Assert.Equal("Paused", list[0].GetProperty("state").GetString());
        Assert.True(list[0].GetProperty("checkpoint").GetProperty("iteration").GetInt64() > 0);
    }

    private static string[] Train(string store) =>
    [
        "train", "start", "run", "--dataset", "small", "--iterations", "20", "--batch", "4", "--checkpoint-every", "5",
        "--validate-every", "10", "--store", store, "--json",
    ];

    private async Task BuildAsync(string store)
    {
        var (exitCode, _, errors) = await RadioDiffusionProcess.RunAsync(Token, "dataset", "build", "small", "--mosaics", _mosaics, "--catalogue", _catalogue,
            "--size", "16", "--min-snr", "2", "--store", store);
        Assert.True(exitCode == ExitCode.Done, errors);
    }

    private static async Task<JsonElement> RunJsonAsync(params string[] arguments)
    {
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, arguments);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>The store's grain state is a file: the checkpoint counts once it is committed there.</summary>
    private static async Task WaitForCheckpointAsync(string store, long iteration)
    {
        await using var session = await Session.ConnectToOwnerAsync(store, null, Token);
        await WaitAsync(session.Grains.GetGrain<ITrainingRunGrain>("run"), status => status.Checkpoint?.Iteration >= iteration);
    }

    private static async Task WaitAsync(ITrainingRunGrain run, Func<TrainingStatus, bool> until)
    {
        await foreach (var status in run.WatchAsync(-1, Token))
        {
            if (until(status))
                return;
        }
        Assert.Fail("The run stood still before the state that was waited for.");
    }

    private static async Task AssertSameCheckpointAsync(string one, string other)
    {
        var (first, second) = (await FinalCheckpointAsync(one), await FinalCheckpointAsync(other));
        string[] names = ["ema.safetensors", "model.safetensors", "optimizer.safetensors"];
        foreach (string name in names)
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(first, name), Token), await File.ReadAllBytesAsync(Path.Combine(second, name), Token));
    }

    private static async Task<string> FinalCheckpointAsync(string store)
    {
        await using var session = await Session.OpenAsync(store, null, false, Token);
        var status = await session.Grains.GetGrain<ITrainingRunGrain>("run").GetStatusAsync(Token);
        return await session.Artifacts.GetDirectoryAsync(status.Checkpoint!.Artifact, Token);
    }
}
