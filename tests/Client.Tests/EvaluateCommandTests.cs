using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Client.Tests;

/// <summary>`evaluate`, from labelled images over a model, a classifier and samples to the report.</summary>
[Collection("console")]
public sealed class EvaluateCommandTests : IDisposable
{
    private const int Side = 32;
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Model_IsComparedWithItsDataSet_OnceAndForAll()
    {
        WriteImages();
        await DoneAsync("dataset", "import", _folder.File("images"), "--name", "labelled");
        await DoneAsync("train", "start", "maker", "--dataset", "labelled", "--preset", "demo", "--iterations", "2", "--batch", "2", "--sample-grids", "0");
        // The name that evaluate gives the classifier of a set, so that it is found and not trained for minutes.
        await DoneAsync("train", "start", "labelled-classifier-small", "--dataset", "labelled", "--preset", "classifier-small", "--iterations", "4", "--batch", "8");
        string[] evaluate = ["evaluate", "--real", "labelled", "--generated", "maker", "--count", "14", "--steps", "2", "--nearest", "4", "--classifier-preset", "classifier-small",
            "--guidance-table", "0.5,0", "--guidance-count", "4", "--out"];
        var first = await DoneAsync([.. evaluate, _folder.File("report")]);
        Assert.False(first.GetProperty("wasUpToDate").GetBoolean());
        var result = first.GetProperty("result");
        Assert.Equal((40, 14), (result.GetProperty("real").GetProperty("images").GetInt32(), result.GetProperty("generated").GetProperty("images").GetInt32()));
        Assert.Equal(6, result.GetProperty("quantities").GetArrayLength());
        var classes = result.GetProperty("classConditioning");
        Assert.Equal("labelled-classifier-small", classes.GetProperty("classifier").GetString());
        Assert.Equal(8, classes.GetProperty("real").GetProperty("images").GetInt32());         // a fifth was held out of 40
        Assert.Equal(14, classes.GetProperty("generated").GetProperty("images").GetInt32());
        Assert.Equal([0, 0.5], classes.GetProperty("byGuidance").EnumerateArray().Select(line => line.GetProperty("guidance").GetDouble()));
        Assert.Equal(4, result.GetProperty("nearest").GetProperty("compared").GetInt32());
        Assert.Contains(result.GetProperty("notes").EnumerateArray(), note => note.GetString()!.Contains("each set needs 12 images", StringComparison.Ordinal));
        foreach (string file in new[] { "report.html", "evaluation.json", "real.parquet", "generated.parquet" })
            Assert.True(new FileInfo(Path.Combine(_folder.File("report"), file)).Length > 500, file);

        var second = await DoneAsync([.. evaluate, _folder.File("again")]);
        Assert.True(second.GetProperty("wasUpToDate").GetBoolean());
        Assert.Equal(first.GetProperty("artifact").GetString(), second.GetProperty("artifact").GetString());
        Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_folder.File("report"), "report.html"), TestContext.Current.CancellationToken),
            await File.ReadAllBytesAsync(Path.Combine(_folder.File("again"), "report.html"), TestContext.Current.CancellationToken));

        await AssertAugmentationAsync([.. evaluate, _folder.File("augmented"), "--augmentation"]);
        await AssertSameSetsAsync();
        await AssertRefusalsAsync();
    }

    /// <summary>The 32 real images that are trained on and the 14 generated ones; the same 8 judge both classifiers.</summary>
    private async Task AssertAugmentationAsync(string[] command)
    {
        var study = (await DoneAsync(command)).GetProperty("result").GetProperty("augmentation");
        string classifier = study.GetProperty("classifier").GetString()!;
        Assert.StartsWith("labelled-classifier-small-with-", classifier, StringComparison.Ordinal);
        Assert.Equal((8, 8), (study.GetProperty("realOnly").GetProperty("images").GetInt32(), study.GetProperty("augmented").GetProperty("images").GetInt32()));
        var run = (await DoneAsync("train", "list")).EnumerateArray().Single(one => one.GetProperty("name").GetString() == classifier);
        var set = await DoneAsync("dataset", "show", run.GetProperty("request").GetProperty("dataset").GetString()!);
        Assert.Equal(54, set.GetProperty("selected").GetInt32());
        Assert.Equal("iterations 4", $"iterations {run.GetProperty("iteration").GetInt32()}");   // trained like the other one
    }

    /// <summary>A set of images compared with itself has no distance, however it is named.</summary>
    private async Task AssertSameSetsAsync()
    {
        await DoneAsync("dataset", "import", _folder.File("images"), "--name", "maker");
        var same = await DoneAsync("evaluate", "--real", "labelled", "--generated", "dataset:maker", "--no-classifier", "--nearest", "0", "--out", _folder.File("same"));
        foreach (var quantity in same.GetProperty("result").GetProperty("quantities").EnumerateArray())
        {
            if (quantity.GetProperty("distance") is { ValueKind: JsonValueKind.Object } distance)
                Assert.Equal(0, distance.GetProperty("kolmogorovSmirnov").GetDouble());
        }
    }

    private async Task AssertRefusalsAsync()
    {
        await AssertRefusedAsync("Both a model and a data set are named 'maker'", "--real", "labelled", "--generated", "maker");
        await AssertRefusedAsync("There is no model and no data set 'nothing'", "--real", "labelled", "--generated", "nothing");
        await AssertRefusedAsync("There is no data set 'nothing'", "--real", "nothing", "--generated", "maker");
        await AssertRefusedAsync("makes images, but a classifier is needed", "--real", "labelled", "--generated", "model:maker", "--classifier", "maker");
        await AssertRefusedAsync("is a classifier: it makes no images", "--real", "labelled", "--generated", "labelled-classifier-small", "--no-classifier");
        await AssertRefusedAsync("guidance strengths of 0 or more", "--real", "labelled", "--generated", "model:maker", "--guidance-table", "0,high");
        await AssertRefusedAsync("needs a classifier", "--real", "labelled", "--generated", "model:maker", "--no-classifier", "--guidance-table", "0,1");
        await AssertRefusedAsync("and not both", "--real", "labelled", "--generated", "model:maker", "--no-classifier", "--classifier", "labelled-classifier-small");
    }

    private async Task AssertRefusedAsync(string reason, params string[] arguments)
    {
        var (exitCode, text, errors) = await RunAsync(["evaluate", .. arguments, "--out", _folder.File("none")]);
        Assert.NotEqual(ExitCode.Done, exitCode);
        Assert.Contains(reason, (text + errors).ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("none")));
    }

    private async Task<JsonElement> DoneAsync(params string[] command)
    {
        var (exitCode, text, errors) = await RunAsync([.. command, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => CommandLineTests.RunAsync([.. command, "--store", Store]);

    private void WriteImages()
    {
        for (int i = 0; i < 40; i++)
        {
            string name = i < 22 ? "double" : "single", folder = Path.Combine(_folder.File("images"), name);
            Directory.CreateDirectory(folder);
            FitsWriter.WriteImage(Path.Combine(folder, $"{name}{i}.fits"), Image(i < 22, i), Side, Side);
        }
    }

    private static float[] Image(bool isDouble, int index) =>
        [.. Enumerable.Range(0, Side * Side).Select(pixel => Blob(pixel, 16, 11 + (index % 4)) + (isDouble ? Blob(pixel, 14 + (index % 5), 22) : 0))];

    private static float Blob(int pixel, int row, int column) => (float)Math.Exp(-(Math.Pow((pixel / Side) - row, 2) + Math.Pow((pixel % Side) - column, 2)) / 6);
}
