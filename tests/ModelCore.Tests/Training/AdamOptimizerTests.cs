using RadioDiffusion.ModelCore.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class AdamOptimizerTests
{
    [Fact]
    public void Step_TenTimes_FollowsPyTorchsAdam()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(5, CPU);
        var start = randn(1000, generator: generator);
        var theirs = new Parameter(start.clone());
        using var adam = optim.Adam([theirs], lr: 1e-2);
        var ours = start.clone();
        using var optimizer = new AdamOptimizer(1000, CPU);
        for (int i = 1; i <= 10; i++)
        {
            var gradient = randn(1000, generator: generator);
            theirs.grad = gradient.clone();
            adam.step();
            optimizer.Step(ours, gradient, i, 1e-2);
        }
        // Values of about 1, ten updates of 0.01, rounding of 6e-8 each.
        Assert.True((ours - theirs).abs().max().item<float>() < 1e-6);
    }
}
