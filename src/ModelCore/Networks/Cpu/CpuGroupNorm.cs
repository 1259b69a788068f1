using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>Group normalisation as a scale and a shift for each channel of one image.</summary>
internal sealed unsafe class CpuGroupNorm(CpuWeights weights, string name, int groups)
{
    private const double Epsilon = 1e-5;
    private const int Lanes = TapKernel.Lanes;
    private readonly float[] _weight = weights[name + ".weight"];
    private readonly float[] _bias = weights[name + ".bias"];

    public int Channels => _weight.Length;

    /// <param name="x">Features.</param>
    /// <param name="affine">Becomes scale and shift of each channel, (1, 2, channels).</param>
    public void Measure(FeatureMap x, FeatureMap affine)
    {
        double* sums = stackalloc double[2 * Channels];
        double* squares = sums + Channels;
        for (int c = 0; c < Channels; c++)
            (sums[c], squares[c]) = (0, 0);
        for (int y = 0; y < x.Height; y++)
            AddRow(x, y, sums, squares);
        float* scale = affine.At(0, 0), shift = affine.At(0, 1);
        int size = Channels / groups;
        double count = (double)size * x.Height * x.Width;
        for (int first = 0; first < Channels; first += size)
        {
            double sum = 0, square = 0;
            for (int c = first; c < first + size; c++)
                (sum, square) = (sum + sums[c], square + squares[c]);
            double mean = sum / count, inverse = 1 / Math.Sqrt(Math.Max(0, square / count - mean * mean) + Epsilon);
            for (int c = first; c < first + size; c++)
            {
                scale[c] = (float)(inverse * _weight[c]);
                shift[c] = (float)(_bias[c] - mean * inverse * _weight[c]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void AddRow(FeatureMap x, int y, double* sums, double* squares)
    {
        for (int c = 0; c < Channels; c += Lanes)
        {
            Vector512<float> sum = default, square = default;
            float* at = x.At(y, 0) + c;
            for (int column = 0; column < x.Width; column++, at += x.Channels)
            {
                var value = Vector512.Load(at);
                sum += value;
                square = Vector512.FusedMultiplyAdd(value, value, square);
            }
            Add(sum, sums + c);
            Add(square, squares + c);
        }
    }

    private static void Add(Vector512<float> values, double* to)
    {
        var (lower, upper) = Vector512.Widen(values);
        (Vector512.Load(to) + lower).Store(to);
        (Vector512.Load(to + Lanes / 2) + upper).Store(to + Lanes / 2);
    }
}
