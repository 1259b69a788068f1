using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>The denoiser D(x; sigma) = c_skip x + c_out F(c_in x; c_noise) around the U-Net.</summary>
/// <remarks>Karras et al. (2022), eq. 7 and table 1.</remarks>
internal sealed class EdmPreconditioning : Network
{
    // This field's name is the prefix 'model.' of all keys.
    private readonly UNet model;

    public EdmPreconditioning(NetworkOptions options)
        : base(nameof(EdmPreconditioning), options)
    {
        model = new UNet(options);
        RegisterComponents();
        KeepParameters();
    }

    /// <summary>What the weights take.</summary>
    public long Bytes => parameters().Sum(parameter => parameter.numel() * parameter.dtype.ElementSize()) + BytesOnCpu;

    /// <inheritdoc cref="UNet.BytesOnCpu"/>
    public long BytesOnCpu => model.BytesOnCpu;

    /// <param name="x">Images plus noise, (N, C, H, W).</param>
    /// <param name="sigma">Noise level of each image, (N).</param>
    /// <param name="conditions">Flux and class of each image.</param>
    /// <param name="dropout">Masks for training, null for sampling.</param>
    /// <returns>Estimates of the clean images, (N, C, H, W).</returns>
    public Tensor forward(Tensor x, Tensor sigma, Conditions conditions, IDropoutMasks? dropout = null)
    {
        var (cSkip, cOut, cIn, cNoise) = Coefficients(sigma, Options.SigmaData);
        return addcmul(cSkip * x, cOut, model.forward(cIn * x, cNoise, conditions, dropout).to(x.dtype), Numbers.One);
    }

    /// <inheritdoc cref="UNet.PrepareForSampling"/>
    public void PrepareForSampling(ScalarType type = ScalarType.Float32)
    {
        model.PrepareForSampling(type);
        KeepParameters();
    }

    /// <summary>c_skip, c_out and c_in as (N, 1, 1, 1), c_noise as (N).</summary>
    internal static (Tensor Skip, Tensor Out, Tensor In, Tensor Noise) Coefficients(Tensor sigma, double sigmaData)
    {
        var s = sigma.reshape(-1, 1, 1, 1);
        var squaredData = Numbers.Of(sigmaData * sigmaData);
        var variance = (s * s).Plus(squaredData);
        var cSkip = variance.reciprocal() * squaredData;
        var cIn = variance.rsqrt();
        var cOut = s * Numbers.Of(sigmaData) / variance.sqrt();
        var cNoise = sigma.reshape(-1).log() / Numbers.Of(4);
        return (cSkip, cOut, cIn, cNoise);
    }
}
