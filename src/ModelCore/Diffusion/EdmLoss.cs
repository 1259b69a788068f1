using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>The loss of a denoiser: the squared error times lambda(sigma) = (sigma² + sigma_data²) / (sigma sigma_data)².</summary>
/// <remarks>Karras et al. (2022), eq. 2 and table 1.</remarks>
internal static class EdmLoss
{
    /// <summary>The weight lambda of each noise level, any shape.</summary>
    public static Tensor Weight(Tensor sigma, double sigmaData)
    {
        var product = sigma * Numbers.Of(sigmaData);
        return (sigma * sigma).Plus(Numbers.Of(sigmaData * sigmaData)) / (product * product);
    }

    /// <summary>Mean over pixels of lambda (D - image)², (N).</summary>
    /// <param name="denoised">D(image + noise; sigma), (N, C, H, W).</param>
    /// <param name="images">Clean images in [-1, 1], (N, C, H, W).</param>
    /// <param name="sigma">Noise level of each image, N values.</param>
    /// <param name="sigmaData">Standard deviation of the data.</param>
    public static Tensor PerImage(Tensor denoised, Tensor images, Tensor sigma, double sigmaData)
    {
        var difference = denoised - images;
        return (difference * difference).mean([1L, 2L, 3L]) * Weight(sigma.reshape(-1), sigmaData);
    }

    /// <summary>Mean over batch and pixels of lambda (D - image)², a scalar.</summary>
    /// <inheritdoc cref="PerImage"/>
    public static Tensor Mean(Tensor denoised, Tensor images, Tensor sigma, double sigmaData) =>
        PerImage(denoised, images, sigma, sigmaData).mean();
}
