using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary><see cref="LinearAttention"/> for one image at a time.</summary>
internal sealed unsafe class CpuLinearAttention
{
    private const int Lanes = TapKernel.Lanes, Keys = 8;
    private readonly CpuGroupNorm _before, _after;
    private readonly CpuConvolution _project, _out;
    private readonly int _heads, _width;

    /// <param name="weights">All of the network.</param>
    /// <param name="prefix">Of this module's, with the dot.</param>
    /// <param name="heads">How many.</param>
    /// <param name="headChannels">Of each; a multiple of 16.</param>
    public CpuLinearAttention(CpuWeights weights, string prefix, int heads, int headChannels)
    {
        (_heads, _width) = (heads, headChannels);
        _before = new CpuGroupNorm(weights, prefix + "pre_norm", LinearAttention.NormGroups);
        _project = TapConvolution.Around(weights, prefix + "to_qkv");
        _out = TapConvolution.Around(weights, prefix + "to_out.0");
        _after = new CpuGroupNorm(weights, prefix + "to_out.1", groups: 1);
    }

    public long Bytes => _project.Bytes + _out.Bytes;

    /// <summary>Adds to the features what each pixel takes from the others.</summary>
    public void AddTo(FeatureMap x, FeatureMaps maps)
    {
        int channels = _heads * _width;
        using var affine = maps.Lend(1, 2, x.Channels);
        using var projected = maps.Lend(x.Height, x.Width, 3 * channels);
        using (var normalised = maps.Lend(x.Height, x.Width, x.Channels))
        {
            _before.Measure(x, affine);
            Elementwise.Scale(x, affine, normalised, isAdded: false);
            _project.Apply(normalised, projected);
        }
        using var attended = maps.Lend(x.Height, x.Width, channels);
        using var context = maps.Lend(1, _width, _width);
        for (int head = 0; head < _heads; head++)
        {
            float* queries = projected.At(0, 0) + head * _width, keys = queries + channels, values = keys + channels;
            SoftmaxOfQueries(projected, queries);
            SoftmaxOfKeys(projected, keys);
            Context(projected, keys, values, context.At(0, 0));
            Attend(projected, queries, context.At(0, 0), attended, head * _width);
        }
        using var result = maps.Lend(x.Height, x.Width, x.Channels);
        _out.Apply(attended, result);
        _after.Measure(result, affine);
        Elementwise.Scale(result, affine, x, isAdded: true);
    }

    /// <summary>Over the channels of each pixel, after division by the root of their number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SoftmaxOfQueries(FeatureMap map, float* at)
    {
        var factor = Vector512.Create((float)(1 / Math.Sqrt(_width)));
        for (int i = 0; i < map.Height * map.Width; i++, at += map.Channels)
        {
            var most = Vector512.Load(at);
            for (int c = Lanes; c < _width; c += Lanes)
                most = Vector512.MaxNative(most, Vector512.Load(at + c));
            var highest = Vector512.Create(Highest(most));
            Vector512<float> sum = default;
            for (int c = 0; c < _width; c += Lanes)
            {
                var power = Elementwise.Exp((Vector512.Load(at + c) - highest) * factor);
                power.Store(at + c);
                sum += power;
            }
            var inverse = Vector512.Create(1 / Vector512.Sum(sum));
            for (int c = 0; c < _width; c += Lanes)
                (Vector512.Load(at + c) * inverse).Store(at + c);
        }
    }

    /// <summary>Over the pixels, for each channel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SoftmaxOfKeys(FeatureMap map, float* keys)
    {
        int count = map.Height * map.Width;
        nint step = map.Channels;
        for (int c = 0; c < _width; c += Lanes)
        {
            float* at = keys + c;
            var highest = Vector512.Load(at);
            for (int i = 1; i < count; i++)
                highest = Vector512.MaxNative(highest, Vector512.Load(at + i * step));
            Vector512<float> sum = default;
            for (int i = 0; i < count; i++)
            {
                var power = Elementwise.Exp(Vector512.Load(at + i * step) - highest);
                power.Store(at + i * step);
                sum += power;
            }
            var inverse = Vector512<float>.One / sum;
            for (int i = 0; i < count; i++)
                (Vector512.Load(at + i * step) * inverse).Store(at + i * step);
        }
    }

    /// <summary>Keys times values summed over the pixels, (key, value).</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Context(FeatureMap map, float* keys, float* values, float* context)
    {
        int count = map.Height * map.Width;
        nint step = map.Channels;
        for (int c = 0; c < _width; c += Keys)
        {
            for (int d = 0; d < _width; d += Lanes)
            {
                Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
                float* key = keys + c, value = values + d;
                for (int i = 0; i < count; i++, key += step, value += step)
                {
                    var v = Vector512.Load(value);
                    s0 = Vector512.FusedMultiplyAdd(Vector512.Create(key[0]), v, s0);
                    s1 = Vector512.FusedMultiplyAdd(Vector512.Create(key[1]), v, s1);
                    s2 = Vector512.FusedMultiplyAdd(Vector512.Create(key[2]), v, s2);
                    s3 = Vector512.FusedMultiplyAdd(Vector512.Create(key[3]), v, s3);
                    s4 = Vector512.FusedMultiplyAdd(Vector512.Create(key[4]), v, s4);
                    s5 = Vector512.FusedMultiplyAdd(Vector512.Create(key[5]), v, s5);
                    s6 = Vector512.FusedMultiplyAdd(Vector512.Create(key[6]), v, s6);
                    s7 = Vector512.FusedMultiplyAdd(Vector512.Create(key[7]), v, s7);
                }
                float* to = context + c * _width + d;
                s0.Store(to);
                s1.Store(to + _width);
                s2.Store(to + 2 * _width);
                s3.Store(to + 3 * _width);
                s4.Store(to + 4 * _width);
                s5.Store(to + 5 * _width);
                s6.Store(to + 6 * _width);
                s7.Store(to + 7 * _width);
            }
        }
    }

    /// <summary>Queries times context: a convolution of one pixel whose weights belong to this image.</summary>
    private void Attend(FeatureMap map, float* queries, float* context, FeatureMap attended, int offset)
    {
        nint here = 0;
        float* zeros = stackalloc float[Lanes];
        new Span<float>(zeros, Lanes).Clear();
        float* weights = stackalloc float[_width * Lanes];
        for (int d = 0; d < _width; d += Lanes)
        {
            for (int c = 0; c < _width; c++)
                Vector512.Load(context + c * _width + d).Store(weights + c * Lanes);
            var line = new TapKernel.Line((nint)queries, map.Channels, _width, (nint)(&here), 1, (nint)(attended.At(0, 0) + offset + d), attended.Channels, 0);
            TapKernel.Run(line, map.Height * map.Width, weights, zeros, isWide: false);
        }
    }

    private static float Highest(Vector512<float> values)
    {
        var half = Vector256.MaxNative(values.GetLower(), values.GetUpper());
        var quarter = Vector128.MaxNative(half.GetLower(), half.GetUpper());
        return Math.Max(Math.Max(quarter[0], quarter[1]), Math.Max(quarter[2], quarter[3]));
    }
}
