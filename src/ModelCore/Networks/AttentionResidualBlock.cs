using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A residual block followed by attention.</summary>
internal sealed class AttentionResidualBlock : nn.Module<Tensor, Tensor, IDropoutMasks?, Tensor>
{
    private readonly ResidualBlock resBlock;
    private readonly LinearAttention attnBlock;

    public AttentionResidualBlock(ResidualBlock residual, LinearAttention attention)
        : base(nameof(AttentionResidualBlock))
    {
        resBlock = residual;
        attnBlock = attention;
        RegisterComponents();
    }

    public override Tensor forward(Tensor x, Tensor embedding, IDropoutMasks? dropout) =>
        attnBlock.forward(resBlock.forward(x, embedding, dropout));
}
