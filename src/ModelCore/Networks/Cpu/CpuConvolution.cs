namespace RadioDiffusion.ModelCore.Networks.Cpu;

/// <summary>A convolution of one image's features, with its bias.</summary>
internal abstract class CpuConvolution
{
    /// <summary>Channels of the output, filled up with zeros to a multiple of 16.</summary>
    public abstract int Outputs { get; }

    /// <summary>What the weights take.</summary>
    public abstract long Bytes { get; }

    /// <summary>A square kernel around each pixel: by Winograd's method where tiles of 4 x 4 pixels cover the image, otherwise directly.</summary>
    /// <param name="weights">All of the network.</param>
    /// <param name="name">Of the convolution.</param>
    /// <param name="size">Height and width of the image.</param>
    public static CpuConvolution Around(CpuWeights weights, string name, int size) =>
        WinogradConvolution.CanCompute(weights, name, size) ? new WinogradConvolution(weights, name) : TapConvolution.Around(weights, name);

    /// <param name="input">With a frame where the kernel is larger than one pixel.</param>
    /// <param name="output">Its size decides how many pixels are computed.</param>
    /// <param name="added">Added to the result, of the output's shape; it may be the output. Null for nothing.</param>
    public abstract void Apply(FeatureMap input, FeatureMap output, FeatureMap? added = null);
}
