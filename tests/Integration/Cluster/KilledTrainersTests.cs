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

    public void Dispose() => _folder.Dispose();

    /// <summary>3 rounds in CI, 30 in the long form: a trainer, the silo of the run's grain, all silos; at moments that follow from the seed.</summary>
    [Fact]
    public async Task Run_WhoseTrainersAndSilosAreKilled_EndsInTheWeightsOfAnUndisturbedRun()
    {
        await bench.RequireAsync();
        int rounds = LongProofs.AreWanted ? 30 : 3;
        var request = new TrainingRequest
        {
            Dataset = Name,
            Preset = "demo",
            Iterations = LongProofs.AreWanted ? 3000 : 140,
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
            int interrupted = 0;
            for (int round = 1; round <= rounds; round++)
            {
                long from = (await Run(cluster).GetStatusAsync(Token)).Checkpoint?.Iteration ?? 0;
                await ClusterBench.UntilAsync(async () => (await Run(cluster).GetStatusAsync(Token)).Checkpoint?.Iteration > from, "Another checkpoint");
                await Task.Delay(random.Next(LongProofs.AreWanted ? 1500 : 700), Token);  // a random moment
                var status = await Run(cluster).GetStatusAsync(Token);
                Assert.True(status.State == WorkState.Running, $"The run should still be running in round {round}, but is {status.State} at {status.Iteration}: {status.Error}");
                (cluster, bool trainersToo) = await KillAsync(round, random, cluster);
                if (trainersToo && await IsTrainedAgainAsync(cluster, status.Generation))
                    interrupted++;
            }
            var ended = await Run(cluster).FollowAsync(_ => { }, Token);
            Assert.True(ended.State == WorkState.Done, $"{ended.State}: {ended.Error}");
            output.WriteLine($"{rounds} rounds, {interrupted} of them with trainers, {ended.Generation} generations, resumed at {string.Join(", ", ended.Resumptions)}");
            Assert.InRange(interrupted, rounds / 3, rounds);
            Assert.True(ended.Generation > interrupted);
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

    /// <summary>Trainers that take steps by themselves (DiLoCo): one that is killed costs its own steps, nobody goes back, and it is back in the next group.</summary>
    [Fact]
    public async Task Run_WhoseTrainersMeetNowAndThen_GoesOnWithoutOneThatIsKilled()
    {
        await bench.RequireAsync();
        var survey = SmallSurvey.Write(_folder.Path);
        await using var cluster = await bench.ConnectAsync();
        await BuildAsync(cluster, survey);
        var run = cluster.Grains.GetGrain<ITrainingRunGrain>("meeting-trainers");
        var request = new TrainingRequest
        {
            Dataset = Name,
            Preset = "demo",
            Iterations = 10_000,
            BatchSize = 2,
            CheckpointEvery = 40,
            ValidateEvery = 10_000,
            Workers = Trainers,
            MinWorkers = 1,
            Configuration = """{"training": {"threads": 1, "diLoCo": {"localSteps": 10}}}""",
            SampleGrids = 0,
        };
        var seen = new List<TrainingStatus>();
        await run.StartAsync(request, Token);
        var following = run.FollowAsync(seen.Add, Token);
        await ClusterBench.UntilAsync(async () => await run.GetStatusAsync(Token) is { Iteration: >= 20, Trainers.Count: Trainers }, "Two meetings of two trainers");
        long generation = (await run.GetStatusAsync(Token)).Generation;
        ClusterBench.Kill(bench.TrainerProcesses()[^1]);
        await ClusterBench.UntilAsync(async () => (await run.GetStatusAsync(Token)).Trainers.Count == 1, "The group without the killed trainer");
        Assert.Equal(generation, (await run.GetStatusAsync(Token)).Generation);
        await ClusterBench.UntilAsync(async () => await run.GetStatusAsync(Token) is { Trainers.Count: Trainers } status && status.Generation > generation, "Two trainers again, after a checkpoint");
        await run.PauseAsync(Token);
        var ended = await following;
        Assert.True(ended.State == WorkState.Paused, $"{ended.State}: {ended.Error}");
        Assert.Equal(ended.Iteration, ended.Checkpoint!.Iteration);
        output.WriteLine(string.Join(", ", seen.Select(status => $"{status.Iteration} by {string.Join('+', status.Trainers)} of generation {status.Generation}").Distinct()));
        Assert.Equal(seen.Select(status => status.Iteration).Order(), seen.Select(status => status.Iteration));
        Assert.Single(ended.Resumptions);
        Assert.Equal(Trainers, ended.Workers);
        var left = new List<string>();
        await ClusterBench.UntilAsync(async () => (left = await MeetingsAsync(cluster)).Count == 0, "The end of what was brought to meetings");
        await run.DeleteAsync(Token);
    }

    private static async Task<List<string>> MeetingsAsync(Session session)
    {
        var ids = new List<string>();
        await foreach (var manifest in session.Artifacts.ListAsync("meeting", Token))
            ids.Add(manifest.Id);
        return ids;
    }

    /// <summary>Waits for the group that takes the place of one of this generation; false if the run was at its end already.</summary>
    private static async Task<bool> IsTrainedAgainAsync(Session cluster, long generation)
    {
        TrainingStatus? status = null;
        await ClusterBench.UntilAsync(async () => (status = await Run(cluster).GetStatusAsync(Token)) is { State: WorkState.Done } || status.Generation > generation, "Another group of trainers");
        return status!.Generation > generation;
    }

    /// <summary>Kills, and says whether that took trainers of the run along: a silo may be without one.</summary>
    private async Task<(Session Cluster, bool TrainersToo)> KillAsync(int round, Random random, Session cluster)
    {
        var trainers = bench.TrainerProcesses();
        switch (round % 3)
        {
            case 1:
                await ClusterBench.UntilAsync(() => Task.FromResult((trainers = bench.TrainerProcesses()).Count > 0), "A trainer's process");
                int trainer = trainers[random.Next(trainers.Count)];
                output.WriteLine($"round {round}: kill trainer process {trainer}");
                ClusterBench.Kill(trainer);
                return (cluster, true);
            case 2:
                int silo = 0;
                await ClusterBench.UntilAsync(async () => (silo = await bench.SiloOfAsync(cluster.Grains, Run(cluster))) != 0, "The silo of the run's grain");
                output.WriteLine($"round {round}: kill silo {silo}");
                trainers = bench.TrainerProcesses(silo);
                await bench.KillAsync($"silo-{silo}");
                await AssertGoneAsync(trainers);
                await bench.UpAsync();
                return (cluster, trainers.Count > 0);
            default:
                output.WriteLine($"round {round}: kill all silos");
                await cluster.DisposeAsync();
                for (int each = 1; each <= ClusterBench.Silos; each++)
                    await bench.KillAsync($"silo-{each}");
                await AssertGoneAsync(trainers);
                await bench.UpAsync();
                return (await bench.ConnectAsync(), true);
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
