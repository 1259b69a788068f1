using System.Diagnostics;
using System.Text.RegularExpressions;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Integration.Cluster;

/// <summary>The same program as a cluster gives the same results as embedded, whatever is killed.</summary>
[Collection(ClusterCollection.Name)]
public sealed partial class ClusterTests(ClusterBench bench, ITestOutputHelper output) : IDisposable
{
    private const int MosaicCount = 12;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Chain_OnThreeSilos_GivesTheIdsAndBytesOfTheEmbeddedOne()
    {
        await bench.RequireAsync();
        var survey = SmallSurvey.Write(_folder.Path, mosaicCount: MosaicCount);
        await using var embedded = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        await using var cluster = await bench.ConnectAsync();

        var (set, setThere) = (await BuildAsync(embedded, "chain", survey), await BuildAsync(cluster, "chain", survey));
        Assert.Equal((set.Artifact, set.Digest, set.Selected), (setThere.Artifact, setThere.Digest, setThere.Selected));
        Assert.Subset(await ShardsAsync(cluster), await ShardsAsync(embedded));     // the cluster keeps those of other tests too

        var (run, runThere) = (await TrainAsync(embedded, "chain"), await TrainAsync(cluster, "chain"));
        Assert.Equal(run.Snapshot, runThere.Snapshot);       // the digest of the weights: equal threads a slot, equal bytes
        Assert.Equal(run.Checkpoint!.Artifact, runThere.Checkpoint!.Artifact);

        var model = await cluster.Grains.GetGrain<IModelGrain>("chain").GetAsync(Token);
        foreach (ulong seed in new ulong[] { 1, 2, 3 })
        {
            string id = SampleIds.For(model, new SampleParameters("chain", Seed: seed, Flux: 3.5, Steps: 3) { Precision = "f32" });
            var (sample, sampleThere) = (await embedded.Grains.FetchSampleAsync(id, Token), await cluster.Grains.FetchSampleAsync(id, Token));
            float[] pixels = Pixels(sample.Fits!), pixelsThere = Pixels(sampleThere.Fits!);
            Assert.All(pixels.Zip(pixelsThere), pair => Assert.Equal(pair.First, pair.Second, 3.5e-3f * 1e-4f));   // 1e-4 of the peak flux
        }

        var (evaluation, evaluationThere) = (await EvaluateAsync(embedded, "chain"), await EvaluateAsync(cluster, "chain"));
        Assert.Equal(evaluation.Artifact, evaluationThere.Artifact);
        Assert.Equal((await embedded.Artifacts.FindAsync(evaluation.Artifact!, Token))!.ContentDigest, (await cluster.Artifacts.FindAsync(evaluation.Artifact!, Token))!.ContentDigest);
    }

    [Fact]
    public async Task Build_WhileEachSiloIsKilledInTurn_EndsInTheSameBytesAndDoesNoTileTwice()
    {
        ClusterBench.RequireLong();
        await bench.RequireAsync();
        for (int silo = 1; silo <= ClusterBench.Silos; silo++)
        {
            string name = $"killed-{silo}";
            var survey = SmallSurvey.Write(_folder.File(name), sourcesPerMosaic: 20 + silo, mosaicCount: MosaicCount);   // other tiles each time
            await using var cluster = await bench.ConnectAsync();
            var grain = cluster.Grains.GetGrain<IDatasetGrain>(name);
            await grain.BuildAsync(Request(survey), Token);
            await ClusterBench.UntilAsync(async () => (await grain.GetStatusAsync(Token)) is { TilesDone: > 0 } or { State: not WorkState.Running }, "The first tile");
            await bench.KillAsync($"silo-{silo}");
            var status = await grain.FollowAsync(_ => { }, Token);
            Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");

            await using var embedded = await Session.OpenAsync(_folder.File($"store-{silo}"), null, verbose: false, Token);
            var expected = await BuildAsync(embedded, name, survey);
            Assert.Equal((expected.Artifact, expected.Digest), (status.Artifact, status.Digest));
            await bench.UpAsync();
        }
        var cuts = Enumerable.Range(1, ClusterBench.Silos).SelectMany(silo => CutShards(bench.LogOf(silo))).ToList();
        output.WriteLine($"{cuts.Count} tiles were cut and announced");
        Assert.Equal(cuts.Distinct().Count(), cuts.Count);
        Assert.True(cuts.Count >= ClusterBench.Silos * (MosaicCount - 1), "What was cut in a silo that was killed before it could say so may be missing, but not more.");
    }

    /// <summary>The shards that a silo says it has cut and stored, not found.</summary>
    private static IEnumerable<string> CutShards(string log) => log.Split('\n')
        .Where(line => line.Contains("up to date: False", StringComparison.Ordinal)).Select(line => ShardId().Match(line).Value);

    [Fact]
    public async Task Run_WhoseTrainersSiloIsKilled_EndsInTheModelOfAnUndisturbedRun()
    {
        await bench.RequireAsync();
        var survey = SmallSurvey.Write(_folder.Path);
        await using var embedded = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        await BuildAsync(embedded, "survivor", survey);
        var undisturbed = await TrainAsync(embedded, "survivor", iterations: 40);

        await using var cluster = await bench.ConnectAsync();
        await BuildAsync(cluster, "survivor", survey);
        var run = cluster.Grains.GetGrain<ITrainingRunGrain>("survivor");
        await run.StartAsync(TrainingRequest("survivor", 40), Token);
        await ClusterBench.UntilAsync(async () => (await run.GetStatusAsync(Token)).Checkpoint != null, "The first checkpoint");
        int silo = await bench.SiloOfAsync(cluster.Grains, cluster.Grains.GetGrain<ITrainerGrain>("survivor/0"));
        Assert.NotEqual(0, silo);
        await bench.KillAsync($"silo-{silo}");
        var status = await run.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        Assert.True(status.Generation > 1);
        Assert.Equal(undisturbed.Snapshot, status.Snapshot);
    }

    [Fact]
    public async Task Run_WhoseTrainersSiloIsStopped_IsHandedOverAndGoesOn()
    {
        ClusterBench.RequireLong();
        await bench.RequireAsync();
        var survey = SmallSurvey.Write(_folder.Path);
        await using var cluster = await bench.ConnectAsync();
        await BuildAsync(cluster, "handed", survey);
        var run = cluster.Grains.GetGrain<ITrainingRunGrain>("handed");
        await run.StartAsync(TrainingRequest("handed", 60) with { CheckpointEvery = 1000 }, Token);
        await ClusterBench.UntilAsync(async () => (await run.GetStatusAsync(Token)).Iteration > 0, "The first iteration");
        int silo = await bench.SiloOfAsync(cluster.Grains, cluster.Grains.GetGrain<ITrainerGrain>("handed/0"));
        await bench.StopAsync(silo);
        var status = await run.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        Assert.True(status.Generation > 1);
        Assert.True(status.ResumedAt > 0, "It should have gone on from the checkpoint that the handing over wrote.");
    }

    [Fact]
    public async Task Everything_KilledAndStartedAgain_GoesOnByItself()
    {
        ClusterBench.RequireLong();
        await bench.RequireAsync();
        var survey = SmallSurvey.Write(_folder.Path);
        await using (var cluster = await bench.ConnectAsync())
        {
            await BuildAsync(cluster, "phoenix", survey);
            var run = cluster.Grains.GetGrain<ITrainingRunGrain>("phoenix");
            await run.StartAsync(TrainingRequest("phoenix", 40), Token);
            await ClusterBench.UntilAsync(async () => (await run.GetStatusAsync(Token)).Checkpoint != null, "The first checkpoint");
        }
        foreach (string process in new[] { "silo-1", "silo-2", "silo-3", "redis", "azurite" })
            await bench.KillAsync(process);
        await bench.UpAsync();
        await using var again = await bench.ConnectAsync();
        var model = again.Grains.GetGrain<IModelGrain>("phoenix");
        // Nobody asks for the run: its reminder wakes it, and in the end its model is there.
        await ClusterBench.UntilAsync(async () => await IsThereAsync(model), "The model of the run");
        var ended = await again.Grains.GetGrain<ITrainingRunGrain>("phoenix").FollowAsync(_ => { }, Token);
        Assert.True(ended.State == WorkState.Done, $"{ended.State}: {ended.Error}");
    }

    [Fact]
    public async Task RedisAndAzurite_KilledAndStartedAgain_LoseNothing()
    {
        await bench.RequireAsync();
        var survey = SmallSurvey.Write(_folder.Path, mosaicCount: MosaicCount);
        await using var cluster = await bench.ConnectAsync();
        var before = await BuildAsync(cluster, "before", survey);

        await bench.KillAsync("redis");
        var without = SmallSurvey.Write(_folder.File("without"), sourcesPerMosaic: 25);
        var grain = cluster.Grains.GetGrain<IDatasetGrain>("before");
        Assert.Equal(before.Artifact, (await grain.GetStatusAsync(Token)).Artifact);      // membership is known without Redis
        await bench.UpAsync();
        await BuildAsync(cluster, "without", without);       // whose reminder Redis keeps

        await bench.KillAsync("azurite");
        var outage = SmallSurvey.Write(_folder.File("outage"), sourcesPerMosaic: 30);
        var during = cluster.Grains.GetGrain<IDatasetGrain>("outage");
        var asked = during.BuildAsync(Request(outage), Token);
        await bench.UpAsync();
        await asked;                                         // it has waited for the store
        var status = await BuildAsync(cluster, "outage", outage);
        Assert.Equal(before.Artifact, (await grain.GetStatusAsync(Token)).Artifact);
        await using var embedded = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        Assert.Equal((await BuildAsync(embedded, "outage", outage)).Digest, status.Digest);
    }

    [Fact]
    public async Task Silos_WithCertificates_AreAClusterThatOnlyClientsWithCertificatesReach()
    {
        ClusterBench.RequireLong();
        await bench.RequireAsync();
        await bench.DownAsync();
        using var authority = new TestAuthority(_folder.Path, "authority");
        var (certificate, key) = authority.Silo("silo");
        bench.Environment["RADIODIFFUSION__CERTIFICATE"] = certificate;
        bench.Environment["RADIODIFFUSION__CERTIFICATEKEY"] = key;
        bench.Environment["RADIODIFFUSION__CERTIFICATEAUTHORITY"] = authority.File;
        try
        {
            await bench.UpAsync();
            await Assert.ThrowsAsync<UserErrorException>(() => bench.ConnectAsync());
            var (own, ownKey) = authority.ForClient("survey team");
            await using var cluster = await bench.ConnectAsync(MutualTls.ForClient(own, ownKey, authority.File));
            var hosts = await cluster.Grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true);
            Assert.Equal(ClusterBench.Silos, hosts.Count);
            var survey = SmallSurvey.Write(_folder.Path, mosaicCount: MosaicCount);
            await BuildAsync(cluster, "behind-doors", survey);       // its tiles are on all silos
            var run = await TrainAsync(cluster, "behind-doors", iterations: 2);
            var model = await cluster.Grains.GetGrain<IModelGrain>("behind-doors").GetAsync(Token);
            var sample = await cluster.Grains.FetchSampleAsync(SampleIds.For(model, new SampleParameters("behind-doors", Flux: 3.5, Steps: 2)), Token);
            Assert.NotNull(sample.Fits);
            await bench.KillAsync("silo-2");
            Assert.Equal(run.Snapshot, (await cluster.Grains.GetGrain<ITrainingRunGrain>("behind-doors").GetStatusAsync(Token)).Snapshot);
        }
        finally
        {
            await bench.DownAsync();
            bench.Environment.Clear();
        }
    }

    /// <summary>How long it takes is written to the test's output; docs/operations.md has the figures.</summary>
    [Fact]
    public async Task GrainsOfAKilledSilo_AnswerAgain()
    {
        ClusterBench.RequireLong();
        await bench.RequireAsync();
        await using var cluster = await bench.ConnectAsync();
        for (int i = 0; i < 5; i++)
        {
            var grain = cluster.Grains.GetGrain<IDatasetGrain>($"nobody-{i}");
            await grain.GetStatusAsync(Token);
            int silo = await bench.SiloOfAsync(cluster.Grains, grain);
            Assert.NotEqual(0, silo);
            await bench.KillAsync($"silo-{silo}");
            var watch = Stopwatch.StartNew();
            Assert.Equal(WorkState.None, (await grain.GetStatusAsync(Token)).State);
            double seconds = watch.Elapsed.TotalSeconds;
            int now = await bench.SiloOfAsync(cluster.Grains, grain);
            output.WriteLine($"answered {seconds:0.00} s after the death of silo {silo}, by silo {now}");
            Assert.NotEqual(silo, now);
            await bench.UpAsync();
        }
    }

    private static async Task<bool> IsThereAsync(IModelGrain model)
    {
        try
        {
            await model.GetAsync(Token);
            return true;
        }
        catch (UserErrorException error) when (error.Kind == ErrorKind.NotFound)
        {
            return false;
        }
    }

    private static DatasetRequest Request((string Mosaics, string Catalogue) survey) =>
        new() { CataloguePath = survey.Catalogue, MosaicDirectory = survey.Mosaics, Size = SmallSurvey.CutoutSize };

    private static async Task<DatasetStatus> BuildAsync(Session session, string name, (string Mosaics, string Catalogue) survey)
    {
        var grain = session.Grains.GetGrain<IDatasetGrain>(name);
        await grain.BuildAsync(Request(survey), Token);
        var status = await grain.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        return status;
    }

    private static TrainingRequest TrainingRequest(string dataset, int iterations) =>
        new() { Dataset = dataset, Preset = "demo", Iterations = iterations, BatchSize = 2, CheckpointEvery = 10, ValidateEvery = 1000 };

    private static async Task<TrainingStatus> TrainAsync(Session session, string name, int iterations = 10)
    {
        var run = session.Grains.GetGrain<ITrainingRunGrain>(name);
        await run.StartAsync(TrainingRequest(name, iterations), Token);
        var status = await run.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        return status;
    }

    /// <summary>A data set with itself: what differs between silos would show in the report's bytes.</summary>
    private static async Task<EvaluationStatus> EvaluateAsync(Session session, string name)
    {
        var grain = session.Grains.Evaluation(name);
        await grain.StartAsync(new EvaluationRequest { Real = name, Generated = name, Nearest = 3 }, Token);
        var status = await grain.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        return status;
    }

    /// <summary>IDs and digests of all shards.</summary>
    private static async Task<HashSet<(string, string)>> ShardsAsync(Session session)
    {
        var shards = new HashSet<(string, string)>();
        await foreach (var manifest in session.Artifacts.ListAsync("shard", Token))
            shards.Add((manifest.Id, manifest.ContentDigest));
        return shards;
    }

    [GeneratedRegex("shard-[0-9a-f]+")]
    private static partial Regex ShardId();

    private float[] Pixels(byte[] fits)
    {
        string path = _folder.File(Guid.NewGuid().ToString("N") + ".fits");
        File.WriteAllBytes(path, fits);
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        float[] pixels = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, image.Width, image.Height, pixels);
        return pixels;
    }
}
