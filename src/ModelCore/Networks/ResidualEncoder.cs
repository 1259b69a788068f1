using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A residual network up to its global average: images (N, C, H, W) to features (N, F), F being the channels of the last level.</summary>
/// <remarks>He et al. (2016), table 1; with 64 channels, levels of 1, 2, 4 and 8 times as many, and two blocks each, it is ResNet-18.</remarks>
internal sealed class ResidualEncoder : nn.Module
{
    private readonly StridedConvolution conv1;
    private readonly BatchNorm bn1;
    private readonly ModuleList<BasicBlock>[] levels;

    public ResidualEncoder(NetworkOptions options)
        : base(nameof(ResidualEncoder))
    {
        conv1 = new StridedConvolution(options.ImageChannels, options.InitialChannels, kernel: 7, stride: 2);
        bn1 = new BatchNorm(options.InitialChannels);
        RegisterComponents();
        int channels = options.InitialChannels;
        levels = new ModuleList<BasicBlock>[options.ChannelMultipliers.Count];
        for (int level = 0; level < levels.Length; level++)
        {
            levels[level] = new();
            for (int block = 0; block < options.ResidualBlocks; block++)
            {
                int outputs = options.InitialChannels * options.ChannelMultipliers[level];
                levels[level].Add(new BasicBlock(channels, outputs, stride: level > 0 && block == 0 ? 2 : 1));
                channels = outputs;
            }
            register_module($"layer{level + 1}", levels[level]);   // no field of its own: how many levels there are is an option
        }
    }

    /// <param name="images">In [-1, 1], (N, C, H, W).</param>
    /// <param name="isTraining">As for <see cref="BatchNorm"/>.</param>
    /// <returns>(N, F).</returns>
    public Tensor forward(Tensor images, bool isTraining)
    {
        using var scope = NewDisposeScope();
        var x = nn.functional.relu(bn1.forward(conv1.forward(images), isTraining));
        x = nn.functional.max_pool2d(x, kernel_size: 3, stride: 2, padding: 1);
        foreach (var block in levels.SelectMany(level => level))
            x = block.forward(x, isTraining);
        return x.mean([2L, 3L]).MoveToOuterDisposeScope();
    }
}
