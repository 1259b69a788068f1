using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Attention between pixels at a cost linear in their number, added to its input, (N, C, H, W) to the same.</summary>
/// <remarks>
/// Shen et al. (2021), "Efficient attention": softmax of q over channels and of k over pixels, then out = (k v^T)^T q per
/// head. Unlike the paper on radio galaxies says, the projections are 1x1 and the norm at the end is a group norm.
/// </remarks>
internal sealed class LinearAttention : nn.Module<Tensor, Tensor>
{
    /// <summary>Groups of the norm before attention: fixed in the published code, whatever norm_groups says.</summary>
    public const int NormGroups = 32;

    private readonly GroupNorm pre_norm;
    private readonly Convolution to_qkv;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> to_out;
    private readonly int heads;
    private readonly int headChannels;

    public LinearAttention(int channels, int heads, int headChannels)
        : base(nameof(LinearAttention))
    {
        this.heads = heads;
        this.headChannels = headChannels;
        pre_norm = new GroupNorm(NormGroups, channels);
        to_qkv = new Convolution(channels, 3 * heads * headChannels, kernel: 1);
        to_out = new(new Convolution(heads * headChannels, channels, kernel: 1), new GroupNorm(1, channels));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        long n = x.shape[0], height = x.shape[2], width = x.shape[3];
        var qkv = to_qkv.forward(pre_norm.forward(x)).reshape(n, 3, heads, headChannels, height * width);
        var q = (qkv.select(1, 0) / Numbers.Of(Math.Sqrt(headChannels))).softmax(2);
        var k = qkv.select(1, 1).softmax(3);
        var v = qkv.select(1, 2);
        var contextMatrix = k.matmul(v.transpose(2, 3));
        var attended = contextMatrix.transpose(2, 3).matmul(q).reshape(n, heads * headChannels, height, width);
        return x.Plus(to_out[1].forward(to_out[0].forward(attended))).MoveToOuterDisposeScope();
    }
}
