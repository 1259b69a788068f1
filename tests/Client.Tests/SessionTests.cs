using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Client.Tests;

/// <summary>One store, one owner: sessions of one process behave like those of several, since the store's lock is the system's.</summary>
[Collection("console")]
public sealed class SessionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder.File("store");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Open_WhileAnOwnerThatNeverAnnouncedItselfLeaves_TakesTheStore()
    {
        Assert.True(StoreLock.TryAcquire(Store, out var held, out _));
        var opening = OpenAsync();
        Assert.False(opening.IsCompleted);
        held.Dispose();
        await using var session = await opening;
        Assert.True(session.IsEmbedded);
    }

    [Fact]
    public async Task Open_WhereADeadOwnerIsStillNamed_TakesTheStoreOnceItIsFree()
    {
        Assert.True(StoreLock.TryAcquire(Store, out var held, out _));
        held.Announce(new StoreOwner("127.0.0.1:1", "token", 1));       // nobody answers there
        var opening = OpenAsync();
        held.Dispose();
        await using var session = await opening;
        Assert.True(session.IsEmbedded);
    }

    [Fact]
    public async Task Open_TwiceAtOnce_GivesOneOwnerAndOneConnection()
    {
        var sessions = await Task.WhenAll(OpenAsync(), OpenAsync());
        Assert.Single(sessions, session => session.IsEmbedded);
        Assert.All(await Task.WhenAll(sessions.Select(session => session.Grains.RunsAsync(Token))), Assert.Empty);
        foreach (var session in sessions.OrderBy(session => session.IsEmbedded))
            await session.DisposeAsync();
    }

    [Fact]
    public async Task Work_WhoseOwnerLeaves_IsCheckpointedTakenOverAndFinished()
    {
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var owner = await OpenAsync();
        await owner.Grains.Dataset("small").BuildAsync(new DatasetRequest { MosaicDirectory = mosaics, CataloguePath = catalogue, Size = SmallSurvey.CutoutSize, MinimumSnr = 2 }, Token);
        Assert.Equal(WorkState.Done, (await owner.Grains.Dataset("small").FollowAsync(_ => { }, Token)).State);
        await using var client = await OpenAsync();
        Assert.False(client.IsEmbedded);

        var training = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var work = client.WorkAsync(
            async token =>
            {
                var run = client.Grains.TrainingRun("run");
                await run.StartAsync(new TrainingRequest { Dataset = "small", Iterations = client.IsEmbedded ? 0 : 100_000, BatchSize = 2, CheckpointEvery = 100_000, ValidateEvery = 100_000 }, token);
                return await run.FollowAsync(status => { if (status.Iteration > 0) training.TrySetResult(); }, token);
            },
            status => status.State == WorkState.Done,
            Token);
        await training.Task.WaitAsync(Token);
        await owner.DisposeAsync();

        // Asked for again with other settings at the next owner, which is the client itself: the run is there, with a checkpoint.
        var conflict = await Assert.ThrowsAsync<UserErrorException>(() => work);
        Assert.Equal(ErrorKind.Conflict, conflict.Kind);
        Assert.True(client.IsEmbedded);
        var status = await client.Grains.TrainingRun("run").GetStatusAsync(Token);
        Assert.Equal(WorkState.Paused, status.State);
        Assert.True(status.Checkpoint!.Iteration > 0);
    }

    [Fact]
    public async Task Work_ThatIsPausedBySomeoneWhileTheOwnerStays_IsPaused()
    {
        await using var owner = await OpenAsync();
        await using var client = await OpenAsync();
        int asked = 0;
        var paused = new TrainingStatus { Name = "run", State = WorkState.Paused, Version = 1 };
        Assert.Equal(paused, await client.WorkAsync(_ => { asked++; return Task.FromResult(paused); }, status => status.State == WorkState.Done, Token));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Work_WhoseOwnerIsGoneWithoutAWord_IsAskedForAgain()
    {
        var owner = await OpenAsync();
        await using var client = await OpenAsync();
        int asked = 0;
        bool embedded = await client.WorkAsync(
            async token =>
            {
                if (++asked == 1)
                {
                    await owner.DisposeAsync();
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);       // a call that nobody answers any more
                }
                await client.Grains.RunsAsync(token);
                return client.IsEmbedded;
            },
            isEmbedded => isEmbedded,
            Token);
        Assert.True(embedded);
        Assert.Equal(2, asked);
    }

    private Task<Session> OpenAsync() => Session.OpenAsync(Store, null, false, Token);
}
