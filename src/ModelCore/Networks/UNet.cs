using RadioDiffusion.ModelCore.Networks.Cpu;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>The published U-Net F(c_in x; c_noise): levels of residual blocks going down and up, with skips between them.</summary>
/// <remarks>
/// Field names are the keys in every checkpoint, their order is the order of the published state dict. Down: per level the
/// residual blocks (with attention on the lower levels), then a halving block except on the last. Up: the same backwards
/// with one block more, each on [x, skip]. Skips are the first convolution's output and that of every module going down.
/// </remarks>
internal sealed class UNet : nn.Module
{
    /// <summary>Of the keys of what belongs to the values and the classes that a model is conditioned on.</summary>
    public static readonly string[] ConditionPrefixes = [$"model.{nameof(context_emb)}.", $"model.{nameof(label_emb)}."];

    private readonly TwoLayerEmbedding? context_emb;
    private readonly Dense? label_emb;
    private readonly NoiseEmbedding time_emb;
    private readonly TwoLayerEmbedding feature_emb;
    private readonly StandardisedConvolution init_conv;
    private readonly ModuleList<nn.Module<Tensor, Tensor, IDropoutMasks?, Tensor>> down_blocks = new();
    private readonly ModuleList<nn.Module<Tensor, Tensor, IDropoutMasks?, Tensor>> up_blocks = new();
    private readonly ModuleList<nn.Module> middle_block;
    private readonly ModuleList<nn.Module<Tensor, Tensor>> @out;
    private readonly HashSet<int> _upBlocksWithoutSkip = [];
    private readonly NetworkOptions _options;
    private ScalarType? _type;
    private CpuUNet? _onCpu;

    public UNet(NetworkOptions options)
        : base(nameof(UNet))
    {
        options.Check();
        _options = options;
        int width = options.EmbeddingWidth;
        if (options.ContextDimension > 0)
            context_emb = new TwoLayerEmbedding(options.ContextDimension, width);
        if (options.ClassCount > 0)
            label_emb = new Dense(options.ClassCount, width, hasBias: false);
        time_emb = new NoiseEmbedding(width);
        feature_emb = new TwoLayerEmbedding(width, width);
        init_conv = new StandardisedConvolution(options.ImageChannels, options.InitialChannels);

        var skipChannels = new Stack<int>([options.InitialChannels]);
        int channels = AddDownBlocks(skipChannels);
        middle_block = new(Block(channels, channels), Attention(channels), Block(channels, channels));
        channels = AddUpBlocks(channels, skipChannels);
        @out = new(new GroupNorm(options.NormGroups, channels), nn.SiLU(), new Convolution(channels, options.ImageChannels, kernel: 3));
        RegisterComponents();
    }

    /// <summary>What weights take that are laid out for this processor.</summary>
    public long BytesOnCpu => _onCpu?.Bytes ?? 0;

    /// <param name="x">Images times c_in, (N, C, H, W).</param>
    /// <param name="cNoise">ln(sigma) / 4, (N).</param>
    /// <param name="conditions">Flux and class of each image.</param>
    /// <param name="dropout">Masks for training, null for sampling.</param>
    /// <returns>F, (N, C, H, W).</returns>
    public Tensor forward(Tensor x, Tensor cNoise, Conditions conditions, IDropoutMasks? dropout)
    {
        if (_onCpu is not null)
        {
            // One by one, since a product of matrices gives other last digits for other numbers of rows.
            var embeddings = Enumerable.Range(0, (int)x.shape[0]).Select(i => Embed(cNoise.narrow(0, i, 1), conditions.Of(i)));
            return _onCpu.Forward(x, cat([.. embeddings]), get_num_threads());
        }
        var embedding = Embed(cNoise, conditions);
        if (_type is { } type)
            (x, embedding) = (x.to(type), embedding.to(type));
        var skips = new Stack<Tensor>();
        var h = init_conv.forward(x);
        skips.Push(h);
        foreach (var block in down_blocks)
        {
            h = block.forward(h, embedding, dropout);
            skips.Push(h);
        }
        h = ((ResidualBlock)middle_block[0]).forward(h, embedding, dropout);
        h = ((LinearAttention)middle_block[1]).forward(h);
        h = ((ResidualBlock)middle_block[2]).forward(h, embedding, dropout);
        for (int i = 0; i < up_blocks.Count; i++)
        {
            if (!_upBlocksWithoutSkip.Contains(i))
                h = cat([h, skips.Pop()], 1);
            h = up_blocks[i].forward(h, embedding, dropout);
        }
        return @out[2].forward(nn.functional.silu(@out[0].forward(h)));
    }

    /// <summary>
    /// Makes the network ready for sampling, once: kernels standardised, all but the embeddings in a number format; in float32 on a processor that <see cref="CpuUNet"/> is for, computed by that.
    /// From then on it cannot be trained, and its weights are not those of a snapshot.
    /// </summary>
    /// <param name="type">float32 or bfloat16.</param>
    /// <param name="isOnCpu">Whether <see cref="CpuUNet"/> computes it; null for where it is the faster one.</param>
    public void PrepareForSampling(ScalarType type, bool? isOnCpu = null)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var module in modules().OfType<StandardisedConvolution>())
            module.Fold();
        foreach (var module in new nn.Module[] { init_conv, down_blocks, up_blocks, middle_block, @out })
            module.to(type);
        _type = type;
        if (isOnCpu ?? (type == ScalarType.Float32 && IsOnCpu() && CpuUNet.IsFast(_options)))
            _onCpu = new CpuUNet(_options, new CpuWeights(named_parameters()));
    }

    private bool IsOnCpu() => init_conv.parameters().All(parameter => parameter.device_type == DeviceType.CPU);

    private Tensor Embed(Tensor cNoise, Conditions conditions)
    {
        var sum = time_emb.forward(cNoise);
        if (conditions.Labels is not null)
            sum = sum.Plus(Required(label_emb, "a class").forward(conditions.Labels));
        if (conditions.Context is not null)
        {
            var context = Required(context_emb, "a continuous value").forward(conditions.Context);
            sum = sum.Plus(conditions.ContextPresent is null ? context : context * conditions.ContextPresent);
        }
        return feature_emb.forward(sum);
    }

    private static T Required<T>(T? embedding, string what) =>
        embedding ?? throw new RadioDiffusionException($"This model is not conditioned on {what}, but one was given.");

    private int AddDownBlocks(Stack<int> skipChannels)
    {
        int channels = _options.InitialChannels;
        for (int level = 0; level < _options.ChannelMultipliers.Count; level++)
        {
            int outputs = _options.InitialChannels * _options.ChannelMultipliers[level];
            for (int i = 0; i < _options.ResidualBlocks; i++)
            {
                down_blocks.Add(LevelBlock(level, channels, outputs));
                channels = outputs;
                skipChannels.Push(channels);
            }
            if (level < _options.ChannelMultipliers.Count - 1)
            {
                down_blocks.Add(Block(channels, channels, Resampling.Halve));
                skipChannels.Push(channels);
            }
        }
        return channels;
    }

    private int AddUpBlocks(int channels, Stack<int> skipChannels)
    {
        for (int level = _options.ChannelMultipliers.Count - 1; level >= 0; level--)
        {
            int outputs = _options.InitialChannels * _options.ChannelMultipliers[level];
            for (int i = 0; i <= _options.ResidualBlocks; i++)
            {
                up_blocks.Add(LevelBlock(level, channels + skipChannels.Pop(), outputs));
                channels = outputs;
            }
            if (level > 0)
            {
                _upBlocksWithoutSkip.Add(up_blocks.Count);
                up_blocks.Add(Block(channels, channels, Resampling.Double));
            }
        }
        return channels;
    }

    private nn.Module<Tensor, Tensor, IDropoutMasks?, Tensor> LevelBlock(int level, int inputs, int outputs) =>
        _options.HasAttention(level)
            ? new AttentionResidualBlock(Block(inputs, outputs), Attention(outputs))
            : Block(inputs, outputs);

    private ResidualBlock Block(int inputs, int outputs, Resampling resampling = Resampling.None) =>
        new(inputs, outputs, _options.EmbeddingWidth, _options.NormGroups, resampling);

    private LinearAttention Attention(int channels) => new(channels, _options.AttentionHeads, _options.AttentionHeadChannels);
}
