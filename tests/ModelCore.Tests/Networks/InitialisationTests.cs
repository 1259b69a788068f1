using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Tests.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks;

public class InitialisationTests
{
    [Fact]
    public void Create_TwiceWithOneSeed_GivesEqualBitsAndAnotherSeedOthers()
    {
        using var first = Initialisation.Create(TinyTraining.Network, 1);
        using var second = Initialisation.Create(TinyTraining.Network, 1);
        using var other = Initialisation.Create(TinyTraining.Network, 2);
        foreach (var ((name, parameter), (_, again)) in first.named_parameters().Zip(second.named_parameters()))
            Assert.True(parameter.bytes.SequenceEqual(again.bytes), name);
        Assert.False(Kernel(first).SequenceEqual(Kernel(other)));

        static ReadOnlySpan<byte> Kernel(EdmPreconditioning network) => network.get_parameter("model.init_conv.weight")!.bytes;
    }

    [Fact]
    public void Create_AnyNetwork_StartsAsTheSkipAlone()
    {
        using var scope = NewDisposeScope();
        using var network = Initialisation.Create(TinyTraining.Network, 1);
        var x = ones(2, 1, 8, 8);
        var denoised = network.forward(x, tensor(new[] { 0.5f, 0.5f }), Conditions.None);
        Assert.True(denoised.eq(0.5).all().item<bool>());    // c_skip = 0.25 / (0.25 + 0.25)
    }

    [Fact]
    public void Create_AConvolution_FillsTheUniformRangeOfItsFanIn()
    {
        using var scope = NewDisposeScope();
        using var network = Initialisation.Create(TinyTraining.Network, 1);
        var weight = network.get_parameter("model.down_blocks.0.in_layers.2.weight")!;
        double bound = 1 / Math.Sqrt(32 * 9);
        Assert.InRange(weight.abs().max().item<float>(), 0.99 * bound, bound * (1 + 1e-6));
        Assert.Equal(bound / Math.Sqrt(3), weight.std().item<float>(), 0.02 * bound);   // four standard errors at 9216 weights
    }

    [Theory]
    [InlineData(30, "ImageSize")]
    [InlineData(80, "NormGroups")]
    public void Check_OfAnImpossibleShape_NamesTheOption(int imageSize, string option)
    {
        var options = new NetworkOptions { ImageSize = imageSize, InitialChannels = 48 };
        Assert.Contains(option, Assert.Throws<RadioDiffusionException>(options.Check).Message);
    }
}
