using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Client.Tests;

[Collection("console")]
public sealed class SampleCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sample_OneOfManyDamaged_SavesTheOthersNamesItAndExitsWithThree()
    {
        await TrainAsync();
        var (exitCode, text, errors) = await SampleAsync("first");
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Equal(3, JsonDocument.Parse(text).RootElement.GetArrayLength());
        Assert.Equal(6, Directory.GetFiles(_folder.File("first")).Length);

        string damaged = Directory.GetDirectories(Store, "*_seed=2_*", SearchOption.AllDirectories).Single();
        File.Delete(Directory.GetFiles(damaged, "*.fits").Single());
        (exitCode, text, errors) = await SampleAsync("second");
        Assert.Equal(ExitCode.PartlyDone, exitCode);
        Assert.Contains("_seed=2_", errors, StringComparison.Ordinal);
        Assert.Equal(4, Directory.GetFiles(_folder.File("second")).Length);
        var samples = JsonDocument.Parse(text).RootElement.EnumerateArray().ToArray();
        Assert.Equal([true, false, true], samples.Select(sample => sample.GetProperty("error").ValueKind == JsonValueKind.Null));
    }

    [Fact]
    public async Task Sample_NotAsUsual_HasItInItsId()
    {
        await TrainAsync();
        string digest = (await IdAsync()).Split('_')[1];
        Assert.Equal($"s1_{digest}_seed=1_flux=2mJy_w=0.1_unipc=2_f32_smin=0.015_rho=20", await IdAsync("--precision", "f32"));
        Assert.Equal($"s1_{digest}_seed=1_flux=2mJy_w=0.1_heun=2_f32", await IdAsync("--solver", "heun", "--precision", "f32"));
        Assert.Equal($"s1_{digest}_seed=1_flux=2mJy_w=2_dpmpp2m=2_bf16_wlow=0.05_whigh=5_smin=0.015_rho=20",
            await IdAsync("--guidance", "2", "--solver", "dpmpp2m", "--precision", "bf16", "--guidance-from", "0.05", "--guidance-to", "5"));
        Assert.Equal($"s1_{digest}_seed=1_flux=2mJy_w=0_heun=2_f32_compat=published_churn=3", await IdAsync("--solver", "heun", "--precision", "f32", "--guidance", "0", "--as-published", "--churn", "3"));
        await FailsAsync(ExitCode.WrongUsage, "'rk4' not recognized", "--solver", "rk4");
        await FailsAsync(ExitCode.WrongUsage, "w above 0", "--guidance", "0", "--guidance-to", "5");
        await FailsAsync(ExitCode.WrongUsage, "another model than the one", "--guide", "run");
        await FailsAsync(ExitCode.WrongUsage, "Churn should be 0 for the solver unipc", "--solver", "unipc", "--churn", "3");
        await FailsAsync(ExitCode.WrongUsage, "1st to 99th percentile", "--flux", "1000000", "--strict");

        async Task<string> IdAsync(params string[] more)
        {
            var (exitCode, text, errors) = await RunAsync(more);
            Assert.True(exitCode == ExitCode.Done, errors);
            return JsonDocument.Parse(text).RootElement[0].GetProperty("id").GetString()!;
        }

        async Task FailsAsync(int expected, string reason, params string[] more)
        {
            var (exitCode, _, errors) = await RunAsync(more);
            Assert.Equal(expected, exitCode);
            Assert.Contains(reason, errors, StringComparison.Ordinal);
        }

        Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] more) => CommandLineTests.RunAsync(
            ["sample", "--model", "run", .. more.Contains("--flux") ? Array.Empty<string>() : ["--flux", "2"], "--steps", "2", "--out", _folder.File("unusual"), "--store", Store, "--json", .. more]);
    }

    [Fact]
    public async Task Sample_OfAModelOfValues_TakesThemByName()
    {
        await TrainAsync("{\"conditions\": [{\"name\": \"snrSigma\", \"transform\": \"log\"}, {\"name\": \"peakFlux\"}]}");
        var (exitCode, text, errors) = await RunAsync("--flux", "2", "--value", "snrSigma=12.5");
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Contains("_flux=2mJy_snrSigma=12.5_w=0.1_", JsonDocument.Parse(text).RootElement[0].GetProperty("id").GetString(), StringComparison.Ordinal);

        await FailsAsync("needs snrSigma. It takes snrSigma (", "--flux", "2");
        await FailsAsync("needs peakFlux", "--value", "snrSigma=12.5", "--count", "2");
        await FailsAsync("a name and a number, such as LAS=30, but it is 'snrSigma'", "--flux", "2", "--value", "snrSigma");
        await FailsAsync("there once", "--flux", "2", "--value", "snrSigma=1", "--value", "snrSigma=2");

        (_, text, _) = await CommandLineTests.RunAsync("model", "show", "run", "--store", Store, "--json");
        var conditions = JsonDocument.Parse(text).RootElement.GetProperty("conditions").EnumerateArray().ToArray();
        Assert.Equal(["snrSigma Log", "peakFlux BoxCox"], conditions.Select(condition => $"{condition.GetProperty("name")} {condition.GetProperty("transform")}"));
        (_, text, _) = await CommandLineTests.RunAsync("model", "show", "run", "--store", Store);
        Assert.Contains("--value snrSigma=", text, StringComparison.Ordinal);
        (_, text, _) = await CommandLineTests.RunAsync("dataset", "show", "small", "--store", Store);
        Assert.Contains("peakFlux, totalFlux", text, StringComparison.Ordinal);

        Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] more) =>
            CommandLineTests.RunAsync(["sample", "--model", "run", "--steps", "2", "--out", _folder.File("values"), "--store", Store, "--json", .. more]);

        async Task FailsAsync(string expected, params string[] more)
        {
            var (exitCode, _, errors) = await RunAsync(more);
            Assert.Equal(ExitCode.WrongUsage, exitCode);
            Assert.Contains(expected, errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("samples.h5")]
    [InlineData("samples.fits")]
    public async Task Sample_ManyInOneFile_GoesOnFromWhatIsStored_AndIsADataSet(string name)
    {
        await TrainAsync();
        string file = _folder.File(name);
        Assert.Equal((3, 3), await WriteAsync("3"));
        byte[] three = await File.ReadAllBytesAsync(file, Token);
        Assert.Equal((5, 2), await WriteAsync("5"));
        Assert.Equal((3, 0), await WriteAsync("3"));
        Assert.Equal(three, await File.ReadAllBytesAsync(file, Token));
        Assert.False(Directory.Exists(file + ".part"));

        var (exitCode, text, errors) = await CommandLineTests.RunAsync("dataset", "import", file, "--name", "generated", "--store", Store, "--json");
        Assert.True(exitCode == ExitCode.Done, errors);
        Assert.Equal(3, JsonDocument.Parse(text).RootElement.GetProperty("selected").GetInt32());
        await using var session = await Session.OpenAsync(Store, null, false, Token);
        using var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(JsonDocument.Parse(text).RootElement.GetProperty("artifact").GetString()!, Token));
        string[] ids = [.. set.Measurements().Select(measurement => measurement.SourceName)];
        Assert.Equal([1UL, 2, 3], ids.Select(id => SampleId.Parse(id).Seed));
        Assert.Equal(3, ids.Select(id => SampleId.Parse(id).FluxMilliJansky).Distinct().Count());       // drawn, each by its seed
        for (int i = 0; i < ids.Length; i++)
        {
            using var fits = FitsFile.Open(Path.Combine(await session.Artifacts.GetDirectoryAsync(ids[i], Token), "image.fits"));
            float[] pixels = new float[set.ImageSize * set.ImageSize];
            fits.FirstImage().ReadPixels(0, 0, set.ImageSize, set.ImageSize, pixels);
            Assert.Equal(pixels, set.Image(i));
        }

        async Task<(int Count, int Computed)> WriteAsync(string count)
        {
            var (code, json, problem) = await CommandLineTests.RunAsync("sample", "--model", "run", "--steps", "2", "--count", count, "--out", file, "--store", Store, "--json");
            Assert.True(code == ExitCode.Done, problem);
            var result = JsonDocument.Parse(json).RootElement;
            return (result.GetProperty("count").GetInt32(), result.GetProperty("computed").GetInt32());
        }
    }

    [Fact]
    public async Task Sample_OfTheSourceOnly_LeavesOutWhatHasNone()
    {
        string[] usual = ["sample", "--model", "first-s", "--solver", "euler", "--steps", "6", "--precision", "bf16", "--source-only", "--store", Store, "--json"];
        var (exitCode, text, errors) = await CommandLineTests.RunAsync([.. usual, "--class", "Compact", "--out", _folder.File("one.fits")]);
        Assert.True(exitCode == ExitCode.Done, errors);
        using (var fits = FitsFile.Open(_folder.File("one.fits")))
        {
            Assert.Equal("WEIGHT", fits.Hdus[1].Header.GetString("EXTNAME"));
            Assert.NotNull(fits.FirstImage().Header.GetString("SRCSEC"));
        }

        (exitCode, text, errors) = await CommandLineTests.RunAsync([.. usual, "--count", "8", "--out", _folder.File("sources.h5")]);
        Assert.True(exitCode == ExitCode.Done, errors);
        var result = JsonDocument.Parse(text).RootElement;
        int count = result.GetProperty("count").GetInt32();
        Assert.Equal(8, count + result.GetProperty("leftOut").GetInt32());
        Assert.InRange(count, 2, 8);
        (exitCode, text, errors) = await CommandLineTests.RunAsync("dataset", "import", _folder.File("sources.h5"), "--name", "sources", "--store", Store, "--json");
        Assert.True(exitCode is ExitCode.Done or ExitCode.PartlyDone, errors);              // a class may be left without an image
        Assert.Equal(count, JsonDocument.Parse(text).RootElement.GetProperty("selected").GetInt32());
        await using var session = await Session.OpenAsync(Store, null, false, Token);
        using var set = TrainingSetReader.Open(await session.Artifacts.GetDirectoryAsync(JsonDocument.Parse(text).RootElement.GetProperty("artifact").GetString()!, Token));
        for (int i = 0; i < count; i++)
        {
            float[] image = set.Image(i).ToArray();
            Assert.InRange(image.Count(pixel => pixel == 0), 2000, 6370);
            Assert.Equal(0, image[0]);
        }

        await TrainAsync();                                      // makes noise
        (exitCode, _, errors) = await CommandLineTests.RunAsync("sample", "--model", "run", "--flux", "2", "--steps", "2", "--count", "2", "--source-only", "--out", _folder.File("none.h5"), "--store", Store);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("None of the 2 samples shows a whole source", errors, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("none.h5")));
        (exitCode, _, errors) = await CommandLineTests.RunAsync("sample", "--model", "run", "--flux", "2", "--steps", "2", "--source-only", "--out", _folder.File("none.fits"), "--store", Store);
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("take another seed", errors, StringComparison.Ordinal);
    }

    private Task<(int ExitCode, string Output, string Errors)> SampleAsync(string to) => CommandLineTests.RunAsync(
        "sample", "--model", "run", "--flux", "2", "--steps", "2", "--count", "3", "--out", _folder.File(to), "--store", Store, "--json");

    private async Task TrainAsync(string? configuration = null)
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        await using var session = await Session.OpenAsync(Store, null, false, Token);
        await session.Grains.Dataset("small").BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        await session.Grains.Dataset("small").FollowAsync(_ => { }, Token);
        var run = session.Grains.TrainingRun("run");
        await run.StartAsync(new TrainingRequest { Dataset = "small", Iterations = 1, BatchSize = 2, Configuration = configuration }, Token);
        Assert.Equal(WorkState.Done, (await run.FollowAsync(_ => { }, Token)).State);
    }
}
