using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>From images to a survey of their shapes, a data set of it, a model that begins with another one's weights, and its samples beside their nearest images.</summary>
[Collection("console")]
public sealed class ModelNearestTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Shapes_BecomeASurveyADataSetAModelAndItsNearestImages()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await DoneAsync("dataset", "build", "shapes", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "32", "--min-snr", "2");
        var survey = await DoneAsync("simulate", _folder.File("survey"), "--sources", "40", "--mosaic-side", "400", "--rms", "83", "--shapes", "shapes", "--shape-share", "0.5");
        string[] build = ["--mosaics", survey.GetProperty("mosaicDirectory").GetString()!, "--catalogue", survey.GetProperty("cataloguePath").GetString()!, "--size", "16"];
        await DoneAsync(["dataset", "build", "set", "--keep", "Maj", "--keep", "positionError=E_RA", .. build]);
        var plain = await DoneAsync(["dataset", "build", "plain", .. build]);
        Assert.NotEqual(plain.GetProperty("artifact").GetString(), (await DoneAsync("dataset", "show", "set")).GetProperty("artifact").GetString());
        await DoneAsync("train", "start", "first", "--dataset", "set", "--preset", "demo", "--iterations", "2", "--batch", "2", "--sample-grids", "0");
        string configuration = _folder.File("config.json");
        await File.WriteAllTextAsync(configuration, """{"conditions": [{"name": "snrSigma"}, {"name": "Maj", "transform": "log"}, {"name": "positionError"}, {"name": "peakFlux"}]}""", TestContext.Current.CancellationToken);
        await DoneAsync("train", "start", "second", "--dataset", "set", "--preset", "demo", "--iterations", "2", "--batch", "2", "--sample-grids", "0", "--from-model", "first", "--config", configuration);
        await DoneAsync("sample", "--model", "second", "--flux", "3.5", "--value", "snrSigma=12", "--value", "Maj=30", "--value", "positionError=0.02", "--steps", "2", "--out", _folder.File("samples"));
        var model = (await DoneAsync("model", "list")).EnumerateArray().Single(one => one.GetProperty("name").GetString() == "second");
        Assert.Contains("positionError", model.ToString(), StringComparison.Ordinal);

        string sheet = _folder.File("nearest.png");
        var nearest = await DoneAsync("model", "nearest", "first", "--dataset", "set", "--count", "3", "--out", sheet);
        Assert.Equal(3, nearest.GetProperty("samples").GetInt32());
        Assert.InRange(nearest.GetProperty("generated").GetProperty("largest").GetDouble(), -1, 0.999);
        Assert.InRange(nearest.GetProperty("real").GetProperty("median").GetDouble(), 0.01, 1);
        Assert.True(new FileInfo(sheet).Length > 1000);

        var (exitCode, _, errors) = await RunAsync("model", "nearest", "first", "--dataset", "shapes", "--count", "3");
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("16 pixels a side", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = await RunAsync(["dataset", "build", "other", "--keep", "E_RA", .. build]);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("NAME=E_RA", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = await RunAsync(["dataset", "build", "other", "--keep", "LAS=Maj", .. build]);
        Assert.Contains("'LAS' is a measurement of every data set", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = await RunAsync(["dataset", "build", "other", "--keep", "colour", .. build]);
        Assert.Contains("should have a column colour, but it has Source_Name, RA", errors, StringComparison.Ordinal);
        (exitCode, _, errors) = await RunAsync("simulate", _folder.File("none"), "--shapes", "nothing");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("'nothing' was never finished", errors, StringComparison.Ordinal);
    }

    private async Task<JsonElement> DoneAsync(params string[] command)
    {
        var (exitCode, text, errors) = await RunAsync([.. command, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => CommandLineTests.RunAsync([.. command, "--store", Store]);
}
