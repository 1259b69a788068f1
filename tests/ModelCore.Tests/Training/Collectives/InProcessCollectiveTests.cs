using RadioDiffusion.ModelCore.Training.Collectives;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training.Collectives;

public class InProcessCollectiveTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task SumInPlace_OfThreeMembers_AddsFromRankZeroUpwardsAndGivesAllTheSameBits()
    {
        var group = InProcessCollective.CreateGroup(3);
        float[][] numbers = [.. Enumerable.Range(0, 3).Select(rank => Draw(rank, 10_007))];
        float[][] sums = await OnAllAsync(group, member =>
        {
            using var flat = tensor(numbers[member.Rank]);
            Assert.True(member.SumInPlace(flat, Long));
            return flat.data<float>().ToArray();
        });
        float[] expected = [.. Enumerable.Range(0, 10_007).Select(i => numbers[0][i] + numbers[1][i] + numbers[2][i])];
        Assert.All(sums, sum => Assert.Equal(expected, sum));
    }

    [Fact]
    public async Task SumInPlace_AHundredTimes_NeverMixesRounds()
    {
        var group = InProcessCollective.CreateGroup(4);
        await OnAllAsync(group, member =>
        {
            for (int i = 0; i < 100; i++)
            {
                using var flat = full(5, (double)i, dtype: float64);
                Assert.True(member.SumInPlace(flat, Long));
                Assert.Equal(4.0 * i, flat[0].item<double>());
            }
            return 0;
        });
    }

    [Fact]
    public void SumInPlace_WhenAMemberDoesNotCome_FailsAtTheTimeOut_AndForEverAfter()
    {
        var group = InProcessCollective.CreateGroup(2);
        using var flat = ones(3);
        Assert.False(group[0].SumInPlace(flat, TimeSpan.FromMilliseconds(100)));
        Assert.False(group[0].SumInPlace(flat, Long));
        Assert.False(group[1].SumInPlace(flat, Long));
    }

    [Fact]
    public async Task SumInPlace_WhenAMemberLeaves_FailsAtTheOthers()
    {
        var group = InProcessCollective.CreateGroup(3);
        bool[] sums = await OnAllAsync(group, member =>
        {
            if (member.Rank == 1)
            {
                member.Dispose();
                return false;
            }
            using var flat = ones(3);
            return member.SumInPlace(flat, Long);
        });
        Assert.All(sums, Assert.False);
    }

    [Fact]
    public async Task SumInPlace_OfUnequalLengths_IsAnErrorAtOneAndFailsAtTheOther()
    {
        var group = InProcessCollective.CreateGroup(2);
        string[] outcomes = await OnAllAsync(group, member =>
        {
            using var flat = ones(3 + member.Rank);
            try
            {
                return member.SumInPlace(flat, Long) ? "summed" : "failed";
            }
            catch (ArgumentException e)
            {
                return e.Message;
            }
        });
        Assert.Equal(["All members should give tensors of one length and type, but by rank they gave 3 of Float32, 4 of Float32.", "failed"], outcomes.Order());
    }

    private static float[] Draw(int seed, int count)
    {
        using var generator = new Generator((ulong)seed, CPU);
        using var numbers = randn(count, generator: generator);
        return numbers.data<float>().ToArray();
    }

    internal static Task<T[]> OnAllAsync<T>(IReadOnlyList<ICollective> group, Func<ICollective, T> work) =>
        Task.WhenAll(group.Select(member => Task.Factory.StartNew(() => work(member), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
}
