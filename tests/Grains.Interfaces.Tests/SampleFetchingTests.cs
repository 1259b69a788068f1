using Orleans.Runtime;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Tests;

public class SampleFetchingTests
{
    private readonly InstantTime _time = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fetch_FromAFullQueue_WaitsAndAsksAgain()
    {
        var answers = new Queue<Func<SampleStatus>>([Busy, Busy, () => Status(WorkState.Running), Busy, () => Status(WorkState.Done)]);
        Assert.Equal(WorkState.Done, (await FetchAsync(answers)).State);
        Assert.Equal(3, _time.Pauses.Count);
    }

    [Fact]
    public async Task Fetch_FromAQueueThatIsFullForHours_NeverGivesUp()
    {
        var answers = new Queue<Func<SampleStatus>>(Enumerable.Repeat(Busy, 1000).Append(() => Status(WorkState.Done)));
        Assert.Equal(WorkState.Done, (await FetchAsync(answers)).State);
        Assert.Equal(8, _time.Pauses[^1].TotalSeconds);
    }

    [Fact]
    public async Task Fetch_ThroughAnOutage_AsksAgain()
    {
        var answers = new Queue<Func<SampleStatus>>([() => throw new SiloUnavailableException("gone"), () => throw new TimeoutException(), () => Status(WorkState.Done)]);
        Assert.Equal(WorkState.Done, (await FetchAsync(answers)).State);
    }

    [Fact]
    public async Task Fetch_OfWhatCannotBe_FailsAtOnce()
    {
        var answers = new Queue<Func<SampleStatus>>([() => throw new UserErrorException(ErrorKind.NotFound, "id", "There is no model.")]);
        await Assert.ThrowsAsync<UserErrorException>(() => FetchAsync(answers));
        Assert.Empty(_time.Pauses);
    }

    private Task<SampleStatus> FetchAsync(Queue<Func<SampleStatus>> answers) => SampleFetching.FetchAsync(() => new FakeSample(answers), new SampleOrder(), _time, Token);

    private static SampleStatus Busy() => throw new UserErrorException(ErrorKind.Busy, "model", "The queue is full.");

    private static SampleStatus Status(WorkState state) => new() { Id = "id", State = state };

    private sealed class FakeSample(Queue<Func<SampleStatus>> answers) : ISampleGrain
    {
        public async Task<SampleStatus> GetAsync(TimeSpan wait, SampleOrder order, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            return answers.Dequeue()();
        }

        public Task DeliverAsync(byte[] pixels, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task FoundAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task FailAsync(UserErrorException error, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
