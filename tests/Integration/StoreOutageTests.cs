using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Integration.Storage;

namespace RadioDiffusion.Integration;

/// <summary>A blob store that answers 503, throttles, times out or says nothing for a while: calls wait or fail clearly, and nothing is lost.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class StoreOutageTests(AzuriteServer azurite, ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _name = $"outage-{Guid.NewGuid():N}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Throttling_OfOneRequestInThree_OnlyTakesTime()
    {
        azurite.Require();
        await using var store = await FaultyStore.StartAsync(azurite);
        store.Begin(Fault.Throttling);
        var (set, run, sample) = await ChainAsync(store.ConnectionString);
        output.WriteLine($"{store.Refused} requests were throttled");
        Assert.True(store.Refused > 20);

        var (expectedSet, expectedRun, expectedSample) = await ChainAsync(_folder.File("store"));
        Assert.Equal((expectedSet.Artifact, expectedSet.Digest), (set.Artifact, set.Digest));
        Assert.Equal((expectedRun.Snapshot, expectedRun.Checkpoint!.Artifact), (run.Snapshot, run.Checkpoint!.Artifact));
        Assert.Equal(expectedSample, sample);
    }

    [Theory]
    [InlineData(nameof(Fault.Busy))]
    [InlineData(nameof(Fault.TimedOutAfterwards))]
    [InlineData(nameof(Fault.Silent))]
    public async Task Store_ThatFailsForAWhileInEachStep_LosesNothing(string fault)
    {
        azurite.Require();
        await using var store = await FaultyStore.StartAsync(azurite);
        await using var session = await Session.OpenAsync(store.ConnectionString, null, verbose: false, Token);
        var kind = Enum.Parse<Fault>(fault);

        var set = session.Grains.GetGrain<IDatasetGrain>(_name);
        var built = await DuringAsync(store, kind, () => BuildAsync(session), async () => (await set.GetStatusAsync(Token)).State == WorkState.Running);
        var run = await DuringAsync(store, kind, () => TrainAsync(session), () => IsTrainingAsync(session));
        byte[] sample = await DuringAsync(store, kind, () => SampleAsync(session), () => Task.FromResult(true));
        output.WriteLine($"{store.Refused} requests were not answered");

        var (expectedSet, expectedRun, expectedSample) = await ChainAsync(_folder.File("store"));
        Assert.Equal((expectedSet.Artifact, expectedSet.Digest), (built.Artifact, built.Digest));
        Assert.Equal((expectedRun.Snapshot, expectedRun.Checkpoint!.Artifact), (run.Snapshot, run.Checkpoint!.Artifact));
        Assert.Equal(expectedSample, sample);
    }

    /// <summary>
    /// Begins the work, then the fault; ends it when some requests have failed, and asks again, as often as it takes, for what failed meanwhile. Every
    /// failure has to say that the store is the reason.
    /// </summary>
    private async Task<T> DuringAsync<T>(FaultyStore store, Fault fault, Func<Task<T>> work, Func<Task<bool>> hasBegun)
    {
        int enough = store.Refused + (fault == Fault.Silent ? 1 : 5);    // a client makes some of each call; a silent store keeps each for long
        var first = work();
        while (!first.IsCompleted && !await hasBegun())
            await Task.Delay(20, Token);
        store.Begin(fault);
        while (!first.IsCompleted && store.Refused < enough)
            await Task.WhenAny(first, Task.Delay(20, Token));
        store.Begin(Fault.None);
        try
        {
            return await first;
        }
        catch (Exception error)
        {
            string message = ErrorReasons.MessageOf(error);
            output.WriteLine($"{fault}: {message}");
            Assert.True(ErrorReasons.IsKnown(error) || Outages.IsOutage(error), error.ToString());
            Assert.Contains("Azure", message, StringComparison.OrdinalIgnoreCase);
            return await work();
        }
    }

    private async Task<bool> IsTrainingAsync(Session session) => (await session.Grains.GetGrain<ITrainingRunGrain>(_name).GetStatusAsync(Token)).Iteration > 0;

    private async Task<(DatasetStatus Set, TrainingStatus Run, byte[] Sample)> ChainAsync(string store)
    {
        await using var session = await Session.OpenAsync(store, null, verbose: false, Token);
        return (await BuildAsync(session), await TrainAsync(session), await SampleAsync(session));
    }

    private async Task<DatasetStatus> BuildAsync(Session session)
    {
        var survey = SmallSurvey.Write(_folder.Path, mosaicCount: 3);
        var grain = session.Grains.GetGrain<IDatasetGrain>(_name);
        await grain.BuildAsync(new DatasetRequest { CataloguePath = survey.Catalogue, MosaicDirectory = survey.Mosaics, Size = SmallSurvey.CutoutSize }, Token);
        var status = await grain.FollowAsync(_ => { }, Token);
        return status.State == WorkState.Done ? status : throw new UserErrorException(ErrorKind.Invalid, _name, $"{status.State}: {status.Error}");
    }

    private async Task<TrainingStatus> TrainAsync(Session session)
    {
        var run = session.Grains.GetGrain<ITrainingRunGrain>(_name);
        await run.StartAsync(new TrainingRequest { Dataset = _name, Preset = "demo", Iterations = 12, BatchSize = 2, CheckpointEvery = 6, ValidateEvery = 1000 }, Token);
        await run.ResumeAsync(Token);
        var status = await run.FollowAsync(_ => { }, Token);
        return status.State == WorkState.Done ? status : throw new UserErrorException(ErrorKind.Invalid, _name, $"{status.State}: {status.Error}");
    }

    private async Task<byte[]> SampleAsync(Session session)
    {
        var model = await session.Grains.GetGrain<IModelGrain>(_name).GetAsync(Token);
        string id = SampleIds.For(model, new SampleParameters(_name, Seed: 7, Flux: 3.5, Steps: 3) { Precision = "f32" });
        return (await session.Grains.FetchSampleAsync(id, Token)).Fits!;
    }
}
