namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>A convolution whose weights are laid out for <see cref="TapKernel"/>: outputs in blocks of 32, and one of 16 where that is what is left.</summary>
internal sealed unsafe class CpuConvolution
{
    private readonly (int Y, int X)[] _taps;
    private readonly int _inputs;
    private readonly float[] _weights;
    private readonly float[] _bias;

    /// <param name="taps">Places in the input relative to an output's.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="outputs">Channels of the output. Where they are no multiple of 16, the rest is zeros.</param>
    /// <param name="weight">That of an output, a tap and an input.</param>
    /// <param name="bias">For each output.</param>
    private CpuConvolution((int Y, int X)[] taps, int inputs, int outputs, Func<int, int, int, float> weight, float[] bias)
    {
        (_taps, _inputs) = (taps, inputs);
        Outputs = (outputs + TapKernel.Lanes - 1) / TapKernel.Lanes * TapKernel.Lanes;
        _weights = new float[taps.Length * inputs * Outputs];
        _bias = new float[Outputs];
        bias.CopyTo(_bias, 0);
        int next = 0;
        for (int block = 0; block < Outputs; block += TapKernel.WideOutputs)
        {
            int width = Math.Min(TapKernel.WideOutputs, Outputs - block);
            for (int tap = 0; tap < taps.Length; tap++)
            {
                for (int input = 0; input < inputs; input++)
                {
                    for (int output = block; output < block + width; output++)
                        _weights[next++] = output < outputs ? weight(output, tap, input) : 0;
                }
            }
        }
    }

    public int Outputs { get; }

    public long Bytes => sizeof(float) * (long)(_weights.Length + _bias.Length);

    /// <summary>A square kernel around each pixel; the input has a frame if it is larger than one pixel.</summary>
    public static CpuConvolution Around(CpuWeights weights, string name)
    {
        float[] kernels = weights[name + ".weight"];
        int outputs = weights.Size(name + ".weight", 0), inputs = weights.Size(name + ".weight", 1), side = weights.Size(name + ".weight", 2);
        (int Y, int X)[] taps = [.. from y in Enumerable.Range(0, side) from x in Enumerable.Range(0, side) select (y - side / 2, x - side / 2)];
        return new CpuConvolution(taps, inputs, outputs, (output, tap, input) => kernels[(output * inputs + input) * taps.Length + tap], weights[name + ".bias"]);
    }

    /// <summary>Of blocks of 2 x 2 pixels that have become channels: channel slowest, then row, then column.</summary>
    public static CpuConvolution OfBlocks(CpuWeights weights, string name)
    {
        float[] kernels = weights[name + ".weight"];
        int outputs = weights.Size(name + ".weight", 0), inputs = weights.Size(name + ".weight", 1) / 4;
        (int Y, int X)[] taps = [(0, 0), (0, 1), (1, 0), (1, 1)];
        return new CpuConvolution(taps, inputs, outputs, (output, tap, input) => kernels[(output * inputs + input) * taps.Length + tap], weights[name + ".bias"]);
    }

    /// <summary>
    /// A 3 x 3 kernel on an image that nearest neighbours have doubled, as four of 2 x 2 on the image before that, for the outputs in even and odd rows and columns: where taps
    /// see the same pixel, their weights are added. 4/9 of the multiplications.
    /// </summary>
    public static CpuConvolution[] OfDoubled(CpuWeights weights, string name)
    {
        float[] kernels = weights[name + ".weight"];
        int outputs = weights.Size(name + ".weight", 0), inputs = weights.Size(name + ".weight", 1);
        return [.. from y in (int[])[0, 1] from x in (int[])[0, 1] select Phase(y, x)];

        CpuConvolution Phase(int oddY, int oddX)
        {
            (int Y, int X)[] taps = [(oddY - 1, oddX - 1), (oddY - 1, oddX), (oddY, oddX - 1), (oddY, oddX)];
            return new CpuConvolution(taps, inputs, outputs, (output, tap, input) =>
            {
                double sum = 0;
                for (int k = 0; k < 9; k++)
                {
                    // Row -1, 0 or 1 of the doubled image from an even row is -1, 0, 0 of the image before, from an odd one 0, 0, 1.
                    if (((k / 3 - 1 + oddY) >> 1, (k % 3 - 1 + oddX) >> 1) == taps[tap])
                        sum += kernels[(output * inputs + input) * 9 + k];
                }
                return (float)sum;
            }, weights[name + ".bias"]);
        }
    }

    /// <param name="input">With a frame where taps are outside.</param>
    /// <param name="output">Outputs channels; its size decides how many pixels are computed.</param>
    /// <param name="added">Added to the result, of the output's shape; it may be the output. Null for nothing.</param>
    /// <param name="stride">Pixels of the input from one output to the next.</param>
    public void Apply(FeatureMap input, FeatureMap output, FeatureMap? added = null, int stride = 1) =>
        Apply(input, output, added, stride, (0, 0), 1);

    /// <summary>Those pixels of an output twice as large whose row and column are even or odd.</summary>
    public void ApplyToPhase(FeatureMap input, FeatureMap output, int oddY, int oddX) => Apply(input, output, null, 1, (oddY, oddX), 2);

    /// <summary>Rows of the output are shared out among the threads that the image has.</summary>
    private void Apply(FeatureMap input, FeatureMap output, FeatureMap? added, int stride, (int Y, int X) first, int step)
    {
        int rows = output.Height / step, shares = Math.Min(output.Owner.Threads, rows);
        if (shares <= 1)
            Rows(0, rows);
        else
            Workers.Run(shares, shares, share => Rows(share * rows / shares, (share + 1) * rows / shares));

        void Rows(int from, int to)
        {
            nint* taps = stackalloc nint[_taps.Length];
            for (int i = 0; i < _taps.Length; i++)
                taps[i] = _taps[i].Y * input.RowStride + _taps[i].X * (nint)input.Channels;
            fixed (float* weights = _weights, bias = _bias)
            {
                for (int block = 0; block < Outputs; block += TapKernel.WideOutputs)
                {
                    float* blockWeights = weights + (nint)block * _taps.Length * _inputs;
                    for (int y = from; y < to; y++)
                    {
                        var line = new TapKernel.Line((nint)input.At(y * stride, 0), stride * (nint)input.Channels, _inputs, (nint)taps, _taps.Length,
                            (nint)(output.At(y * step + first.Y, first.X) + block), step * (nint)output.Channels,
                            added is null ? 0 : (nint)(added.At(y * step + first.Y, first.X) + block));
                        TapKernel.Run(line, output.Width / step, blockWeights, bias + block, Outputs - block >= TapKernel.WideOutputs);
                    }
                }
            }
        }
    }
}
