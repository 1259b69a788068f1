using System.Diagnostics.Metrics;
using RadioDiffusion.Silo.Devices;

namespace RadioDiffusion.Silo.Tests;

public class DedicatedThreadsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Run_OnASlot_UsesOneThreadInTheOrderAsked()
    {
        await using var slot = new DedicatedThreads("slot", 1);
        var threads = new HashSet<int>();
        var order = new List<int>();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => slot.RunAsync(
            () =>
            {
                threads.Add(Environment.CurrentManagedThreadId);
                order.Add(i);
                return i;
            },
            Token)));
        Assert.Single(threads);
        Assert.Equal(order.Order(), order);
    }

    [Fact]
    public async Task Run_WorkThatThrows_ThrowsAtTheCallerAndTheThreadGoesOn()
    {
        await using var slot = new DedicatedThreads("slot", 1);
        await Assert.ThrowsAsync<InvalidDataException>(() => slot.RunAsync<int>(() => throw new InvalidDataException("x"), Token));
        Assert.Equal(3, await slot.RunAsync(() => 3, Token));
    }

    [Fact]
    public async Task RunInBulk_ComesWhenNothingElseWaits_AndBeforeTheEnd()
    {
        var order = new List<string>();
        await using (var slot = new DedicatedThreads("slot", 1))
        {
            using var gate = new ManualResetEventSlim();
            var first = slot.RunAsync(() => { gate.Wait(Token); return 0; }, Token);
            Task<int>[] work = [Bulk("bulk 1"), Bulk("bulk 2"), Urgent("urgent 1"), Urgent("urgent 2")];
            gate.Set();
            await first;
            await Task.WhenAll(work);

            Task<int> Bulk(string name) => slot.RunInBulkAsync(() => Add(name), Token);
            Task<int> Urgent(string name) => slot.RunAsync(() => Add(name), Token);
        }
        Assert.Equal(["urgent 1", "urgent 2", "bulk 1", "bulk 2"], order);

        int Add(string name)
        {
            order.Add(name);
            return order.Count;
        }
    }

    [Fact]
    public async Task Dispose_WhileWorkWaits_EndsAfterIt()
    {
        var slot = new DedicatedThreads("slot", 2);
        var work = Enumerable.Range(0, 200).Select(i => i % 2 == 0 ? slot.RunAsync(() => i, Token) : slot.RunInBulkAsync(() => i, Token)).ToArray();
        await slot.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 200), await Task.WhenAll(work));
    }

    [Fact]
    public async Task Run_CancelledBeforeItsTurn_NeverRuns()
    {
        await using var slot = new DedicatedThreads("slot", 1);
        using var gate = new ManualResetEventSlim();
        using var cancel = new CancellationTokenSource();
        var first = slot.RunAsync(() => { gate.Wait(Token); return 1; }, Token);
        bool ran = false;
        var second = slot.RunAsync(() => ran = true, cancel.Token);
        await cancel.CancelAsync();
        gate.Set();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.Equal(1, await first);
        Assert.False(ran);
    }

    [Fact]
    public async Task Run_WherePreparingFails_FailsThatWorkWithTheReasonAndNothingElse()
    {
        bool isBroken = true;
        await using var slot = new DedicatedThreads("slot", 1, () =>
        {
            if (isBroken)
                throw new DllNotFoundException("no libtorch");
        });
        var error = await Assert.ThrowsAsync<DllNotFoundException>(() => slot.RunAsync(() => 1, Token));
        Assert.Equal("no libtorch", error.Message);
        isBroken = false;
        Assert.Equal(2, await slot.RunAsync(() => 2, Token));
    }

    [Fact]
    public async Task Dispose_OfAThreadThatNeverWorked_NeedsNoPreparing()
    {
        bool isPrepared = false;
        await new DedicatedThreads("slot", 1, () => isPrepared = true).DisposeAsync();
        Assert.False(isPrepared);
    }

    [Fact]
    public async Task QueueLength_OfWorkThatWaits_IsCountedUntilItBeginsOrIsCancelled()
    {
        const string Queue = "queue of this test";
        long waiting = 0;
        using var listener = new MeterListener { InstrumentPublished = (instrument, listener) => { if (instrument.Name == "radiodiffusion.device.queue_length") listener.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((_, change, tags, _) =>
        {
            if (Queue.Equals(tags[0].Value))
                Interlocked.Add(ref waiting, change);
        });
        listener.Start();
        await using var slot = new DedicatedThreads(Queue, 1);
        using var gate = new ManualResetEventSlim();
        using var began = new SemaphoreSlim(0);
        using var cancel = new CancellationTokenSource();
        Task[] work =
        [
            slot.RunAsync(() => began.Release() + (gate.Wait(TimeSpan.FromMinutes(1)) ? 1 : 0), Token),
            slot.RunAsync(() => 2, Token),
            slot.RunAsync(() => 3, Token),
            Assert.ThrowsAnyAsync<OperationCanceledException>(() => slot.RunAsync(() => 4, cancel.Token)),
        ];
        await began.WaitAsync(Token);
        Assert.Equal(3, Interlocked.Read(ref waiting));
        await cancel.CancelAsync();
        gate.Set();
        await Task.WhenAll(work);
        Assert.Equal(0, Interlocked.Read(ref waiting));
    }
}
