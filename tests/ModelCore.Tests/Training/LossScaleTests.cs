using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class LossScaleTests
{
    [Fact]
    public void After_AnOverflow_IsHalfAsLargeAndCountsTheStepThatIsLeftOut()
    {
        var scale = new LossScale().After(true).After(true);
        Assert.Equal(new LossScale { Scale = 65536, GoodSteps = 2 }, scale);
        Assert.Equal(new LossScale { Scale = 32768, GoodSteps = 0, LeftOut = 1 }, scale.After(false));
    }

    [Fact]
    public void After_TwoThousandGoodSteps_IsTwiceAsLarge()
    {
        var scale = new LossScale();
        for (int i = 0; i < 1999; i++)
            scale = scale.After(true);
        Assert.Equal(new LossScale { Scale = 65536, GoodSteps = 1999 }, scale);
        Assert.Equal(new LossScale { Scale = 131072, GoodSteps = 0 }, scale.After(true));
    }

    [Fact]
    public void After_OverflowsAtEveryScale_SaysThatTheScaleIsNotTheReason()
    {
        var scale = new LossScale();
        for (int i = 0; i < 32; i++)
            scale = scale.After(false);
        Assert.Equal(1.0 / 65536, scale.Scale);
        Assert.Contains("BFloat16", Assert.Throws<RadioDiffusionException>(() => scale.After(false)).Message);
    }
}
