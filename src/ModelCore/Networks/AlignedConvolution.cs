using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>A convolution whose numbers of channels are multiples of 16 on a CPU, filled up with zeros where they are not.</summary>
/// <remarks>
/// oneDNN in libtorch 2.10 computes in blocks of 16 channels, and on some CPUs (seen on an AMD EPYC with AVX-512, with any ONEDNN_MAX_CPU_ISA above SSE4.1)
/// leaves the rest of the last block as the allocator had it: the gradient of a convolution to one channel was NaN now and then, and otherwise wrong in
/// its last digits, differently each time. Kernels of one pixel, and inputs of up to three channels, take other ways that do not read the rest.
/// ConvolutionTests fails where channels are not filled up.
/// </remarks>
internal static class AlignedConvolution
{
    private const long Block = 16;
    private const long FewInputs = 3;

    static AlignedConvolution() => Nnpack.TurnOff();

    /// <param name="x">(N, in, H, W).</param>
    /// <param name="weight">(out, in, k, k).</param>
    /// <param name="bias">(out); null for none.</param>
    /// <param name="padding">Zeros around the image.</param>
    /// <param name="strides">Pixels from one output to the next; null for 1.</param>
    /// <returns>(N, out, H, W), with H and W of the input where the padding is half the kernel and the stride 1.</returns>
    public static Tensor Apply(Tensor x, Tensor weight, Tensor? bias, long[] padding, long[]? strides = null)
    {
        long outputs = weight.shape[0], inputs = weight.shape[1];
        bool isSafe = weight.shape[2] == 1 || x.device_type != DeviceType.CPU;
        long moreInputs = isSafe || inputs <= FewInputs ? 0 : Missing(inputs), moreOutputs = isSafe ? 0 : Missing(outputs);
        if (moreInputs > 0)
            x = nn.functional.pad(x, [0, 0, 0, 0, 0, moreInputs]);
        if (moreInputs > 0 || moreOutputs > 0)
            weight = nn.functional.pad(weight, [0, 0, 0, 0, 0, moreInputs, 0, moreOutputs]);
        if (moreOutputs > 0 && bias is not null)
            bias = nn.functional.pad(bias, [0, moreOutputs]);
        var y = nn.functional.conv2d(x, weight, bias, strides: strides, padding: padding);
        return moreOutputs > 0 ? y.narrow(1, 0, outputs) : y;
    }

    private static long Missing(long channels) => (Block - channels % Block) % Block;
}
