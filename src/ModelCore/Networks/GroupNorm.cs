using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Group normalisation with a scale and an offset for each channel (Wu and He 2018), (N, C, H, W) to the same.</summary>
/// <remarks>Own class, as the one of TorchSharp 0.107 leaves its weights uninitialised.</remarks>
internal sealed class GroupNorm : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;
    private readonly int groups;

    public GroupNorm(int groups, int channels)
        : base(nameof(GroupNorm))
    {
        this.groups = groups;
        weight = new Parameter(ones(channels));
        bias = new Parameter(zeros(channels));
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => nn.functional.group_norm(x, groups, weight, bias, 1e-5);
}
