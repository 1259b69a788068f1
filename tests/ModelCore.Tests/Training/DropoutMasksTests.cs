using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class DropoutMasksTests
{
    [Fact]
    public void Next_WithTenPerCent_ZeroesATenthAndScalesTheRest()
    {
        using var scope = NewDisposeScope();
        var mask = new DropoutMasks(1, 0, 4, 0.1, CPU).Next([4, 10, 50, 50]);
        double zeros = mask.eq(0).to_type(ScalarType.Float64).mean().item<double>();
        Assert.Equal(0.1, zeros, 0.004);                     // four standard errors at 100 000 features
        Assert.Equal(1 / 0.9f, mask.max().item<float>());
    }

    [Fact]
    public void Next_ForOneImage_DoesNotDependOnItsBatch()
    {
        using var scope = NewDisposeScope();
        var together = new DropoutMasks(1, 10, 3, 0.1, CPU);
        var alone = new DropoutMasks(1, 12, 1, 0.1, CPU);
        foreach (long side in new long[] { 5, 8 })           // 75 features are no multiple of the 16 of one vector
        {
            var inBatch = together.Next([3, 3, side, side]);
            Assert.True(inBatch[2].equal(alone.Next([1, 3, side, side])[0]).all().item<bool>());
            Assert.False(inBatch[1].equal(inBatch[2]).all().item<bool>());
        }
    }
}
