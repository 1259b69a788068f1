using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary><see cref="ResidualBlock"/> for one image at a time.</summary>
internal sealed unsafe class CpuResidualBlock
{
    private readonly CpuGroupNorm _firstNorm, _secondNorm;
    private readonly CpuConvolution _first, _second;
    private readonly CpuConvolution? _halveFeatures, _halveSkip, _skip;
    private readonly bool _isDoubling;
    private readonly float[] _filmWeights;
    private readonly float[] _filmBias;

    /// <param name="weights">All of the network.</param>
    /// <param name="prefix">Of this block's, with the dot.</param>
    /// <param name="groups">Of the norms.</param>
    /// <param name="size">Height and width of what comes in.</param>
    /// <param name="isDoubling">Height and width are doubled.</param>
    public CpuResidualBlock(CpuWeights weights, string prefix, int groups, int size, bool isDoubling)
    {
        _isDoubling = isDoubling;
        bool isHalving = weights.Has(prefix + "h_upd.1.weight");
        OutputSize = isHalving ? size / 2 : isDoubling ? 2 * size : size;
        _firstNorm = new CpuGroupNorm(weights, prefix + "in_layers.0", groups);
        _first = CpuConvolution.Around(weights, prefix + "in_layers.2", OutputSize);
        _secondNorm = new CpuGroupNorm(weights, prefix + "out_layers.0", groups);
        _second = CpuConvolution.Around(weights, prefix + "out_layers.3", OutputSize);
        if (isHalving)
        {
            _halveFeatures = TapConvolution.OfBlocks(weights, prefix + "h_upd.1");
            _halveSkip = TapConvolution.OfBlocks(weights, prefix + "x_upd.1");
        }
        if (weights.Has(prefix + "res_conv.weight"))
            _skip = TapConvolution.Around(weights, prefix + "res_conv");
        (_filmWeights, _filmBias) = Film(weights, prefix + "emb_layers.1");
    }

    /// <summary>Height and width of what comes out.</summary>
    public int OutputSize { get; }

    public int Outputs => _secondNorm.Channels;

    public long Bytes => new[] { _first, _halveFeatures, _halveSkip, _skip, _second }.Sum(convolution => convolution?.Bytes ?? 0)
        + sizeof(float) * (long)(_filmWeights.Length + _filmBias.Length);

    /// <param name="x">The features.</param>
    /// <param name="activatedEmbedding">SiLU of the image's embedding.</param>
    /// <param name="maps">Where the others come from.</param>
    /// <returns>Lent.</returns>
    public FeatureMap Apply(FeatureMap x, ReadOnlySpan<float> activatedEmbedding, FeatureMaps maps)
    {
        using var h = First(x, maps);
        using var affine = maps.Lend(1, 2, Outputs);
        _secondNorm.Measure(h, affine);
        Modulate(affine, activatedEmbedding, maps);
        using var activated = maps.Lend(OutputSize, OutputSize, Outputs, frame: 1);
        Elementwise.ScaleAndActivate(h, affine, activated);
        var output = maps.Lend(OutputSize, OutputSize, Outputs);
        if (_isDoubling)
            Elementwise.Double(x, output);
        else
            (_halveSkip ?? _skip)?.Apply(x, output);
        bool isPrepared = _isDoubling || (_halveSkip ?? _skip) is not null;
        _second.Apply(activated, output, isPrepared ? output : x);
        return output;
    }

    /// <summary>Norm, SiLU, what changes height and width, the first convolution.</summary>
    private FeatureMap First(FeatureMap x, FeatureMaps maps)
    {
        using var affine = maps.Lend(1, 2, x.Channels);
        _firstNorm.Measure(x, affine);
        using var framed = maps.Lend(OutputSize, OutputSize, x.Channels, frame: 1);
        if (OutputSize == x.Height)
        {
            Elementwise.ScaleAndActivate(x, affine, framed);
        }
        else
        {
            using var activated = maps.Lend(x.Height, x.Width, x.Channels);
            Elementwise.ScaleAndActivate(x, affine, activated);
            if (_isDoubling)
                Elementwise.Double(activated, framed);
            else
                _halveFeatures!.Apply(activated, framed);
        }
        var result = maps.Lend(OutputSize, OutputSize, Outputs);
        _first.Apply(framed, result);
        return result;
    }

    /// <summary>The embedding's scale s and shift t after the norm: y (1 + s) + t.</summary>
    private void Modulate(FeatureMap affine, ReadOnlySpan<float> activatedEmbedding, FeatureMaps maps)
    {
        using var film = maps.Lend(1, 2, Outputs);
        float* values = film.At(0, 0);
        _filmBias.CopyTo(new Span<float>(values, 2 * Outputs));
        fixed (float* weights = _filmWeights)
        {
            for (int i = 0; i < activatedEmbedding.Length; i++)
            {
                float* row = weights + (nint)i * 2 * Outputs;
                var factor = Vector512.Create(activatedEmbedding[i]);
                for (int c = 0; c < 2 * Outputs; c += TapKernel.Lanes)
                    Vector512.FusedMultiplyAdd(factor, Vector512.Load(row + c), Vector512.Load(values + c)).Store(values + c);
            }
        }
        float* scale = affine.At(0, 0), shift = affine.At(0, 1);
        for (int c = 0; c < Outputs; c++)
        {
            scale[c] *= 1 + values[c];
            shift[c] = shift[c] * (1 + values[c]) + values[Outputs + c];
        }
    }

    /// <summary>Weights as (embedding, output).</summary>
    private static (float[] Weights, float[] Bias) Film(CpuWeights weights, string name)
    {
        float[] given = weights[name + ".weight"];
        int outputs = weights.Size(name + ".weight", 0), inputs = weights.Size(name + ".weight", 1);
        float[] turned = new float[given.Length];
        for (int output = 0; output < outputs; output++)
        {
            for (int input = 0; input < inputs; input++)
                turned[input * outputs + output] = given[output * inputs + input];
        }
        return (turned, weights[name + ".bias"]);
    }
}
