using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Tests.Sampling;

public class SampleQueueTests
{
    private readonly SampleQueue _queue = new(8);

    [Fact]
    public void TakeNext_OfSeveralClients_GivesTurnsAndBulkLast()
    {
        Add("bulk", isBulk: true, 1, 2);
        Add("anna", isBulk: false, 3, 4, 5);
        Add("bert", isBulk: false, 6);
        Assert.Equal([4, 5, 0, 1, 2, 3], Enumerable.Range(1, 6).Select(seed => _queue.PositionOf(Key(seed))));
        Assert.Equal(-1, _queue.PositionOf(Key(7)));
        var inBatch = new Dictionary<string, int>();
        var taken = new List<ulong>();
        while (_queue.TakeNext(client => inBatch.GetValueOrDefault(client)) is { } next)
        {
            inBatch[next.Order.Client] = inBatch.GetValueOrDefault(next.Order.Client) + 1;
            taken.Add(next.Id.Seed);
        }
        Assert.Equal([3UL, 6, 4, 5, 1, 2], taken);
    }

    [Fact]
    public void TakeNext_OfAClientWithMuchInTheBatch_ComesAfterOthers()
    {
        Add("anna", isBulk: false, 1, 2);
        Add("bert", isBulk: false, 3);
        Assert.Equal(3UL, _queue.TakeNext(client => client == "anna" ? 5 : 0)!.Id.Seed);
    }

    [Fact]
    public void Hurry_OfWhatIsInBulk_LetsItComeBeforeTheRest()
    {
        Add("bulk", isBulk: true, 1, 2, 3);
        _queue.Hurry(Key(2), new SampleOrder { Client = "bulk", IsBulk = true });
        Assert.False(_queue.HasInteractive);
        _queue.Hurry(Key(3), new SampleOrder { Client = "anna" });
        _queue.Hurry(Key(9), new SampleOrder { Client = "anna" });
        Assert.Equal(0, _queue.PositionOf(Key(3)));
        Assert.Equal((3UL, "anna"), (_queue.TakeNext(_ => 0)! is var next ? (next.Id.Seed, next.Order.Client) : default));
        Assert.Equal(2, _queue.Count);
    }

    [Fact]
    public void PutBack_ComesBeforeOthersOfItsKind()
    {
        Add("a", isBulk: true, 1, 2);
        var first = _queue.TakeNext(_ => 0)!;
        _queue.PutBack(first);
        Assert.Equal(0, _queue.PositionOf(first.Key));
        Assert.Equal(1UL, _queue.TakeNext(_ => 0)!.Id.Seed);
    }

    [Fact]
    public void Add_ToAFullQueue_IsRefused_AndBulkLeavesRoom()
    {
        Add("bulk", isBulk: true, 1, 2, 3, 4);
        var busy = Assert.Throws<UserErrorException>(() => Add("bulk", isBulk: true, 5));
        Assert.Equal(ErrorKind.Busy, busy.Kind);
        Assert.Contains("4 samples", busy.Message, StringComparison.Ordinal);
        Add("anna", isBulk: false, 6, 7, 8, 9);
        Assert.Equal(ErrorKind.Busy, Assert.Throws<UserErrorException>(() => Add("anna", isBulk: false, 10)).Kind);
        Assert.True(_queue.Remove(Key(2)));
        Assert.False(_queue.Remove(Key(2)));
        Add("anna", isBulk: false, 10);
        Assert.Equal(8, _queue.Count);
    }

    private void Add(string client, bool isBulk, params int[] seeds)
    {
        foreach (int seed in seeds)
            _queue.Add(new WaitingSample(Key(seed), SampleId.Parse(Key(seed)), new SampleOrder { Client = client, IsBulk = isBulk }, default, null));
    }

    private static string Key(int seed) => $"s1_0123456789abcdef_seed={seed}_w=0.1_heun=25_f32";
}
