using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary><see cref="ResidualBlock"/> for one image at a time.</summary>
internal sealed unsafe class CpuResidualBlock
{
    private readonly CpuGroupNorm _firstNorm, _secondNorm;
    private readonly CpuConvolution? _first, _halveFeatures, _halveSkip, _skip;
    private readonly CpuConvolution[]? _firstOfDoubled;
    private readonly CpuConvolution _second;
    private readonly float[] _filmWeights;
    private readonly float[] _filmBias;

    /// <param name="weights">All of the network.</param>
    /// <param name="prefix">Of this block's, with the dot.</param>
    /// <param name="groups">Of the norms.</param>
    /// <param name="isDoubling">Height and width are doubled.</param>
    public CpuResidualBlock(CpuWeights weights, string prefix, int groups, bool isDoubling)
    {
        _firstNorm = new CpuGroupNorm(weights, prefix + "in_layers.0", groups);
        _secondNorm = new CpuGroupNorm(weights, prefix + "out_layers.0", groups);
        if (isDoubling)
            _firstOfDoubled = CpuConvolution.OfDoubled(weights, prefix + "in_layers.2");
        else
            _first = CpuConvolution.Around(weights, prefix + "in_layers.2");
        _second = CpuConvolution.Around(weights, prefix + "out_layers.3");
        if (weights.Has(prefix + "h_upd.1.weight"))
        {
            _halveFeatures = CpuConvolution.OfBlocks(weights, prefix + "h_upd.1");
            _halveSkip = CpuConvolution.OfBlocks(weights, prefix + "x_upd.1");
        }
        if (weights.Has(prefix + "res_conv.weight"))
            _skip = CpuConvolution.Around(weights, prefix + "res_conv");
        (_filmWeights, _filmBias) = Film(weights, prefix + "emb_layers.1");
    }

    public int Outputs => _secondNorm.Channels;

    public long Bytes => new[] { _first, _halveFeatures, _halveSkip, _skip, _second }.Concat(_firstOfDoubled ?? []).Sum(convolution => convolution?.Bytes ?? 0)
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
        using var activated = maps.Lend(h.Height, h.Width, Outputs, frame: 1);
        Elementwise.ScaleAndActivate(h, affine, activated);
        var output = maps.Lend(h.Height, h.Width, Outputs);
        if (_halveSkip is not null)
            _halveSkip.Apply(x, output, stride: 2);
        else if (_firstOfDoubled is not null)
            Elementwise.Double(x, output);
        else
            _skip?.Apply(x, output);
        bool isThere = _halveSkip is not null || _firstOfDoubled is not null || _skip is not null;
        _second.Apply(activated, output, isThere ? output : x);
        return output;
    }

    /// <summary>Norm, SiLU, what changes height and width, the first convolution.</summary>
    private FeatureMap First(FeatureMap x, FeatureMaps maps)
    {
        using var affine = maps.Lend(1, 2, x.Channels);
        _firstNorm.Measure(x, affine);
        if (_firstOfDoubled is not null)
        {
            using var framed = maps.Lend(x.Height, x.Width, x.Channels, frame: 1);
            Elementwise.ScaleAndActivate(x, affine, framed);
            var doubled = maps.Lend(2 * x.Height, 2 * x.Width, Outputs);
            for (int phase = 0; phase < _firstOfDoubled.Length; phase++)
                _firstOfDoubled[phase].ApplyToPhase(framed, doubled, phase / 2, phase % 2);
            return doubled;
        }
        if (_halveFeatures is null)
        {
            using var framed = maps.Lend(x.Height, x.Width, x.Channels, frame: 1);
            Elementwise.ScaleAndActivate(x, affine, framed);
            var same = maps.Lend(x.Height, x.Width, Outputs);
            _first!.Apply(framed, same);
            return same;
        }
        using var activated = maps.Lend(x.Height, x.Width, x.Channels);
        Elementwise.ScaleAndActivate(x, affine, activated);
        using var halved = maps.Lend(x.Height / 2, x.Width / 2, x.Channels, frame: 1);
        _halveFeatures.Apply(activated, halved, stride: 2);
        var result = maps.Lend(x.Height / 2, x.Width / 2, Outputs);
        _first!.Apply(halved, result);
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
