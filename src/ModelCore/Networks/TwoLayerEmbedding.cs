using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Two fully connected layers, each followed by the exact GELU, (N, in) to (N, width).</summary>
/// <remarks>The paper names one GELU; the published code, and so the published weights, have both.</remarks>
internal sealed class TwoLayerEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly Dense lin1;
    private readonly Dense lin2;

    public TwoLayerEmbedding(int inputs, int width)
        : base(nameof(TwoLayerEmbedding))
    {
        lin1 = new Dense(inputs, width);
        lin2 = new Dense(width, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => nn.functional.gelu(lin2.forward(nn.functional.gelu(lin1.forward(x))));
}
