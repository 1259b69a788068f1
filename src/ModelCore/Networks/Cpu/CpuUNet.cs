using System.Collections.Concurrent;
using System.Runtime.Intrinsics;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>
/// <see cref="UNet"/> behind its embeddings, for sampling on processors with vectors of 512 bits, in float32. Each image is computed by one thread, from the first layer to the last, in memory
/// that stays in its caches: several times as fast as layer after layer for the whole batch, and to the last bit the same in any batch.
/// </summary>
internal sealed unsafe class CpuUNet
{
    private readonly NetworkOptions _options;
    private readonly CpuConvolution _first, _last;
    private readonly List<CpuResidualBlock> _down = [], _up = [], _middle;
    private readonly Dictionary<CpuResidualBlock, CpuLinearAttention> _attention = [];
    private readonly HashSet<CpuResidualBlock> _doubling = [];
    private readonly CpuGroupNorm _lastNorm;
    private readonly ConcurrentBag<FeatureMaps> _maps = [];

    /// <param name="options">The network's shape.</param>
    /// <param name="weights">Of the whole network, kernels standardised already.</param>
    public CpuUNet(NetworkOptions options, CpuWeights weights)
    {
        _options = options;
        int size = options.ImageSize;
        _first = CpuConvolution.Around(weights, "init_conv", size);
        for (int i = 0; Prefix("down_blocks", i) is { } prefix; i++)
            _down.Add(Block(prefix, isDoubling: false));
        _middle = [Block("middle_block.0.", isDoubling: false), Block("middle_block.2.", isDoubling: false)];
        _attention.Add(_middle[0], Attention("middle_block.1."));
        int channels = _middle[1].Outputs;
        for (int i = 0; Prefix("up_blocks", i) is { } prefix; i++)
        {
            // Those that double take what is there; all others take a skip beside it.
            bool isDoubling = weights.Size(prefix + "in_layers.0.weight", 0) == channels;
            _up.Add(Block(prefix, isDoubling));
            channels = _up[^1].Outputs;
        }
        _lastNorm = new CpuGroupNorm(weights, "out.0", options.NormGroups);
        _last = CpuConvolution.Around(weights, "out.2", size);

        string? Prefix(string list, int i)
        {
            string plain = $"{list}.{i}.", inner = plain + "resBlock.";
            return weights.Has(inner + "in_layers.0.weight") ? inner : weights.Has(plain + "in_layers.0.weight") ? plain : null;
        }

        CpuResidualBlock Block(string prefix, bool isDoubling)
        {
            var block = new CpuResidualBlock(weights, prefix, options.NormGroups, size, isDoubling);
            size = block.OutputSize;
            if (isDoubling)
                _doubling.Add(block);
            if (prefix.EndsWith("resBlock.", StringComparison.Ordinal))
                _attention.Add(block, Attention(prefix.Replace("resBlock.", "attnBlock.", StringComparison.Ordinal)));
            return block;
        }

        CpuLinearAttention Attention(string prefix) => new(weights, prefix, options.AttentionHeads, options.AttentionHeadChannels);
    }

    /// <summary>What the weights take.</summary>
    public long Bytes => _first.Bytes + _last.Bytes + _down.Concat(_middle).Concat(_up).Sum(block => block.Bytes) + _attention.Values.Sum(attention => attention.Bytes);

    /// <summary>Whether this processor computes it fast, and its channels fill vectors.</summary>
    public static bool IsFast(NetworkOptions options) => Vector512.IsHardwareAccelerated
        && options.InitialChannels % TapKernel.Lanes == 0 && options.AttentionHeadChannels % TapKernel.Lanes == 0 && options.ImageChannels <= TapKernel.Lanes;

    /// <param name="x">Images times c_in, (N, C, H, W), float32.</param>
    /// <param name="embedding">Of noise level and conditions, (N, E), float32.</param>
    /// <param name="threads">They take an image each, or share it where there are fewer images.</param>
    /// <returns>F, (N, C, H, W).</returns>
    public Tensor Forward(Tensor x, Tensor embedding, int threads)
    {
        using var scope = NewDisposeScope();
        int count = (int)x.shape[0], pixels = (int)(x.shape[1] * x.shape[2] * x.shape[3]), width = (int)embedding.shape[1];
        var activated = nn.functional.silu(embedding).contiguous();
        var images = x.contiguous();
        var result = empty_like(images);
        fixed (byte* inputBytes = images.bytes, embeddingBytes = activated.bytes, resultBytes = result.bytes)
        {
            float* input = (float*)inputBytes, embeddings = (float*)embeddingBytes, output = (float*)resultBytes;
            Workers.Run(count, threads, i => Compute(input + (nint)i * pixels, new ReadOnlySpan<float>(embeddings + (nint)i * width, width), output + (nint)i * pixels, Math.Max(1, threads / count)));
        }
        return result.MoveToOuterDisposeScope();
    }

    private void Compute(float* image, ReadOnlySpan<float> embedding, float* output, int threads)
    {
        if (!_maps.TryTake(out var maps))
            maps = new FeatureMaps();
        maps.Threads = threads;
        var skips = new Stack<FeatureMap>();
        skips.Push(First(image, maps));
        foreach (var block in _down)
            skips.Push(Apply(block, skips.Peek(), embedding, maps));
        FeatureMap h;
        using (var middle = Apply(_middle[0], skips.Peek(), embedding, maps))
            h = Apply(_middle[1], middle, embedding, maps);
        foreach (var block in _up)
        {
            if (!_doubling.Contains(block))
                h = Joined(h, skips.Pop(), maps);
            var next = Apply(block, h, embedding, maps);
            h.Dispose();
            h = next;
        }
        Last(h, output, maps);
        h.Dispose();
        _maps.Add(maps);
    }

    private FeatureMap Apply(CpuResidualBlock block, FeatureMap x, ReadOnlySpan<float> embedding, FeatureMaps maps)
    {
        var result = block.Apply(x, embedding, maps);
        if (_attention.TryGetValue(block, out var attention))
            attention.AddTo(result, maps);
        return result;
    }

    private static FeatureMap Joined(FeatureMap one, FeatureMap other, FeatureMaps maps)
    {
        var joined = maps.Lend(one.Height, one.Width, one.Channels + other.Channels);
        Elementwise.Join(one, other, joined);
        one.Dispose();
        other.Dispose();
        return joined;
    }

    private FeatureMap First(float* image, FeatureMaps maps)
    {
        int size = _options.ImageSize, channels = _options.ImageChannels;
        using var framed = maps.Lend(size, size, channels, frame: 1);
        for (int c = 0; c < channels; c++)
        {
            for (int y = 0; y < size; y++)
            {
                for (int x = 0; x < size; x++)
                    framed.At(y, x)[c] = *image++;
            }
        }
        var output = maps.Lend(size, size, _first.Outputs);
        _first.Apply(framed, output);
        return output;
    }

    private void Last(FeatureMap h, float* output, FeatureMaps maps)
    {
        using var affine = maps.Lend(1, 2, h.Channels);
        _lastNorm.Measure(h, affine);
        using var activated = maps.Lend(h.Height, h.Width, h.Channels, frame: 1);
        Elementwise.ScaleAndActivate(h, affine, activated);
        using var result = maps.Lend(h.Height, h.Width, _last.Outputs);
        _last.Apply(activated, result);
        for (int c = 0; c < _options.ImageChannels; c++)
        {
            for (int y = 0; y < h.Height; y++)
            {
                for (int x = 0; x < h.Width; x++)
                    *output++ = result.At(y, x)[c];
            }
        }
    }
}
