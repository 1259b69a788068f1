using System.Globalization;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Integration.Cluster;

/// <summary>Two trainers, each in a process of its own, whatever is killed: the weights are those of an undisturbed run, and nothing is left running.</summary>
[Collection(ClusterCollection.Name)]
public sealed class KilledTrainersTests(ClusterBench bench, ITestOutputHelper output) : IDisposable
{
    private const string Name = "killed-trainers";
    private const int Trainers = 2;
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static bool IsLong => Environment.GetEnvironmentVariable("RADIODIFFUSION_LONG") == "1";

    public void Dispose() => _folder.Dispose();

    /// <summary>3 rounds in CI, 30 in the long form: a trainer, the silo of the run's grain, all silos; at moments that follow from the seed.</summary>
    [Fact]
    public async Task Run_WhoseTrainersAndSilosAreKilled_EndsInTheWeightsOfAnUndisturbedRun()
    {
        await bench.RequireAsync();
        int rounds = IsLong ? 30 : 3;
        var request = new TrainingRequest
        {
            Dataset = Name,
            Preset = "demo",
            Iterations = IsLong ? 3000 : 240,
            BatchSize = 2,
            CheckpointEvery = 10,
            ValidateEvery = 1000,
            Workers = Trainers,
            Configuration = """{"training": {"threads": 1}}""",
            SampleGrids = 0,
        };
        var survey = SmallSurvey.Write(_folder.Path);
        string undisturbed = await TrainUndisturbedAsync(survey, request);
        var cluster = await bench.ConnectAsync();
        try
        {
            await BuildAsync(cluster, survey);
            await Run(cluster).StartAsync(request, Token);
            var random = new Random(20261127);
            for (int round = 1; round <= rounds; round++)
            {
                long from = (await Run(cluster).GetStatusAsync(Token)).Checkpoint?.Iteration ?? 0;
                await ClusterBench.UntilAsync(async () => (await Run(cluster).GetStatusAsync(Token)).Checkpoint?.Iteration > from, "Another checkpoint");
                await Task.Delay(random.Next(IsLong ? 1500 : 700), Token);  // a random moment
                var status = await Run(cluster).GetStatusAsync(Token);
                Assert.True(status.State == WorkState.Running, $"The run should still be running in round {round}, but is {status.State} at {status.Iteration}: {status.Error}");
                cluster = await KillAsync(round, random, cluster);
            }
            var ended = await Run(cluster).FollowAsync(_ => { }, Token);
            Assert.True(ended.State == WorkState.Done, $"{ended.State}: {ended.Error}");
            output.WriteLine($"{rounds} rounds, {ended.Generation} generations, resumed at {string.Join(", ", ended.Resumptions)}");
            Assert.True(ended.Generation > rounds);
            Assert.Equal(undisturbed, ended.Snapshot);
            foreach (var checkpoint in ended.Checkpoints)
                await cluster.Artifacts.GetDirectoryAsync(checkpoint.Artifact, Token);
            await ClusterBench.UntilAsync(() => Task.FromResult(bench.TrainerProcesses().Count == 0), "The end of all trainers' processes");
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private async Task<Session> KillAsync(int round, Random random, Session cluster)
    {
        var trainers = bench.TrainerProcesses();
        switch (round % 3)
        {
            case 1:
                await ClusterBench.UntilAsync(() => Task.FromResult((trainers = bench.TrainerProcesses()).Count > 0), "A trainer's process");
                int trainer = trainers[random.Next(trainers.Count)];
                output.WriteLine($"round {round}: kill trainer process {trainer}");
                ClusterBench.Kill(trainer);
                return cluster;
            case 2:
                int silo = 0;
                await ClusterBench.UntilAsync(async () => (silo = await bench.SiloOfAsync(cluster.Grains, Run(cluster))) != 0, "The silo of the run's grain");
                output.WriteLine($"round {round}: kill silo {silo}");
                trainers = bench.TrainerProcesses(silo);
                await bench.KillAsync($"silo-{silo}");
                await AssertGoneAsync(trainers);
                await bench.UpAsync();
                return cluster;
            default:
                output.WriteLine($"round {round}: kill all silos");
                await cluster.DisposeAsync();
                for (int each = 1; each <= ClusterBench.Silos; each++)
                    await bench.KillAsync($"silo-{each}");
                await AssertGoneAsync(trainers);
                await bench.UpAsync();
                return await bench.ConnectAsync();
        }
    }

    /// <summary>In one process with two trainers' processes: no cluster, no kill.</summary>
    private async Task<string> TrainUndisturbedAsync((string Mosaics, string Catalogue) survey, TrainingRequest request)
    {
        await using var embedded = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        await BuildAsync(embedded, survey);
        await Run(embedded).StartAsync(request, Token);
        var status = await Run(embedded).FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        return status.Snapshot!;
    }

    private static ITrainingRunGrain Run(Session session) => session.Grains.GetGrain<ITrainingRunGrain>(Name);

    private static Task AssertGoneAsync(IReadOnlyList<int> processes) => ClusterBench.UntilAsync(
        () => Task.FromResult(!processes.Any(process => Directory.Exists(Path.Combine("/proc", process.ToString(CultureInfo.InvariantCulture))))), "The end of the trainers of a killed silo");

    private static async Task BuildAsync(Session session, (string Mosaics, string Catalogue) survey)
    {
        var grain = session.Grains.GetGrain<IDatasetGrain>(Name);
        await grain.BuildAsync(new DatasetRequest { CataloguePath = survey.Catalogue, MosaicDirectory = survey.Mosaics, Size = SmallSurvey.CutoutSize }, Token);
        var status = await grain.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
    }
}
