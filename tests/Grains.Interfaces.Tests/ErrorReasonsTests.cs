using Orleans.Runtime;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains.Interfaces.Tests;

public class ErrorReasonsTests
{
    [Fact]
    public void MessageOf_AStorageErrorThatOrleansWrapped_IsTheInnerReason()
    {
        var error = new OrleansException("Error from storage provider x\n   at A.B()", new RadioDiffusionException("The disk is full."));
        Assert.Equal("The disk is full.", ErrorReasons.MessageOf(error));
        Assert.True(ErrorReasons.IsKnown(error));
    }

    [Fact]
    public void MessageOf_AnOrleansErrorWithoutAReason_HasNoStackTrace() =>
        Assert.Equal("Error from storage provider x", ErrorReasons.MessageOf(new OrleansException("Error from storage provider x\r\n   at A.B()")));

    [Fact]
    public void IsOutage_OfARejection_IsTrueUnlessItHasAReason()
    {
        Assert.True(Outages.IsOutage(new SiloUnavailableException("shutting down")));
        Assert.False(Outages.IsOutage(new SiloUnavailableException("activation failed", new RadioDiffusionException("The disk is full."))));
        Assert.False(Outages.IsOutage(new OrleansException("Error from storage provider x")));
    }
}
