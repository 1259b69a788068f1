using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.ModelCore.Tests.Training.Collectives;

public class NcclCollectiveTests
{
    [Fact]
    public void IsAvailable_WithoutAGpu_SaysWhatItNeeds()
    {
        Assert.SkipWhen(TorchSharp.torch.cuda.is_available(), "This machine has a GPU.");
        Assert.False(NcclCollective.IsAvailable(out string reason));
        Assert.Equal("Trainers cannot add up their gradients with NCCL here: it needs Linux, a GPU and the CUDA build of libtorch. "
            + "Train in one process, with Gloo on CPUs, or with local steps (DiLoCo), which needs no group.", reason);
        Assert.Equal(reason, Assert.Throws<RadioDiffusionException>(NcclCollective.NewGroupId).Message);
    }
}
