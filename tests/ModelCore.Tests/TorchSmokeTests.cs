using TorchSharp;

namespace RadioDiffusion.ModelCore.Tests;

public class TorchSmokeTests
{
    [Fact]
    public void NativeLibrary_OnThisMachine_AddsTwoTensors() => Assert.Equal(2f, (torch.ones(1) + torch.ones(1)).item<float>());
}
