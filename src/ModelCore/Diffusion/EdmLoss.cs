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

    /// <summary>Mean over pixels of lambda (D - image)², (N); with coarse weights also that of blocks of pixels.</summary>
    /// <param name="denoised">D(image + noise; sigma), (N, C, H, W).</param>
    /// <param name="images">Clean images in [-1, 1], (N, C, H, W).</param>
    /// <param name="sigma">Noise level of each image, N values.</param>
    /// <param name="sigmaData">Standard deviation of the data.</param>
    /// <param name="coarse">
    /// c of the multiscale loss (Hoogeboom et al. 2023, Sect. 3.2): to the mean squared error come those of the error's means over blocks of k x k pixels, each times c k, for k = 4, 16, ... that divide
    /// the side and for the whole image. What is learned best is the same for any c; faint errors of large extent are learned earlier with it. 0 for the published loss.
    /// </param>
    public static Tensor PerImage(Tensor denoised, Tensor images, Tensor sigma, double sigmaData, double coarse = 0)
    {
        var difference = denoised - images;
        var loss = (difference * difference).mean([1L, 2L, 3L]);
        if (coarse > 0)
        {
            foreach (long block in Blocks(images.shape[2]))
            {
                var means = MeansOfBlocks(difference, block);
                loss = loss.Plus((means * means).mean([1L, 2L, 3L]) * Numbers.Of(coarse * block));
            }
        }
        return loss * Weight(sigma.reshape(-1), sigmaData);
    }

    private static IEnumerable<long> Blocks(long side)
    {
        for (long block = 4; block < side; block *= 4)
        {
            if (side % block == 0)
                yield return block;
        }
        yield return side;
    }

    private static Tensor MeansOfBlocks(Tensor images, long block)
    {
        var (count, channels, blocks) = (images.shape[0], images.shape[1], images.shape[2] / block);
        return images.reshape(count, channels, blocks, block, blocks, block).mean([3L, 5L]);
    }

    /// <summary>Mean over batch and pixels of lambda (D - image)², a scalar.</summary>
    /// <param name="denoised">D(image + noise; sigma), (N, C, H, W).</param>
    /// <param name="images">Clean images in [-1, 1], (N, C, H, W).</param>
    /// <param name="sigma">Noise level of each image, N values.</param>
    /// <param name="sigmaData">Standard deviation of the data.</param>
    public static Tensor Mean(Tensor denoised, Tensor images, Tensor sigma, double sigmaData) =>
        PerImage(denoised, images, sigma, sigmaData).mean();
}
