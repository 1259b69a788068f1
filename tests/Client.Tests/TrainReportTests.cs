using System.Globalization;
using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.Client.Tests;

/// <summary>`train report` of runs that are finished, paused, or not there.</summary>
[Collection("console")]
public sealed class TrainReportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Report_OfAFinishedRun_HoldsLossesSamplesRecipeAndEvents()
    {
        var status = await BuildAndTrainAsync(new TrainingRequest { Dataset = "small", Iterations = 6, BatchSize = 2, CheckpointEvery = 2, ValidateEvery = 3, SampleGrids = 2 });
        string to = _folder.File("report");
        var (exitCode, text, errors) = await RunAsync("train", "report", "run", "--out", to, "--samples", "3", "--seed", "5", "--steps", "2", "--json");
        Assert.True(exitCode == ExitCode.Done, errors);
        var result = JsonDocument.Parse(text).RootElement;
        Assert.Equal(6, result.GetProperty("iteration").GetInt32());
        Assert.All(result.GetProperty("files").EnumerateArray(), file => Assert.True(File.Exists(file.GetString()), file.GetString()));
        string[] ids = [.. result.GetProperty("samples").EnumerateArray().Select(id => id.GetString()!)];
        Assert.Equal(["_seed=5_", "_seed=6_", "_seed=7_"], ids.Select(id => id[id.IndexOf("_seed", StringComparison.Ordinal)..(id.IndexOf("_flux", StringComparison.Ordinal) + 1)]));

        AssertParquetIsTheCsv(to);
        AssertEventsAreTheLosses(to, [2, 6]);
        var recipe = Json(to, "recipe.json");
        Assert.Equal(status.Snapshot, recipe.GetProperty("snapshot").GetString());
        Assert.Equal(status.Checkpoint!.Artifact, recipe.GetProperty("checkpoint").GetProperty("id").GetString());
        Assert.StartsWith("sha256:", recipe.GetProperty("dataset").GetProperty("digest").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("dataset-", recipe.GetProperty("dataset").GetProperty("artifact").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, recipe.GetProperty("training").GetProperty("BatchSize").GetInt32());
        Assert.Equal(16, recipe.GetProperty("network").GetProperty("ImageSize").GetInt32());
        Assert.Equal("cpu", recipe.GetProperty("machine").GetProperty("device").GetString());
        Assert.Equal(Environment.ProcessorCount, recipe.GetProperty("machine").GetProperty("cores").GetInt32());
        string page = await File.ReadAllTextAsync(Path.Combine(to, "report.html"), Token);
        Assert.Contains("Training run run", page, StringComparison.Ordinal);
        Assert.Equal(3, page.Split("<img ").Length - 1);     // the samples, and two grids
        Assert.Contains(ids[0], page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.OrdinalIgnoreCase);

        var before = Bytes(to);
        Assert.Equal(ExitCode.Done, (await RunAsync("train", "report", "run", "--out", to, "--samples", "3", "--seed", "5", "--steps", "2")).ExitCode);
        Assert.Equal(before, Bytes(to));                     // asked for again, it is the same, and no second event file doubles the curves
    }

    [Fact]
    public async Task Report_OfAPausedRun_ShowsSamplesOfItsCheckpointAndLaterWhereItWentOn()
    {
        await using (var session = await BuildAsync())
        {
            var run = session.Grains.TrainingRun("run");
            await run.StartAsync(new TrainingRequest { Dataset = "small", Iterations = 1000, BatchSize = 2, SampleGrids = 0 }, Token);
            await run.PauseAsync(Token);
            Assert.Equal(WorkState.Paused, (await run.FollowAsync(_ => { }, Token)).State);
        }
        string to = _folder.File("report");
        var (exitCode, _, errors) = await RunAsync("train", "report", "run", "--out", to, "--samples", "2", "--steps", "2", "--json");
        Assert.True(exitCode == ExitCode.Done, errors);
        AssertParquetIsTheCsv(to);
        AssertEventsAreTheLosses(to, []);
        var recipe = Json(to, "recipe.json");
        Assert.Equal("Paused", recipe.GetProperty("state").GetString());
        Assert.Equal(JsonValueKind.Null, recipe.GetProperty("snapshot").ValueKind);
        Assert.Equal(2, recipe.GetProperty("samples").GetProperty("images").GetArrayLength());
        Assert.Equal(0, recipe.GetProperty("resumedAt").GetArrayLength());
        Assert.True(File.Exists(Path.Combine(to, "samples.png")));
        long pausedAt = recipe.GetProperty("iteration").GetInt64();

        await using (var session = await Session.OpenAsync(Store, null, false, Token))
        {
            var run = session.Grains.TrainingRun("run");
            await run.ResumeAsync(Token);
            await run.PauseAsync(Token);
            await run.FollowAsync(_ => { }, Token);
        }
        Assert.Equal(ExitCode.Done, (await RunAsync("train", "report", "run", "--out", to, "--samples", "0")).ExitCode);
        Assert.Equal([pausedAt], Json(to, "recipe.json").GetProperty("resumedAt").EnumerateArray().Select(iteration => iteration.GetInt64()));
        Assert.Contains($"resumed from {pausedAt}", await File.ReadAllTextAsync(Path.Combine(to, "report.html"), Token), StringComparison.Ordinal);
    }

    /// <summary>Grids take nothing from the training's random streams, and a run that was paused draws the same ones.</summary>
    [Fact]
    public async Task Grids_OfARun_ChangeNoWeightsAndAreTheSameAfterAPause()
    {
        var request = new TrainingRequest { Dataset = "small", Iterations = 6, BatchSize = 2, CheckpointEvery = 3, SampleGrids = 2 };
        await using var session = await BuildAsync();
        var without = await TrainAsync(session, "without", request with { SampleGrids = 0 });
        var with = await TrainAsync(session, "with", request);
        Assert.Equal(without.Snapshot, with.Snapshot);       // a snapshot's name is the digest of its bytes

        var run = session.Grains.TrainingRun("paused");
        await run.StartAsync(request, Token);
        await run.PauseAsync(Token);
        await run.FollowAsync(_ => { }, Token);
        await run.ResumeAsync(Token);
        var paused = await run.FollowAsync(_ => { }, Token);
        Assert.Equal(with.Snapshot, paused.Snapshot);
        Assert.Equal(await GridsAsync(session, with), await GridsAsync(session, paused));
        Assert.Equal([3, 6], SampleGrids.Read(await session.Artifacts.GetDirectoryAsync(with.Checkpoint!.Artifact, Token)).All.Keys);
        Assert.Empty(SampleGrids.Read(await session.Artifacts.GetDirectoryAsync(without.Checkpoint!.Artifact, Token)).All);
    }

    [Fact]
    public async Task Report_OfARunWithoutACheckpoint_SaysWhenToAskAgain()
    {
        await using (var session = await BuildAsync())
        {
            foreach (string images in Directory.GetFiles(Store, "images.safetensors", SearchOption.AllDirectories))
                File.Delete(images);                         // fails before its first step
            await session.Grains.TrainingRun("run").StartAsync(new TrainingRequest { Dataset = "small", Iterations = 1000 }, Token);
            Assert.Equal(WorkState.Failed, (await session.Grains.TrainingRun("run").FollowAsync(_ => { }, Token)).State);
        }
        var (exitCode, _, errors) = await RunAsync("train", "report", "run", "--out", _folder.File("report"));
        Assert.Equal(ExitCode.Failed, exitCode);
        Assert.Contains("has no checkpoint yet", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.File("report")));
    }

    private static async Task<byte[]> GridsAsync(Session session, TrainingStatus status) =>
        await File.ReadAllBytesAsync(Path.Combine(await session.Artifacts.GetDirectoryAsync(status.Checkpoint!.Artifact, Token), SampleGrids.FileName), Token);

    private static void AssertParquetIsTheCsv(string folder)
    {
        using var reader = CatalogueReader.Open(Path.Combine(folder, "losses.parquet"));
        var batch = reader.Read(reader.Columns, Token).Single();
        var rows = Enumerable.Range(0, batch.RowCount).Select(row => batch.Columns.Select(column => column.Number(row)).ToArray()).ToArray();
        Assert.NotEmpty(rows);
        Assert.Equal(Csv(folder, "losses_train.csv"), rows.Select(row => row[..2]));
        Assert.Equal(Csv(folder, "losses_val.csv"), rows.Where(row => double.IsFinite(row[2])).Select(row => new[] { row[0], row[2], row[3] }));
    }

    private static void AssertEventsAreTheLosses(string folder, long[] grids)
    {
        var events = EventFileReader.Read(File.ReadAllBytes(Directory.GetFiles(folder, "events.out.tfevents.*").Single()));
        double[][] Of(string tag) => [.. events.Where(read => read.Tag == tag).Select(read => new double[] { read.Step, read.Value!.Value })];
        double[][] As(string file, int column) => [.. Csv(folder, file).Select(row => new double[] { row[0], (float)row[column] })];
        Assert.Equal(As("losses_train.csv", 1), Of("loss"));
        Assert.Equal(As("losses_val.csv", 1), Of("val_loss"));
        Assert.Equal(As("losses_val.csv", 2), Of("ema_loss"));
        Assert.Equal(grids, events.Where(read => read.Tag == "sample_grids").Select(read => read.Step));
        var samples = events.Single(read => read.Tag == "samples");
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], samples.Png![..4]);
        Assert.Equal((134, 32), (samples.Width, samples.Height));      // 4 columns of 16 pixels, twice enlarged, with gaps of 2
        Assert.InRange(DateTimeOffset.FromUnixTimeSeconds((long)events[0].WallTime), DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow);
    }

    private static IEnumerable<double[]> Csv(string folder, string file) => File.ReadLines(Path.Combine(folder, file)).Skip(1)
        .Select(line => line.Split(';').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray());

    private static JsonElement Json(string folder, string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, file))).RootElement.Clone();

    private static SortedDictionary<string, string> Bytes(string folder) => new(
        Directory.GetFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, file => Convert.ToBase64String(File.ReadAllBytes(file))), StringComparer.Ordinal);

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] command) => CommandLineTests.RunAsync([.. command, "--store", Store]);

    private async Task<Session> BuildAsync()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var session = await Session.OpenAsync(Store, null, false, Token);
        await session.Grains.Dataset("small").BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        await session.Grains.Dataset("small").FollowAsync(_ => { }, Token);
        return session;
    }

    private static async Task<TrainingStatus> TrainAsync(Session session, string name, TrainingRequest request)
    {
        await session.Grains.TrainingRun(name).StartAsync(request, Token);
        var status = await session.Grains.TrainingRun(name).FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, status.Error);
        return status;
    }

    private async Task<TrainingStatus> BuildAndTrainAsync(TrainingRequest request)
    {
        await using var session = await BuildAsync();
        return await TrainAsync(session, "run", request);
    }
}
