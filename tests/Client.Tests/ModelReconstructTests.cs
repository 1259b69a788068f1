using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>`model reconstruct` as a user types it, from the data set to the sample.</summary>
[Collection("console")]
public sealed class ModelReconstructTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Reconstruct_OfARunThatKeepsAverages_MakesAModelThatSamples()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await DoneAsync("dataset", "build", "set", "--mosaics", mosaics, "--catalogue", catalogue, "--size", "16", "--min-snr", "2");
        string configuration = _folder.File("config.json");
        await File.WriteAllTextAsync(configuration, """{"training": {"powerEma": [0.05, 0.1], "powerEmaEvery": 2}}""", TestContext.Current.CancellationToken);
        var run = await DoneAsync("train", "start", "run", "--dataset", "set", "--preset", "demo", "--iterations", "4", "--batch", "2", "--config", configuration, "--sample-grids", "0");
        Assert.Equal([2, 4], run.GetProperty("averages").EnumerateArray().Select(kept => kept.GetProperty("iteration").GetInt32()));

        var model = await DoneAsync("model", "reconstruct", "run", "--sigma-rel", "0.15", "--name", "wide");
        Assert.Equal((4, "wide"), (model.GetProperty("iterations").GetInt32(), model.GetProperty("name").GetString()));
        Assert.Contains("keep them more often", Assert.Single(model.GetProperty("notes").EnumerateArray()).GetString(), StringComparison.Ordinal);   // two stored times are few
        var early = await DoneAsync("model", "reconstruct", "run", "--sigma-rel", "0.05", "--at", "2", "--name", "early");
        Assert.Empty(early.GetProperty("notes").EnumerateArray());
        var models = await DoneAsync("model", "list");
        Assert.Equal(["early", "first-s", "lotss-s", "run", "wide"], models.EnumerateArray().Select(one => one.GetProperty("name").GetString()!).Order(StringComparer.Ordinal));
        await DoneAsync("sample", "--model", "wide", "--flux", "3.5", "--steps", "2", "--out", _folder.File("samples"));

        var (exitCode, _, errors) = await RunAsync("model", "reconstruct", "run", "--sigma-rel", "0.15", "--at", "3", "--name", "none");
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("iterations 2, 4", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.3")]
    [InlineData("0")]
    [InlineData("wide")]
    public async Task Reconstruct_WithAWidthThatCannotBe_ExitsWithTwoAndSaysTheRange(string width)
    {
        var (exitCode, _, errors) = await RunAsync("model", "reconstruct", "run", "--sigma-rel", width, "--name", "m");
        Assert.Equal(ExitCode.WrongUsage, exitCode);
        Assert.Contains("--sigma-rel should be a number from 0.01 to 0.25", errors, StringComparison.Ordinal);
    }

    private async Task<JsonElement> DoneAsync(params string[] command)
    {
        var (exitCode, text, errors) = await RunAsync([.. command, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => CommandLineTests.RunAsync([.. command, "--store", Store]);
}
