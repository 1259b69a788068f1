using RadioDiffusion.Grains.Training;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Tests;

public class SampleGridsTests
{
    /// <summary>A grid is 8 images times 19 calls of the network, a step 3 calls an image.</summary>
    [Theory]
    [InlineData("lofar", 10)]
    [InlineData("first", 10)]
    [InlineData("small", 6)]                                 // 1 % of 2000 x 16 x 3 is 960: 6 grids of 152
    [InlineData("demo", 0)]
    public void CountFor_APreset_CostsLessThanOnePercent(string preset, int expected)
    {
        var options = TrainingOptions.Preset(preset);
        int count = SampleGrids.CountFor(null, options);
        Assert.Equal(expected, count);
        Assert.True(count * 8 * 19 <= 0.01 * 3 * options.BatchSize * options.Iterations);
    }

    [Theory]
    [InlineData(100, 10, 4)]
    [InlineData(100, 10, 10)]
    [InlineData(100, 30, 2)]
    [InlineData(95, 10, 3)]
    [InlineData(7, 100, 5)]
    [InlineData(1000, 1, 10)]
    public void IsDue_OverARun_IsEvenlySpacedNoMoreThanAskedForAndAtTheEnd(long iterations, int every, int count)
    {
        var options = new TrainingOptions { Iterations = iterations, CheckpointEvery = every };
        long[] due = [.. Enumerable.Range(1, (int)iterations).Select(i => (long)i).Where(i => SampleGrids.IsDue(count, options, i))];
        Assert.InRange(due.Length, 1, count);
        Assert.Equal(iterations, due[^1]);
        Assert.All(due[..^1], iteration => Assert.Equal(0, iteration % every));
        Assert.DoesNotContain(Enumerable.Range(1, (int)iterations), i => SampleGrids.IsDue(0, options, i));
    }
}
