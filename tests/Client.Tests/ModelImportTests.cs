using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Interchange;
using RadioDiffusion.ModelCore.Networks;

namespace RadioDiffusion.Client.Tests;

/// <summary>`model import` and `export --format pt` as a user types them.</summary>
[Collection("console")]
public sealed class ModelImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Model_ExportedAndImported_IsTheSameModelInBothFormats()
    {
        string weights = WriteWeights("demo");
        var first = await ImportAsync(weights, "--name", "first", "--preset", "demo", "--boxcox", "0.1,-4,0.5");
        Assert.Equal(NetworkTensor.AllOf(NetworkOptions.Preset("demo")).Sum(tensor => tensor.Shape.Aggregate(1L, (product, length) => product * length)), first.GetProperty("parameters").GetInt64());
        Assert.Equal(0, first.GetProperty("notes").GetArrayLength());
        Assert.Equal(Digest(first), Digest(await ImportAsync(weights, "--name", "second", "--preset", "demo", "--boxcox", "0.1,-4,0.5")));

        string exported = _folder.File("exported");
        Assert.Equal(ExitCode.Done, (await RunAsync("model", "export", "first", "--out", exported)).ExitCode);
        Assert.Equal(Digest(first), Digest(await ImportAsync(Path.Combine(exported, "weights.safetensors"), "--name", "third")));

        Assert.Equal(ExitCode.Done, (await RunAsync("model", "export", "first", "--out", exported, "--format", "pt")).ExitCode);
        Assert.True(File.Exists(Path.Combine(exported, "config_first.json")));
        var back = await ImportAsync(Path.Combine(exported, "parameters_first.pt"), "--preset", "demo", "--boxcox", "0.1,-4,0.5", "--name", "fourth");
        Assert.Equal("ema_model", back.GetProperty("weights").GetString());
        Assert.Equal(Digest(first), Digest(back));
        string alone = _folder.File("alone");
        Assert.Equal(ExitCode.Done, (await RunAsync("model", "export", "first", "--out", alone, "--format", "pt")).ExitCode);
        Assert.Equal(Digest(first), Digest(await ImportAsync(Path.Combine(alone, "parameters_first.pt"), "--name", "fifth")));     // by the model.json beside it

        var (_, shown, _) = await RunAsync("model", "show", "fourth", "--json");
        Assert.Contains("import of parameters_first.pt (ema_model)", shown, StringComparison.Ordinal);
        Assert.True(Json(shown).GetProperty("needsFlux").GetBoolean());
    }

    /// <summary>The file says nothing of fluxes: the model is there all the same, and the note says what to give.</summary>
    [Fact]
    public async Task Checkpoint_WithAPresetAlone_GetsItsNameFromTheFileAndANoteOnFluxes()
    {
        string weights = WriteWeights("demo");
        await ImportAsync(weights, "--name", "x", "--preset", "demo");
        Assert.Equal(ExitCode.Done, (await RunAsync("model", "export", "x", "--out", _folder.Path, "--format", "pt")).ExitCode);
        string file = _folder.File("parameters_LOFAR_model.pt");
        File.Move(_folder.File("parameters_x.pt"), file);
        var model = await ImportAsync(file, "--preset", "demo");
        Assert.Equal("LOFAR_model", model.GetProperty("name").GetString());
        Assert.Contains("--dataset NAME", model.GetProperty("notes")[0].GetString(), StringComparison.Ordinal);
        var (exitCode, _, errors) = await RunAsync("sample", "--model", "LOFAR_model", "--flux", "1", "--out", _folder.File("out"));
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("leave flux out", errors, StringComparison.Ordinal);

        string[] images = [await SampleAsync("--flux", "2scaled"), await SampleAsync("--flux", "-2scaled"), await SampleAsync()];
        Assert.Equal(3, images.Distinct().Count());
        (exitCode, _, errors) = await RunAsync("sample", "--model", "LOFAR_model", "--flux", "twoscaled", "--out", _folder.File("out"));
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("'twoscaled'", errors, StringComparison.Ordinal);

        async Task<string> SampleAsync(params string[] more)
        {
            string to = _folder.File("sample.fits");
            var (code, _, problem) = await RunAsync(["sample", "--model", "LOFAR_model", "--steps", "2", "--out", to, .. more]);
            Assert.True(code == ExitCode.Done, problem);
            using var fits = FitsFile.Open(to);
            var image = fits.FirstImage();
            Assert.Equal("", image.Header.GetString("BUNIT"));
            float[] pixels = new float[image.Width * image.Height];
            image.ReadPixels(0, 0, image.Width, image.Height, pixels);
            return string.Join(' ', pixels);
        }
    }

    [Fact]
    public async Task Model_WithTheStatisticsOfADataSet_TakesFluxesPixelsAndBeamFromIt()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        Assert.Equal(ExitCode.Done, (await RunAsync("dataset", "build", "set", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2")).ExitCode);
        string weights = WriteWeights("demo");
        var model = await ImportAsync(weights, "--name", "m", "--preset", "demo", "--dataset", "set");
        Assert.Equal(0, model.GetProperty("notes").GetArrayLength());
        var (_, shown, _) = await RunAsync("model", "show", "m", "--json");
        Assert.Equal(3, Json(shown).GetProperty("fluxRange").GetArrayLength());
        Assert.Equal(16, Json(shown).GetProperty("imageSize").GetInt32());
        Assert.Contains("data set set", shown, StringComparison.Ordinal);
        await AssertFailsAsync("nobody", weights, "--name", "m", "--preset", "demo", "--dataset", "nobody");
    }

    [Fact]
    public async Task Import_ThatCannotBe_ExitsWithOneAndSaysWhatToGive()
    {
        string weights = WriteWeights("demo");
        await AssertFailsAsync("give the preset", weights, "--name", "m");
        await AssertFailsAsync("without one", weights, "--name", "m", "--beam", "5");
        await AssertFailsAsync("Is the preset the one", weights, "--name", "m", "--preset", "small");
        await AssertFailsAsync("does not exist", _folder.File("nothing.pt"), "--preset", "demo");
        await AssertFailsAsync("not conditioned on flux", weights, "--name", "m", "--preset", "first", "--boxcox", "0,0,1");
        await AssertFailsAsync("standard deviation above 0", weights, "--name", "m", "--preset", "demo", "--boxcox", "0,0,0");
        await File.WriteAllTextAsync(_folder.File("words.pt"), "these are only words, and no checkpoint", TestContext.Current.CancellationToken);
        await AssertFailsAsync("words.pt", _folder.File("words.pt"), "--preset", "demo");
        await AssertFailsAsync("posix.system", Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "pt", "hostile.pt"), "--preset", "demo");
        string listed = (await RunAsync("model", "list", "--json")).Output;
        Assert.DoesNotContain("\"m\"", listed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--boxcox", "1,2")]
    [InlineData("--boxcox", "1,2,x")]
    [InlineData("--preset", "large")]
    [InlineData("--beam", "0")]
    public async Task Import_WithAnOptionThatCannotBe_ExitsWithTwo(string option, string value) =>
        Assert.Equal(ExitCode.WrongUsage, (await RunAsync("model", "import", "x.pt", option, value)).ExitCode);

    private async Task<JsonElement> ImportAsync(string file, params string[] options)
    {
        var (exitCode, text, errors) = await RunAsync(["model", "import", file, .. options, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return Json(text);
    }

    private async Task AssertFailsAsync(string said, string file, params string[] options)
    {
        var (exitCode, _, errors) = await RunAsync(["model", "import", file, .. options]);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains(said, errors, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => CommandLineTests.RunAsync([.. command, "--store", Store]);

    /// <summary>Weights without a description, in safetensors.</summary>
    private string WriteWeights(string preset)
    {
        string path = _folder.File("random.safetensors");
        var tensors = NetworkTensor.AllOf(NetworkOptions.Preset(preset));
        using var writer = new SafetensorsWriter(File.Create(path), tensors.Select(tensor => (tensor.Name, "F32", tensor.Shape.ToArray())));
        var random = new Random(1);
        foreach (var tensor in tensors)
        {
            float[] values = new float[tensor.Shape.Aggregate(1L, (product, length) => product * length)];
            for (int i = 0; i < values.Length; i++)
                values[i] = random.NextSingle() - 0.5f;
            writer.Write<float>(values);
        }
        writer.Complete();
        return path;
    }

    private static string Digest(JsonElement model) => model.GetProperty("digest").GetString()!;

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement.Clone();
}
