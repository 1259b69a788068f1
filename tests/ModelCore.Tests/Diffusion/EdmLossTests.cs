using RadioDiffusion.ModelCore.Diffusion;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Diffusion;

/// <summary>The multiscale part of the loss; the published part is in <see cref="PublishedDiffusionTests"/>.</summary>
public class EdmLossTests
{
    private const double SigmaData = 0.5;
    private const double Coarse = 0.25;

    [Theory]
    [InlineData(80, 4 + 16 + 80)]
    [InlineData(64, 4 + 16 + 64)]
    [InlineData(24, 4 + 24)]
    [InlineData(10, 10)]
    public void PerImage_OfAnOffset_CountsItAtEveryScale(int side, int blocks)
    {
        using var scope = NewDisposeScope();
        double[] offsets = [0.1, -0.2];
        var error = tensor(offsets).reshape(2, 1, 1, 1).expand(2, 1, side, side);
        double[] sigma = [0.3, 2];
        double[] found = LossOf(error, tensor(sigma), Coarse);
        for (int i = 0; i < 2; i++)
        {
            double weight = (sigma[i] * sigma[i] + SigmaData * SigmaData) / Math.Pow(sigma[i] * SigmaData, 2);
            Assert.Equal(weight * offsets[i] * offsets[i] * (1 + Coarse * blocks), found[i], 1e-12);
        }
    }

    [Fact]
    public void PerImage_OfAChessboard_IsThePublishedOne()
    {
        using var scope = NewDisposeScope();
        var line = (arange(80) % 2 * 2 - 1).to(ScalarType.Float64);
        var error = outer(line, line).reshape(1, 1, 80, 80) * 0.1;
        var sigma = tensor(new double[] { 0.3 });
        Assert.Equal(LossOf(error, sigma, 0)[0], LossOf(error, sigma, Coarse)[0], 1e-12);
    }

    [Fact]
    public void PerImage_OfOneWrongBlock_CountsItAtItsScaleAndAbove()
    {
        using var scope = NewDisposeScope();
        var error = zeros(1, 1, 80, 80, float64);
        error[.., .., 16..32, 48..64] = tensor(0.1);
        double squared = 0.1 * 0.1 * 256 / 6400;
        double weight = (0.09 + 0.25) / Math.Pow(0.15, 2);
        double expected = weight * squared * (1 + Coarse * (4 + 16 + 80 * 256.0 / 6400));
        Assert.Equal(expected, LossOf(error, tensor(new double[] { 0.3 }), Coarse)[0], 1e-9);
    }

    private static double[] LossOf(Tensor error, Tensor sigma, double coarse)
    {
        var images = randn(error.shape, dtype: ScalarType.Float64);
        return EdmLoss.PerImage(images + error, images, sigma, SigmaData, coarse).data<double>().ToArray();
    }
}
