using System.Collections.Concurrent;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Integration.Cluster;

/// <summary>Samples that many ask for at once, over silos that come and go: each is computed once.</summary>
[Collection(ClusterCollection.Name)]
public sealed class SamplerClusterTests(ClusterBench bench, ITestOutputHelper output) : IDisposable
{
    private const string Images = "radiodiffusion_sampler_images_total";
    private const int Ids = 10;

    /// <summary>On a processor with AVX-512 a small network in float32 is too fast to be killed half-way.</summary>
    private const string Slow = "bf16";
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AThousandRequests_ForTenIds_AreTenComputations()
    {
        await bench.RequireAsync();
        await using var cluster = await bench.ConnectAsync();
        var model = await TrainAsync(cluster, "asked");
        double before = await ComputedAsync(1, 2, 3);
        string[] ids = [.. Enumerable.Range(1, Ids).Select(seed => IdOf(model, seed, steps: 20))];
        var samples = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => cluster.Grains.FetchSampleAsync(ids[i % Ids], Token)));
        Assert.Equal(Ids, await ComputedAsync(1, 2, 3) - before);
        Assert.Equal(Ids, samples.Select(sample => Convert.ToBase64String(sample.Fits!)).Distinct().Count());
        Assert.All(samples.Select((sample, i) => (sample.Id, Asked: ids[i % Ids])), pair => Assert.Equal(pair.Asked, pair.Id));
    }

    [Fact]
    public async Task AThousandRequests_AndASiloThatIsKilled_RunAgainOnlyWhatItHadNotDone()
    {
        await bench.RequireAsync();
        await using var cluster = await bench.ConnectAsync();
        var model = await TrainAsync(cluster, "killed");
        // Half of them are done before the silo dies, the others are under way.
        string[] ids = [.. Enumerable.Range(1, Ids).Select(seed => seed <= Ids / 2 ? IdOf(model, seed, steps: 5) : IdOf(model, seed, steps: 1000, solver: "heun", guidance: 0.1, precision: Slow))];
        string[] quick = ids[..(Ids / 2)], slow = ids[(Ids / 2)..];
        double before = await ComputedAsync(1, 2, 3);
        var asked = Task.WhenAll(Enumerable.Range(0, 1000).Select(i => cluster.Grains.FetchSampleAsync(ids[i % Ids], Token)));
        await ClusterBench.UntilAsync(async () => (await StoredAsync(cluster, quick)) == quick.Length, "What is quickly done");
        await ClusterBench.UntilAsync(async () => (await StepsAsync(cluster, slow)).All(steps => steps > 0), "The first step of all");
        var silos = await SilosAsync(cluster, model);
        // The silo of the sample that has the most left to do: it is under way when that is killed, whatever the others have done by then.
        string last = slow.Zip(await StepsAsync(cluster, slow)).MinBy(pair => pair.Second).First;
        int victim = silos[(int)(SeedOf(last) % (ulong)silos.Length)];
        int[] survivors = [.. Enumerable.Range(1, ClusterBench.Silos).Where(silo => silo != victim)];
        double computedByVictim = await ComputedAsync(victim);
        Assert.Equal(0, await StoredAsync(cluster, last));
        await bench.KillAsync($"silo-{victim}");
        await WatchAsync(cluster, [.. slow.Where(id => silos[(int)(SeedOf(id) % (ulong)silos.Length)] != victim)], asked);
        await asked;
        double computed = computedByVictim + await ComputedAsync(survivors) - before;
        output.WriteLine($"silo {victim} was killed; the samplers were on {string.Join(", ", silos)}; {computed} computations");
        Assert.Equal(Ids, computed);
        await bench.UpAsync();
    }

    /// <summary>One silo in the short form, all in turn in the long one.</summary>
    [Fact]
    public async Task SilosThatStopInTurn_UnderTwoHundredRequests_LoseNoneAndBeginNoneAnew()
    {
        await bench.RequireAsync();
        await using var cluster = await bench.ConnectAsync();
        var model = await TrainAsync(cluster, "rolling");
        int restarts = LongProofs.AreWanted ? ClusterBench.Silos : 1;
        string[] ids = [.. Enumerable.Range(1, 200).Select(seed => IdOf(model, seed, steps: 150 * restarts, precision: Slow))];
        using var watching = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var asked = Task.WhenAll(ids.Select(id => cluster.Grains.FetchSampleAsync(id, Token)));
        string[] watched = [.. ids.Where((_, i) => i % 10 == 0)];
        await ClusterBench.UntilAsync(async () => (await StepsAsync(cluster, watched)).Any(steps => steps > 0), "The first step");
        var watch = WatchAsync(cluster, watched, asked);
        for (int silo = 1; silo <= restarts; silo++)
        {
            Assert.False(asked.IsCompleted);
            await bench.StopAsync(silo);
            await bench.UpAsync();
        }
        output.WriteLine($"{await StoredAsync(cluster, ids)} of {ids.Length} were done when the last silo was up again");
        var samples = await asked;
        await watch;
        Assert.Equal(ids, samples.Select(sample => sample.Id));
        Assert.All(samples, sample => Assert.NotNull(sample.Fits));
    }

    /// <summary>Until all are done: the steps that each has behind it never fall. 0 is one that waits for a place in the batch.</summary>
    private async Task WatchAsync(Session cluster, string[] ids, Task until)
    {
        var steps = new ConcurrentDictionary<string, int>();
        while (!until.IsCompleted)
        {
            int[] now = await StepsAsync(cluster, ids);
            foreach (var (id, step) in ids.Zip(now).Where(pair => pair.Second > 0))
            {
                Assert.True(step >= steps.GetValueOrDefault(id), $"{id} had {steps.GetValueOrDefault(id)} steps behind it, and now {step}: it was begun anew.");
                steps[id] = step;
            }
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(100), Token));
        }
        output.WriteLine($"{steps.Count} of {ids.Length} were watched");
        Assert.NotEmpty(steps);
    }

    /// <summary>What is known of each: all of them when it is done, 0 while its silo is away.</summary>
    private static Task<int[]> StepsAsync(Session cluster, string[] ids) => Task.WhenAll(ids.Select(async id =>
    {
        try
        {
            return (await cluster.Grains.GetGrain<ISampleGrain>(id).GetAsync(TimeSpan.Zero, new SampleOrder { Client = "the test" }, Token)).StepsDone;
        }
        catch (Exception error) when (Outages.IsOutage(error) || error is UserErrorException { Kind: ErrorKind.Busy })
        {
            return 0;
        }
    }));

    private static async Task<int> StoredAsync(Session cluster, params string[] ids)
    {
        int stored = 0;
        foreach (string id in ids)
            stored += await cluster.Artifacts.FindAsync(id, Token) == null ? 0 : 1;
        return stored;
    }

    /// <summary>Images that silos have computed since they were started.</summary>
    private async Task<double> ComputedAsync(params int[] silos)
    {
        double computed = 0;
        foreach (int silo in silos)
            computed += await bench.MetricAsync(silo, Images);
        return computed;
    }

    /// <summary>Where the model's samplers are, by their numbers.</summary>
    private async Task<int[]> SilosAsync(Session cluster, ModelEntry model)
    {
        var silos = new List<int>();
        for (int i = 0; i < ClusterBench.Silos; i++)
            silos.Add(await bench.SiloOfAsync(cluster.Grains, cluster.Grains.GetGrain<ISamplerGrain>($"{model.Digest}/{i}")));
        Assert.All(silos, silo => Assert.InRange(silo, 1, ClusterBench.Silos));
        Assert.True(silos.Distinct().Count() > 1, $"All samplers are on silo {silos[0]}.");
        return [.. silos];
    }

    private static ulong SeedOf(string id) => ModelCore.Artifacts.SampleId.Parse(id).Seed;

    private static string IdOf(ModelEntry model, int seed, int steps, string solver = "euler", double guidance = 0, string precision = "f32") =>
        SampleIds.For(model, new SampleParameters(model.Name, Flux: 3.5, Guidance: guidance, Seed: (ulong)seed, Steps: steps) { Solver = solver, Precision = precision });

    private async Task<ModelEntry> TrainAsync(Session cluster, string name)
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var dataset = cluster.Grains.GetGrain<IDatasetGrain>(name);
        await dataset.BuildAsync(new DatasetRequest { CataloguePath = catalogue, MosaicDirectory = mosaics, Size = SmallSurvey.CutoutSize }, Token);
        Assert.Equal(WorkState.Done, (await dataset.FollowAsync(_ => { }, Token)).State);
        var run = cluster.Grains.GetGrain<ITrainingRunGrain>(name);
        await run.StartAsync(new TrainingRequest { Dataset = name, Preset = "demo", Iterations = 2, BatchSize = 2, CheckpointEvery = 10, ValidateEvery = 1000 }, Token);
        Assert.Equal(WorkState.Done, (await run.FollowAsync(_ => { }, Token)).State);
        return await cluster.Grains.GetGrain<IModelGrain>(name).GetAsync(Token);
    }
}
