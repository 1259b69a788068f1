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

    /// <summary>
    /// However fast the machine is: the first process would train for ever and is killed after a checkpoint; the second one is stopped some
    /// iterations later; then an undisturbed training of exactly so many iterations must end in the same state.
    /// </summary>
    [Fact]
    public async Task Training_KilledAndResumed_IsBitIdenticalToAnUndisturbedOne()
    {
        string undisturbed = _folder.File("undisturbed"), killed = _folder.File("killed");
        await BuildAsync(undisturbed);
        await BuildAsync(killed);
        using (var first = RadioDiffusionProcess.Start(Train(killed, iterations: 100_000)))
        {
            await first.UntilAsync(killed, status => status.Checkpoint?.Iteration >= 10, Token);
            await first.KillAsync(Token);
        }
        using (var second = RadioDiffusionProcess.Start("train", "resume", "run", "--store", killed))
        {
            await second.UntilAsync(killed, status => status.ResumedAt >= 10 && status.Iteration > status.ResumedAt, Token);
            await second.InterruptAsync(Token);
            Assert.Equal(ExitCode.Cancelled, await second.WaitAsync(Token));
        }
        var list = await RunJsonAsync("train", "list", "--store", killed, "--json");
        long stoppedAt = list[0].GetProperty("checkpoint").GetProperty("iteration").GetInt64();

        var whole = await RunJsonAsync(Train(undisturbed, stoppedAt));
        Assert.Equal(stoppedAt, whole.GetProperty("iteration").GetInt64());
        await AssertSameCheckpointAsync(undisturbed, killed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CtrlC_OrTheEndOfTheParent_WhileTraining_WritesACheckpointAndExitsWith130(bool isOrphaned)
    {
        string store = _folder.File("store");
        await BuildAsync(store);
        using var training = RadioDiffusionProcess.Start("train", "start", "run", "--dataset", "small", "--iterations", "100000", "--batch", "2",
            "--checkpoint-every", "100000", "--validate-every", "100000", "--store", store, isOrphaned ? "--until-input-ends" : "--verbose");
        await training.UntilAsync(store, status => status.Iteration > 0, Token);
        if (isOrphaned)
            training.EndInput();
        else
            await training.InterruptAsync(Token);
        Assert.Equal(ExitCode.Cancelled, await training.WaitAsync(Token));

        var list = await RunJsonAsync("train", "list", "--store", store, "--json");
        Assert.Equal("Paused", list[0].GetProperty("state").GetString());
        Assert.True(list[0].GetProperty("checkpoint").GetProperty("iteration").GetInt64() > 0);
    }

    private static string[] Train(string store, long iterations) =>
    [
        "train", "start", "run", "--dataset", "small", "--iterations", $"{iterations}", "--batch", "4", "--checkpoint-every", "5",
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
