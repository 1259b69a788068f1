using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Two 3x3 convolutions beside a skip, of which the first may halve height and width, (N, in, H, W) to (N, out, H/n, W/n).</summary>
/// <remarks>He et al. (2016), fig. 2 and option B of Sect. 4.1: where the shape changes, the skip is a convolution of one pixel.</remarks>
internal sealed class BasicBlock : nn.Module
{
    private readonly StridedConvolution conv1;
    private readonly BatchNorm bn1;
    private readonly StridedConvolution conv2;
    private readonly BatchNorm bn2;
    private readonly ModuleList<nn.Module>? downsample;

    public BasicBlock(int inputs, int outputs, int stride)
        : base(nameof(BasicBlock))
    {
        conv1 = new StridedConvolution(inputs, outputs, kernel: 3, stride);
        bn1 = new BatchNorm(outputs);
        conv2 = new StridedConvolution(outputs, outputs, kernel: 3, stride: 1);
        bn2 = new BatchNorm(outputs);
        if (stride > 1 || inputs != outputs)
            downsample = new(new StridedConvolution(inputs, outputs, kernel: 1, stride), new BatchNorm(outputs));
        RegisterComponents();
    }

    /// <param name="x">(N, in, H, W).</param>
    /// <param name="isTraining">As for <see cref="BatchNorm"/>.</param>
    public Tensor forward(Tensor x, bool isTraining)
    {
        using var scope = NewDisposeScope();                 // what the gradient needs stays; the rest is free at once
        var h = nn.functional.relu(bn1.forward(conv1.forward(x), isTraining));
        h = bn2.forward(conv2.forward(h), isTraining);
        return nn.functional.relu(h.Plus(Skip(x, isTraining))).MoveToOuterDisposeScope();
    }

    private Tensor Skip(Tensor x, bool isTraining) =>
        downsample == null ? x : ((BatchNorm)downsample[1]).forward(((StridedConvolution)downsample[0]).forward(x), isTraining);
}
