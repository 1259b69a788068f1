using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Classification;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Client.Tests;

/// <summary>A classifier from labelled images to its model, and what commands say of one.</summary>
[Collection("console")]
public sealed class ClassifierCommandTests : IDisposable
{
    private const int Side = 16;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Classifier_TrainedOnLabelledImages_IsAModelThatClassifiesAndMakesNoImages()
    {
        WriteImages();
        await RunWellAsync("dataset", "import", _folder.File("images"), "--name", "labelled", "--crop", $"{Side}");
        await RunWellAsync("train", "start", "run", "--dataset", "labelled", "--preset", "classifier-small", "--iterations", "6", "--batch", "8", "--checkpoint-every", "3", "--validate-every", "3");

        var model = Json(await RunWellAsync("model", "show", "run", "--json"));
        Assert.True(model.GetProperty("isClassifier").GetBoolean());
        Assert.Equal(["double", "single"], model.GetProperty("classes").EnumerateArray().Select(name => name.GetString()));
        Assert.Contains("a classifier, double, single", (await RunWellAsync("model", "list")).ReplaceLineEndings(" "), StringComparison.Ordinal);
        await AssertClassifiesAsync();

        string to = _folder.File("report");
        var report = Json(await RunWellAsync("train", "report", "run", "--out", to, "--json"));
        Assert.Equal(6, report.GetProperty("iteration").GetInt32());
        Assert.Equal(0, report.GetProperty("samples").GetArrayLength());
        Assert.True(File.Exists(Path.Combine(to, "losses.png")));
        Assert.False(File.Exists(Path.Combine(to, "samples.png")) || File.Exists(Path.Combine(to, "sample_grids.png")));

        await AssertRefusedAsync("Model 'run' is a classifier", "sample", "--model", "run", "--class", "double");
        await AssertRefusedAsync("that is a classifier", "sample", $"s1_{model.GetProperty("digest").GetString()}_seed=1_class=double_w=0.1_heun=2_f32");
        await AssertRefusedAsync("is a classifier", "model", "export", "run", "--out", _folder.File("out"), "--format", "pt");
        await AssertRefusedAsync("their networks have nothing in common", "train", "start", "other", "--dataset", "labelled", "--preset", "small", "--from-model", "run");
        await AssertRefusedAsync("no sample grids", "train", "start", "other", "--dataset", "labelled", "--preset", "classifier", "--sample-grids", "2");
    }

    private async Task AssertClassifiesAsync()
    {
        await using var session = await Session.OpenAsync(Store, null, false, Token);
        var entry = await session.Grains.Model("run").GetAsync(Token);
        using var classifier = ClassifierModel.Load(await session.Artifacts.GetDirectoryAsync(entry.Snapshot, Token));
        Assert.Equal(["double", "single"], classifier.Description.Classes);
        Assert.Empty(classifier.Description.Values);
        Assert.Equal(1, classifier.Classify([Image(isDouble: true, 0)[..(Side * Side)]]).Single().Probabilities.Sum(), 1e-9);
        var checkpoint = (await session.Grains.TrainingRun("run").GetStatusAsync(Token)).Checkpoint!;
        Assert.Equal(6, checkpoint.Iteration);
        Assert.Throws<UserErrorException>(() => SampleIds.For(entry, new SampleParameters("run", Class: "double")));
    }

    private async Task<string> RunWellAsync(params string[] command)
    {
        var (exitCode, text, errors) = await CommandLineTests.RunAsync([.. command, "--store", Store]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return text;
    }

    private async Task AssertRefusedAsync(string reason, params string[] command)
    {
        var (exitCode, text, errors) = await CommandLineTests.RunAsync([.. command, "--store", Store]);
        Assert.NotEqual(ExitCode.Done, exitCode);
        Assert.Contains(reason, (text + errors).ReplaceLineEndings(" "), StringComparison.Ordinal);
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;

    /// <summary>Twelve images of two blobs and eight of one.</summary>
    private void WriteImages()
    {
        for (int i = 0; i < 20; i++)
        {
            string name = i < 12 ? "double" : "single", folder = Path.Combine(_folder.File("images"), name);
            Directory.CreateDirectory(folder);
            FitsWriter.WriteImage(Path.Combine(folder, $"{name}{i}.fits"), Image(i < 12, i), 20, 20);
        }
    }

    private static float[] Image(bool isDouble, int index) =>
        [.. Enumerable.Range(0, 20 * 20).Select(pixel => Blob(pixel, 10, 6 + index % 4) + (isDouble ? Blob(pixel, 8 + index % 5, 14) : 0))];

    private static float Blob(int pixel, int row, int column) => (float)Math.Exp(-(Math.Pow(pixel / 20 - row, 2) + Math.Pow(pixel % 20 - column, 2)) / 4);
}
