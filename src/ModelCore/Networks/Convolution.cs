using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A two-dimensional convolution that keeps height and width (zero padding), (N, in, H, W) to (N, out, H, W).</summary>
internal sealed class Convolution : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly long[] padding;

    public Convolution(int inputs, int outputs, int kernel)
        : base(nameof(Convolution))
    {
        weight = new Parameter(zeros(outputs, inputs, kernel, kernel));
        bias = new Parameter(zeros(outputs));
        padding = [kernel / 2, kernel / 2];
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => AlignedConvolution.Apply(x, weight, bias, padding);
}
