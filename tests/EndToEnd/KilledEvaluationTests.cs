using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.EndToEnd;

/// <summary>`evaluate`, killed while it makes samples and again while it measures: the same command goes on with what is there.</summary>
public sealed class KilledEvaluationTests : IDisposable
{
    private const int Side = 32, Count = 16;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Evaluation_KilledTwice_EndsWholeAndMakesNothingTwice()
    {
        for (int i = 0; i < 24; i++)
        {
            string images = Directory.CreateDirectory(_folder.File(Path.Combine("images", i % 2 == 0 ? "single" : "double"))).FullName;
            FitsWriter.WriteImage(Path.Combine(images, $"{i}.fits"), Image(i), Side, Side);
        }
        await DoneAsync("dataset", "import", _folder.File("images"), "--name", "labelled");
        await DoneAsync("train", "start", "maker", "--dataset", "labelled", "--preset", "demo", "--iterations", "2", "--batch", "2", "--sample-grids", "0");
        string[] evaluate = ["evaluate", "--real", "labelled", "--generated", "maker", "--count", $"{Count}", "--steps", "8", "--no-classifier", "--nearest", "4", "--out", _folder.File("report"), "--store", Store];

        var firstSamples = await KilledAsync(evaluate, "s1_*", least: 3);
        Assert.True(firstSamples.Count < Count, "It was killed too late to show anything.");
        var set = await KilledAsync(evaluate, "sample-set-*", least: 1);
        var (exitCode, output, errors) = await RadioDiffusionProcess.RunAsync(Token, [.. evaluate, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Equal(Count, JsonDocument.Parse(output).RootElement.GetProperty("result").GetProperty("generated").GetProperty("images").GetInt32());
        Assert.True(new FileInfo(Path.Combine(_folder.File("report"), SetComparison.ReportFile)).Length > 10_000);
        foreach (var (manifest, written) in firstSamples.Concat(set))
            Assert.Equal(written, await File.ReadAllBytesAsync(manifest, Token));
    }

    /// <summary>Kills it as soon as there are so many artifacts of a kind.</summary>
    /// <returns>Their manifests, which tell when they were made.</returns>
    private async Task<Dictionary<string, byte[]>> KilledAsync(string[] command, string names, int least)
    {
        using var process = RadioDiffusionProcess.Start(command);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (Found().Length < least)
        {
            Assert.False(process.Output.IsCompleted, process.Output.IsCompleted ? await process.Errors : "");
            await poll.WaitForNextTickAsync(Token);
        }
        await process.KillAsync(Token);
        return Found().ToDictionary(manifest => manifest, File.ReadAllBytes);

        string[] Found() => Directory.Exists(Path.Combine(Store, "artifacts"))
            ? [.. Directory.GetDirectories(Path.Combine(Store, "artifacts"), names, SearchOption.AllDirectories).Select(folder => Path.Combine(folder, "artifact.json")).Where(File.Exists)]
            : [];
    }

    private async Task DoneAsync(params string[] command)
    {
        int exitCode = await CommandLine.RunAsync([.. command, "--store", Store, "--json"]);
        Assert.Equal(ExitCode.Done, exitCode);
    }

    private static float[] Image(int index) => [.. Enumerable.Range(0, Side * Side).Select(pixel => Blob(pixel, 16, 11 + (index % 4)) + (index % 2 == 1 ? Blob(pixel, 14 + (index % 5), 22) : 0))];

    private static float Blob(int pixel, int row, int column) => (float)Math.Exp(-(Math.Pow((pixel / Side) - row, 2) + Math.Pow((pixel % Side) - column, 2)) / 6);
}
