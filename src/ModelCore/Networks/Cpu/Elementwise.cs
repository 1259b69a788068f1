using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>What happens to features between the convolutions.</summary>
internal static unsafe class Elementwise
{
    private const int Lanes = TapKernel.Lanes;

    /// <summary>x times scale plus shift, then SiLU (y / (1 + exp(-y))).</summary>
    /// <param name="x">Features.</param>
    /// <param name="affine">Scale and shift of each channel, (1, 2, channels).</param>
    /// <param name="output">Of the same shape, with or without a frame.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ScaleAndActivate(FeatureMap x, FeatureMap affine, FeatureMap output)
    {
        float* scale = affine.At(0, 0), shift = affine.At(0, 1);
        for (int y = 0; y < x.Height; y++)
        {
            float* from = x.At(y, 0), to = output.At(y, 0);
            for (int column = 0; column < x.Width; column++, from += x.Channels, to += x.Channels)
            {
                for (int c = 0; c < x.Channels; c += Lanes)
                {
                    var v = Vector512.FusedMultiplyAdd(Vector512.Load(from + c), Vector512.Load(scale + c), Vector512.Load(shift + c));
                    (v / (Vector512<float>.One + Exp(-v))).Store(to + c);
                }
            }
        }
    }

    /// <summary>x times scale plus shift, added to what is there or instead of it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scale(FeatureMap x, FeatureMap affine, FeatureMap output, bool isAdded)
    {
        float* scale = affine.At(0, 0), shift = affine.At(0, 1), from = x.At(0, 0), to = output.At(0, 0);
        for (int i = 0; i < x.Height * x.Width; i++, from += x.Channels, to += x.Channels)
        {
            for (int c = 0; c < x.Channels; c += Lanes)
            {
                var v = Vector512.FusedMultiplyAdd(Vector512.Load(from + c), Vector512.Load(scale + c), Vector512.Load(shift + c));
                (isAdded ? v + Vector512.Load(to + c) : v).Store(to + c);
            }
        }
    }

    /// <summary>The channels of one beside those of the other.</summary>
    public static void Join(FeatureMap one, FeatureMap other, FeatureMap output)
    {
        int first = one.Channels * sizeof(float), second = other.Channels * sizeof(float);
        for (int i = 0; i < one.Height * one.Width; i++)
        {
            float* to = output.At(0, 0) + (nint)i * output.Channels;
            Unsafe.CopyBlockUnaligned(to, one.At(0, 0) + (nint)i * one.Channels, (uint)first);
            Unsafe.CopyBlockUnaligned(to + one.Channels, other.At(0, 0) + (nint)i * other.Channels, (uint)second);
        }
    }

    /// <summary>Each pixel four times.</summary>
    public static void Double(FeatureMap x, FeatureMap output)
    {
        uint bytes = (uint)(x.Channels * sizeof(float));
        for (int y = 0; y < output.Height; y++)
        {
            for (int column = 0; column < output.Width; column++)
                Unsafe.CopyBlockUnaligned(output.At(y, column), x.At(y / 2, column / 2), bytes);
        }
    }

    /// <summary>e to the power of x, to 2 units in the last place for x in [-87, 88] and cut off there.</summary>
    /// <remarks>x = n ln 2 + r with |r| up to ln 2 / 2, ln 2 in two parts (Cody and Waite 1980), and the series of exp(r) to r^7 / 7!, whose rest is 5e-9.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Exp(Vector512<float> x)
    {
        x = Vector512.MinNative(Vector512.MaxNative(x, Vector512.Create(-87f)), Vector512.Create(88f));
        var n = Vector512.Round(x * Vector512.Create(1.44269504f));
        var r = Vector512.FusedMultiplyAdd(n, Vector512.Create(-0.693359375f), x);
        r = Vector512.FusedMultiplyAdd(n, Vector512.Create(2.12194440e-4f), r);
        var sum = Vector512.Create(1f / 5040);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 720));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 120));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 24));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(1f / 6));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512.Create(0.5f));
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        sum = Vector512.FusedMultiplyAdd(sum, r, Vector512<float>.One);
        var power = Vector512.ShiftLeft(Vector512.ConvertToInt32(n) + Vector512.Create(127), 23).AsSingle();
        return sum * power;
    }
}
