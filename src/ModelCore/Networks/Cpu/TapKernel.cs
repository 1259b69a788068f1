using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>
/// The innermost loop of all convolutions: pixels of a line, each the sum over taps (places relative to it) and input channels. Ten pixels with 32 outputs
/// are summed at a time, in 20 vectors that stay in registers: 20 multiplications and additions for 12 loads.
/// </summary>
internal static unsafe class TapKernel
{
    public const int Lanes = 16, WideOutputs = 2 * Lanes;
    private const int Pixels = 10;

    /// <summary>Where a line comes from, and where it goes to. Strides and taps count floats.</summary>
    /// <param name="Input">The first pixel.</param>
    /// <param name="InputStride">From the place of one output pixel to that of the next.</param>
    /// <param name="Inputs">Channels that are summed over.</param>
    /// <param name="Taps">Places relative to the pixel.</param>
    /// <param name="TapCount">How many.</param>
    /// <param name="Output">The first pixel.</param>
    /// <param name="OutputStride">From one output pixel to the next, also of what is added.</param>
    /// <param name="Added">Added to the result, null for nothing. It may be the output.</param>
    public readonly record struct Line(nint Input, nint InputStride, int Inputs, nint Taps, int TapCount, nint Output, nint OutputStride, nint Added);

    /// <summary>A number of channels filled up to whole vectors.</summary>
    public static int RoundedUp(int channels) => (channels + Lanes - 1) / Lanes * Lanes;

    /// <summary>A number of pixels filled up to what is computed at a time.</summary>
    public static int WholeTens(int pixels) => (pixels + Pixels - 1) / Pixels * Pixels;

    /// <summary>Lays weights out: blocks of 32 outputs, or 16 for the rest; in each the places (taps and inputs), and at each place the outputs.</summary>
    /// <param name="places">How many.</param>
    /// <param name="outputs">How many; filled up with zeros to a multiple of 16.</param>
    /// <param name="weight">That of a place and an output.</param>
    public static float[] Pack(int places, int outputs, Func<int, int, float> weight)
    {
        int rounded = RoundedUp(outputs), next = 0;
        float[] packed = new float[places * rounded];
        for (int block = 0; block < rounded; block += WideOutputs)
        {
            for (int place = 0; place < places; place++)
            {
                for (int output = block; output < Math.Min(block + WideOutputs, rounded); output++)
                    packed[next++] = output < outputs ? weight(place, output) : 0;
            }
        }
        return packed;
    }

    /// <param name="line">Where from and where to.</param>
    /// <param name="pixels">How many.</param>
    /// <param name="packed">As <see cref="Pack"/> gives them.</param>
    /// <param name="bias">For each output.</param>
    /// <param name="block">The first output that is computed now, a multiple of 32.</param>
    /// <param name="outputs">All that there are.</param>
    public static void Run(in Line line, int pixels, float[] packed, float[] bias, int block, int outputs)
    {
        fixed (float* weights = &packed[block * line.Inputs * line.TapCount], offsets = &bias[block])
            Run(line, pixels, weights, offsets, outputs - block >= WideOutputs);
    }

    /// <param name="line">Where from and where to.</param>
    /// <param name="pixels">How many.</param>
    /// <param name="weights">(tap, input, output) of these outputs.</param>
    /// <param name="bias">For each output.</param>
    /// <param name="isWide">32 outputs, otherwise 16.</param>
    public static void Run(in Line line, int pixels, float* weights, float* bias, bool isWide)
    {
        float* input = (float*)line.Input, output = (float*)line.Output, added = (float*)line.Added;
        int x = 0;
        for (; x <= pixels - Pixels; x += Pixels)
        {
            if (isWide)
                TenWide(line, input, output, added, weights, bias);
            else
                Ten(line, input, output, added, weights, bias);
            input += Pixels * line.InputStride;
            output += Pixels * line.OutputStride;
            added = added == null ? null : added + Pixels * line.OutputStride;
        }
        for (; x < pixels; x++)
        {
            One(line, input, output, added, weights, bias, isWide);
            input += line.InputStride;
            output += line.OutputStride;
            added = added == null ? null : added + line.OutputStride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TenWide(in Line line, float* input, float* output, float* added, float* weights, float* bias)
    {
        Vector512<float> a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7, a8, b8, a9, b9;
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = Vector512.Load(bias);
        b0 = b1 = b2 = b3 = b4 = b5 = b6 = b7 = b8 = b9 = Vector512.Load(bias + Lanes);
        nint one = line.InputStride, two = 2 * one, three = 3 * one, four = 4 * one, five = 5 * one;
        nint* taps = (nint*)line.Taps;
        int inputs = line.Inputs, tapCount = line.TapCount;
        float* w = weights;
        for (int tap = 0; tap < tapCount; tap++)
        {
            float* p = input + taps[tap], q = p + five, end = p + inputs;
            for (; p < end; p++, q++, w += WideOutputs)
            {
                var (u, v) = (Vector512.Load(w), Vector512.Load(w + Lanes));
                var x = Vector512.Create(*p);
                a0 = Vector512.FusedMultiplyAdd(x, u, a0);
                b0 = Vector512.FusedMultiplyAdd(x, v, b0);
                x = Vector512.Create(p[one]);
                a1 = Vector512.FusedMultiplyAdd(x, u, a1);
                b1 = Vector512.FusedMultiplyAdd(x, v, b1);
                x = Vector512.Create(p[two]);
                a2 = Vector512.FusedMultiplyAdd(x, u, a2);
                b2 = Vector512.FusedMultiplyAdd(x, v, b2);
                x = Vector512.Create(p[three]);
                a3 = Vector512.FusedMultiplyAdd(x, u, a3);
                b3 = Vector512.FusedMultiplyAdd(x, v, b3);
                x = Vector512.Create(p[four]);
                a4 = Vector512.FusedMultiplyAdd(x, u, a4);
                b4 = Vector512.FusedMultiplyAdd(x, v, b4);
                x = Vector512.Create(*q);
                a5 = Vector512.FusedMultiplyAdd(x, u, a5);
                b5 = Vector512.FusedMultiplyAdd(x, v, b5);
                x = Vector512.Create(q[one]);
                a6 = Vector512.FusedMultiplyAdd(x, u, a6);
                b6 = Vector512.FusedMultiplyAdd(x, v, b6);
                x = Vector512.Create(q[two]);
                a7 = Vector512.FusedMultiplyAdd(x, u, a7);
                b7 = Vector512.FusedMultiplyAdd(x, v, b7);
                x = Vector512.Create(q[three]);
                a8 = Vector512.FusedMultiplyAdd(x, u, a8);
                b8 = Vector512.FusedMultiplyAdd(x, v, b8);
                x = Vector512.Create(q[four]);
                a9 = Vector512.FusedMultiplyAdd(x, u, a9);
                b9 = Vector512.FusedMultiplyAdd(x, v, b9);
            }
        }
        nint step = line.OutputStride;
        Store(output, added, 0, a0, b0);
        Store(output, added, step, a1, b1);
        Store(output, added, 2 * step, a2, b2);
        Store(output, added, 3 * step, a3, b3);
        Store(output, added, 4 * step, a4, b4);
        Store(output, added, 5 * step, a5, b5);
        Store(output, added, 6 * step, a6, b6);
        Store(output, added, 7 * step, a7, b7);
        Store(output, added, 8 * step, a8, b8);
        Store(output, added, 9 * step, a9, b9);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Ten(in Line line, float* input, float* output, float* added, float* weights, float* bias)
    {
        Vector512<float> a0, a1, a2, a3, a4, a5, a6, a7, a8, a9;
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = a8 = a9 = Vector512.Load(bias);
        nint one = line.InputStride, two = 2 * one, three = 3 * one, four = 4 * one, five = 5 * one;
        nint* taps = (nint*)line.Taps;
        int inputs = line.Inputs, tapCount = line.TapCount;
        float* w = weights;
        for (int tap = 0; tap < tapCount; tap++)
        {
            float* p = input + taps[tap], q = p + five, end = p + inputs;
            for (; p < end; p++, q++, w += Lanes)
            {
                var u = Vector512.Load(w);
                a0 = Vector512.FusedMultiplyAdd(Vector512.Create(*p), u, a0);
                a1 = Vector512.FusedMultiplyAdd(Vector512.Create(p[one]), u, a1);
                a2 = Vector512.FusedMultiplyAdd(Vector512.Create(p[two]), u, a2);
                a3 = Vector512.FusedMultiplyAdd(Vector512.Create(p[three]), u, a3);
                a4 = Vector512.FusedMultiplyAdd(Vector512.Create(p[four]), u, a4);
                a5 = Vector512.FusedMultiplyAdd(Vector512.Create(*q), u, a5);
                a6 = Vector512.FusedMultiplyAdd(Vector512.Create(q[one]), u, a6);
                a7 = Vector512.FusedMultiplyAdd(Vector512.Create(q[two]), u, a7);
                a8 = Vector512.FusedMultiplyAdd(Vector512.Create(q[three]), u, a8);
                a9 = Vector512.FusedMultiplyAdd(Vector512.Create(q[four]), u, a9);
            }
        }
        nint step = line.OutputStride;
        Store(output, added, 0, a0);
        Store(output, added, step, a1);
        Store(output, added, 2 * step, a2);
        Store(output, added, 3 * step, a3);
        Store(output, added, 4 * step, a4);
        Store(output, added, 5 * step, a5);
        Store(output, added, 6 * step, a6);
        Store(output, added, 7 * step, a7);
        Store(output, added, 8 * step, a8);
        Store(output, added, 9 * step, a9);
    }

    /// <summary>What is left at the end of a line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One(in Line line, float* input, float* output, float* added, float* weights, float* bias, bool isWide)
    {
        var a = Vector512.Load(bias);
        var b = isWide ? Vector512.Load(bias + Lanes) : default;
        float* w = weights;
        for (int tap = 0; tap < line.TapCount; tap++)
        {
            float* p = input + ((nint*)line.Taps)[tap], end = p + line.Inputs;
            for (; p < end; p++)
            {
                var x = Vector512.Create(*p);
                a = Vector512.FusedMultiplyAdd(x, Vector512.Load(w), a);
                w += Lanes;
                if (isWide)
                {
                    b = Vector512.FusedMultiplyAdd(x, Vector512.Load(w), b);
                    w += Lanes;
                }
            }
        }
        if (isWide)
            Store(output, added, 0, a, b);
        else
            Store(output, added, 0, a);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* output, float* added, nint place, Vector512<float> a, Vector512<float> b)
    {
        Store(output, added, place, a);
        Store(output, added, place + Lanes, b);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(float* output, float* added, nint place, Vector512<float> a) =>
        (added == null ? a : a + Vector512.Load(added + place)).Store(output + place);
}
