using RadioDiffusion.ModelCore.Networks;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks;

/// <summary>Convolutions read nothing but their arguments, whatever lies in memory that was freed before.</summary>
public sealed class ConvolutionTests
{
    private const int Rounds = 10;

    [Theory]
    [InlineData(16, 1, 8)]
    [InlineData(32, 1, 80)]
    [InlineData(16, 2, 80)]
    [InlineData(64, 12, 80)]
    [InlineData(17, 33, 20)]
    [InlineData(1, 16, 80)]
    [InlineData(2, 24, 20)]
    [InlineData(64, 64, 1)]
    public void ForwardAndBackward_AmongFreedNans_GiveTheSameBitsEachTime(int inputs, int outputs, int side)
    {
        using var scope = NewDisposeScope();
        using var convolution = new Convolution(inputs, outputs, 3);
        var generator = new Generator(1);
        var weight = convolution.get_parameter("weight")!;
        using (no_grad())
            weight.copy_(randn(weight.shape, generator: generator));
        var image = randn([2, inputs, side, side], generator: generator);
        var gradient = randn([2, outputs, side, side], generator: generator);
        (byte[] Output, byte[] ByInput, byte[] ByWeight)? first = null;
        for (int round = 0; round < Rounds; round++)
        {
            using var inner = NewDisposeScope();
            FreeNans();
            var x = image.detach().clone().requires_grad_();
            weight.grad = null;
            var y = convolution.forward(x);
            (y * gradient).sum().backward();
            var bytes = (Bytes(y), Bytes(x.grad!), Bytes(weight.grad!));
            first ??= bytes;
            Assert.Equal(first.Value.Output, bytes.Item1);
            Assert.Equal(first.Value.ByInput, bytes.Item2);
            Assert.Equal(first.Value.ByWeight, bytes.Item3);
            Assert.False(y.isnan().any().item<bool>() || x.grad!.isnan().any().item<bool>());
        }
    }

    /// <summary>Blocks of many sizes that the allocator hands out again, full of NaN.</summary>
    private static void FreeNans()
    {
        using var scope = NewDisposeScope();
        for (int i = 0; i < 60; i++)
            full([1 << (4 + (i % 18))], float.NaN);
    }

    private static byte[] Bytes(Tensor tensor) => tensor.detach().contiguous().clone().bytes.ToArray();
}
