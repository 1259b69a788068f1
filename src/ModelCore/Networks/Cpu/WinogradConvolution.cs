using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>
/// A 3 x 3 convolution by Winograd's method: tiles of 6 x 6 pixels of the input and the kernels are transformed so that the convolution becomes 36 products instead of 144 for the 4 x 4 pixels of the output.
/// </summary>
/// <remarks>Lavin and Gray (2016), "Fast algorithms for convolutional neural networks", F(4x4, 3x3), with the points 0, 1, -1, 2, -2 and infinity. Its rounding is some ten times that of the direct sum: 1e-6 of the features.</remarks>
internal sealed unsafe class WinogradConvolution : CpuConvolution
{
    private const int Side = 4, InputSide = Side + 2, Products = InputSide * InputSide, Lanes = TapKernel.Lanes;

    /// <summary>Tiles that are computed together: four times as many as the kernel takes, so that weights are used while they are in the nearest cache.</summary>
    private const int Together = 40;

    /// <summary>Between the products in memory, so that they do not fall on the same lines of the cache.</summary>
    private const int Gap = Lanes;

    [ThreadStatic]
    private static float[]? _scratch;

    private readonly int _inputs;
    private readonly float[][] _weights;                     // of each product
    private readonly float[] _bias;
    private readonly float[] _zeros;

    public WinogradConvolution(CpuWeights weights, string name)
    {
        float[] kernels = weights[name + ".weight"], bias = weights[name + ".bias"];
        _inputs = weights.Size(name + ".weight", 1);
        Outputs = TapKernel.RoundedUp(bias.Length);
        _bias = new float[Outputs];
        bias.CopyTo(_bias, 0);
        _zeros = new float[Outputs];
        var transformed = new float[bias.Length * _inputs][];
        for (int kernel = 0; kernel < transformed.Length; kernel++)
            transformed[kernel] = Transformed(kernels.AsSpan(9 * kernel, 9));
        _weights = [.. Enumerable.Range(0, Products).Select(product => TapKernel.Pack(_inputs, bias.Length, (input, output) => transformed[output * _inputs + input][product]))];
    }

    public override int Outputs { get; }

    public override long Bytes => sizeof(float) * (_weights.Sum(product => (long)product.Length) + _bias.Length);

    /// <summary>Whether tiles cover the image, channels fill vectors, and there are enough outputs for the transforms to pay.</summary>
    public static bool CanCompute(CpuWeights weights, string name, int size) => size % Side == 0 && weights.Size(name + ".weight", 2) == 3
        && weights.Size(name + ".weight", 1) % Lanes == 0 && weights.Size(name + ".weight", 0) >= Lanes;

    /// <summary>Tiles are shared out among the threads that the image has.</summary>
    public override void Apply(FeatureMap input, FeatureMap output, FeatureMap? added = null)
    {
        int across = output.Width / Side, tiles = across * (output.Height / Side);
        output.Owner.Share((tiles + Together - 1) / Together, (long)tiles * Products * _inputs * Outputs, (from, to) =>
        {
            for (int group = from; group < to; group++)
                Compute(input, output, added, group * Together, Math.Min(Together, tiles - group * Together), across);
        });
    }

    private void Compute(FeatureMap input, FeatureMap output, FeatureMap? added, int first, int count, int across)
    {
        int padded = TapKernel.WholeTens(count);
        nint inputStep = (nint)padded * _inputs + Gap, outputStep = (nint)padded * Outputs + Gap;
        float* scratch = Scratch(Products * (inputStep + outputStep));
        float* sums = scratch + Products * inputStep;
        for (int i = 0; i < count; i++)
            TransformInput(input.At((first + i) / across * Side - 1, (first + i) % across * Side - 1), input, scratch + (nint)i * _inputs, inputStep);
        nint here = 0;
        for (int product = 0; product < Products; product++)
        {
            for (int block = 0; block < Outputs; block += TapKernel.WideOutputs)
            {
                var line = new TapKernel.Line((nint)(scratch + product * inputStep), _inputs, _inputs, (nint)(&here), 1, (nint)(sums + product * outputStep + block), Outputs, 0);
                TapKernel.Run(line, padded, _weights[product], _zeros, block, Outputs);
            }
        }
        for (int i = 0; i < count; i++)
        {
            int y = (first + i) / across * Side, x = (first + i) % across * Side;
            TransformOutput(sums + (nint)i * Outputs, outputStep, output.At(y, x), output, added is null ? null : added.At(y, x));
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformInput(float* tile, FeatureMap map, float* to, nint step)
    {
        float* columns = stackalloc float[Products * Lanes];
        nint row = map.RowStride;
        for (int c = 0; c < _inputs; c += Lanes)
        {
            for (int x = 0; x < InputSide; x++)
            {
                float* at = tile + x * (nint)map.Channels + c;
                TransformInput(Vector512.Load(at), Vector512.Load(at + row), Vector512.Load(at + 2 * row), Vector512.Load(at + 3 * row), Vector512.Load(at + 4 * row), Vector512.Load(at + 5 * row),
                    columns + x * Lanes, InputSide * Lanes);
            }
            for (int y = 0; y < InputSide; y++)
            {
                float* at = columns + y * InputSide * Lanes;
                TransformInput(Vector512.Load(at), Vector512.Load(at + Lanes), Vector512.Load(at + 2 * Lanes), Vector512.Load(at + 3 * Lanes), Vector512.Load(at + 4 * Lanes), Vector512.Load(at + 5 * Lanes),
                    to + y * InputSide * step + c, step);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformInput(Vector512<float> d0, Vector512<float> d1, Vector512<float> d2, Vector512<float> d3, Vector512<float> d4, Vector512<float> d5, float* to, nint step)
    {
        Vector512<float> four = Vector512.Create(4f), minusFour = Vector512.Create(-4f), minusFive = Vector512.Create(-5f), two = Vector512.Create(2f);
        Vector512<float> a = Vector512.FusedMultiplyAdd(minusFour, d2, d4), b = Vector512.FusedMultiplyAdd(minusFour, d1, d3), c = d4 - d2, e = d3 - d1;
        Vector512.FusedMultiplyAdd(four, d0, Vector512.FusedMultiplyAdd(minusFive, d2, d4)).Store(to);
        (a + b).Store(to + step);
        (a - b).Store(to + 2 * step);
        Vector512.FusedMultiplyAdd(two, e, c).Store(to + 3 * step);
        Vector512.FusedMultiplyAdd(-two, e, c).Store(to + 4 * step);
        Vector512.FusedMultiplyAdd(four, d1, Vector512.FusedMultiplyAdd(minusFive, d3, d5)).Store(to + 5 * step);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TransformOutput(float* sums, nint step, float* to, FeatureMap map, float* added)
    {
        float* columns = stackalloc float[Side * InputSide * Lanes];
        fixed (float* bias = _bias)
        {
            for (int c = 0; c < Outputs; c += Lanes)
            {
                for (int x = 0; x < InputSide; x++)
                {
                    float* at = sums + x * step + c;
                    nint row = InputSide * step;
                    var (o0, o1, o2, o3) = TransformOutput(Vector512.Load(at), Vector512.Load(at + row), Vector512.Load(at + 2 * row), Vector512.Load(at + 3 * row), Vector512.Load(at + 4 * row), Vector512.Load(at + 5 * row));
                    float* column = columns + x * Lanes;
                    o0.Store(column);
                    o1.Store(column + InputSide * Lanes);
                    o2.Store(column + 2 * InputSide * Lanes);
                    o3.Store(column + 3 * InputSide * Lanes);
                }
                var offset = Vector512.Load(bias + c);
                for (int y = 0; y < Side; y++)
                {
                    float* at = columns + y * InputSide * Lanes;
                    var (o0, o1, o2, o3) = TransformOutput(Vector512.Load(at), Vector512.Load(at + Lanes), Vector512.Load(at + 2 * Lanes), Vector512.Load(at + 3 * Lanes), Vector512.Load(at + 4 * Lanes), Vector512.Load(at + 5 * Lanes));
                    nint place = y * map.RowStride + c;
                    Store(o0 + offset, place);
                    Store(o1 + offset, place + map.Channels);
                    Store(o2 + offset, place + 2 * map.Channels);
                    Store(o3 + offset, place + 3 * map.Channels);
                }
            }
        }

        void Store(Vector512<float> values, nint place) => (added == null ? values : values + Vector512.Load(added + place)).Store(to + place);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> O0, Vector512<float> O1, Vector512<float> O2, Vector512<float> O3) TransformOutput(Vector512<float> m0, Vector512<float> m1, Vector512<float> m2, Vector512<float> m3, Vector512<float> m4, Vector512<float> m5)
    {
        Vector512<float> s = m1 + m2, r = m1 - m2, u = m3 + m4, v = m3 - m4;
        return (m0 + s + u, Vector512.FusedMultiplyAdd(Vector512.Create(2f), v, r), Vector512.FusedMultiplyAdd(Vector512.Create(4f), u, s), Vector512.FusedMultiplyAdd(Vector512.Create(8f), v, r) + m5);
    }

    /// <summary>G g G^T of a kernel, 6 x 6.</summary>
    private static float[] Transformed(ReadOnlySpan<float> kernel)
    {
        double[] rows = new double[InputSide * 3];
        for (int x = 0; x < 3; x++)
        {
            double[] column = Transformed(kernel[x], kernel[3 + x], kernel[6 + x]);
            for (int y = 0; y < InputSide; y++)
                rows[3 * y + x] = column[y];
        }
        return [.. Enumerable.Range(0, InputSide).SelectMany(y => Transformed(rows[3 * y], rows[3 * y + 1], rows[3 * y + 2])).Select(value => (float)value)];
    }

    private static double[] Transformed(double g0, double g1, double g2) =>
        [g0 / 4, -(g0 + g1 + g2) / 6, -(g0 - g1 + g2) / 6, g0 / 24 + g1 / 12 + g2 / 6, g0 / 24 - g1 / 12 + g2 / 6, g2];

    /// <summary>Memory of this thread, in whole lines of the cache.</summary>
    private static float* Scratch(nint count)
    {
        if (_scratch is null || _scratch.Length < count + Lanes)
            _scratch = GC.AllocateUninitializedArray<float>((int)count + Lanes, pinned: true);
        fixed (float* memory = _scratch)
            return (float*)(((nint)memory + 63) & -64);
    }
}
