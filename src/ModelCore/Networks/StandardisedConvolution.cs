using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A 3x3 convolution whose kernels are brought to mean 0 and variance 1 for each output channel before use.</summary>
/// <remarks>Qiao et al. (2019), "Weight standardization"; population variance, the bias unchanged.</remarks>
internal sealed class StandardisedConvolution : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;
    private static readonly long[] Padding = [1, 1];
    private static readonly long[] KernelDimensions = [1, 2, 3];
    private readonly Parameter weight;
    private readonly Parameter bias;
    private bool _isFolded;

    public StandardisedConvolution(int inputs, int outputs)
        : base(nameof(StandardisedConvolution))
    {
        weight = new Parameter(zeros(outputs, inputs, 3, 3));
        bias = new Parameter(zeros(outputs));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) =>
        AlignedConvolution.Apply(x, _isFolded ? weight : Standardise(weight), bias, Padding);

    /// <summary>Replaces the weights by the standardised ones, once: from then on the network is for sampling only.</summary>
    public void Fold()
    {
        if (_isFolded)
            return;
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        weight.copy_(Standardise(weight));
        _isFolded = true;
    }

    private static Tensor Standardise(Tensor w)
    {
        var mean = w.mean(KernelDimensions, keepdim: true);
        var variance = w.var(KernelDimensions, unbiased: false, keepdim: true);
        return (w - mean) * variance.Plus(Numbers.Of(Epsilon)).rsqrt();
    }
}
