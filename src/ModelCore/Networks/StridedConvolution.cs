using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A two-dimensional convolution without bias that computes every n-th pixel, (N, in, H, W) to (N, out, H/n, W/n), rounded up.</summary>
internal sealed class StridedConvolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly long[] padding;
    private readonly long[] strides;

    public StridedConvolution(int inputs, int outputs, int kernel, int stride)
        : base(nameof(StridedConvolution))
    {
        weight = new Parameter(zeros(outputs, inputs, kernel, kernel));
        padding = [kernel / 2, kernel / 2];
        strides = [stride, stride];
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => AlignedConvolution.Apply(x, weight, bias: null, padding, strides);
}
