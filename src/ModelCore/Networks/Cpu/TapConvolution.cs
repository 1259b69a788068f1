namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>A convolution computed directly, its weights laid out for <see cref="TapKernel"/>: outputs in blocks of 32, and one of 16 where that is what is left.</summary>
internal sealed unsafe class TapConvolution : CpuConvolution
{
    private readonly (int Y, int X)[] _taps;
    private readonly int _inputs;
    private readonly int _stride;
    private readonly float[] _weights;
    private readonly float[] _bias;

    /// <param name="weights">All of the network.</param>
    /// <param name="name">Of the convolution.</param>
    /// <param name="taps">Places in the input relative to an output's, as they follow each other in the weights.</param>
    /// <param name="inputs">Channels of the input.</param>
    /// <param name="stride">Pixels of the input from one output to the next.</param>
    private TapConvolution(CpuWeights weights, string name, (int Y, int X)[] taps, int inputs, int stride)
    {
        (_taps, _inputs, _stride) = (taps, inputs, stride);
        float[] kernels = weights[name + ".weight"], bias = weights[name + ".bias"];
        Outputs = TapKernel.RoundedUp(bias.Length);
        _weights = TapKernel.Pack(inputs * taps.Length, bias.Length, (place, output) => kernels[(output * inputs + place % inputs) * taps.Length + place / inputs]);
        _bias = new float[Outputs];
        bias.CopyTo(_bias, 0);
    }

    public override int Outputs { get; }

    public override long Bytes => sizeof(float) * (long)(_weights.Length + _bias.Length);

    /// <summary>A square kernel around each pixel.</summary>
    public static TapConvolution Around(CpuWeights weights, string name)
    {
        int side = weights.Size(name + ".weight", 2);
        (int Y, int X)[] taps = [.. from y in Enumerable.Range(0, side) from x in Enumerable.Range(0, side) select (y - side / 2, x - side / 2)];
        return new TapConvolution(weights, name, taps, weights.Size(name + ".weight", 1), stride: 1);
    }

    /// <summary>Of blocks of 2 x 2 pixels that have become channels: channel slowest, then row, then column.</summary>
    public static TapConvolution OfBlocks(CpuWeights weights, string name) =>
        new(weights, name, [(0, 0), (0, 1), (1, 0), (1, 1)], weights.Size(name + ".weight", 1) / 4, stride: 2);

    /// <summary>Rows of the output are shared out among the threads that the image has.</summary>
    public override void Apply(FeatureMap input, FeatureMap output, FeatureMap? added = null)
    {
        output.Owner.Share(output.Height, (long)output.Height * output.Width * _weights.Length, (from, to) =>
        {
            nint* taps = stackalloc nint[_taps.Length];
            for (int i = 0; i < _taps.Length; i++)
                taps[i] = _taps[i].Y * input.RowStride + _taps[i].X * (nint)input.Channels;
            for (int block = 0; block < Outputs; block += TapKernel.WideOutputs)
            {
                for (int y = from; y < to; y++)
                {
                    var line = new TapKernel.Line((nint)input.At(y * _stride, 0), _stride * (nint)input.Channels, _inputs, (nint)taps, _taps.Length,
                        (nint)(output.At(y, 0) + block), output.Channels, added is null ? 0 : (nint)(added.At(y, 0) + block));
                    TapKernel.Run(line, output.Width, _weights, _bias, block, Outputs);
                }
            }
        });
    }
}
