using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

public sealed class FluxConditioningTests
{
    /// <summary>r of (1, 2, 3, 4) and (1, 3, 2, 4) is 0.8, and so is that of the ranks of any numbers in that order.</summary>
    [Fact]
    public void Correlation_OfFourImages_IsThatByHand()
    {
        var set = Set([1, 2, 3, 4], [1, 3, 2, 4]);
        Assert.Equal(0.8, FluxConditioning.Of(set, set, 1)!.Real.Pearson, 1e-12);
        var stretched = Set([1, 2, 3, 4], [1, 30, 20, 4000]);
        Assert.Equal(0.8, FluxConditioning.Of(set, stretched, 1)!.Generated.Spearman, 1e-12);
    }

    /// <summary>Ties share their rank: (1, 1, 2) against (1, 2, 3) has the ranks (0.5, 0.5, 2), and r = sqrt(3) / 2.</summary>
    [Fact]
    public void Spearman_WithTies_SharesTheRanks() => Assert.Equal(Math.Sqrt(3) / 2, FluxConditioning.Of(Set([1, 1, 2], [1, 2, 3]), Set([1, 1, 2], [1, 2, 3]), 1)!.Real.Spearman, 1e-12);

    /// <summary>The error of a correlation of n independent normal pairs is about 1 / sqrt(n).</summary>
    [Fact]
    public void Error_OfIndependentNumbers_IsThatOfTheirNumber()
    {
        var stream = new RandomStream(5, "test");
        double[] fluxes = [.. Enumerable.Range(0, 400).Select(_ => stream.NextNormal())], residuals = [.. Enumerable.Range(0, 400).Select(_ => stream.NextNormal())];
        var dependence = FluxConditioning.Of(Set(fluxes, residuals), Set(fluxes, residuals), 1)!.Real;
        Assert.Equal(0.05, dependence.PearsonError, 0.01);
        Assert.InRange(dependence.Pearson, -0.2, 0.2);
    }

    [Fact]
    public void Bands_AreMediansOfEquallyManyImages()
    {
        var bands = FluxConditioning.Of(Set([3, 1, 2, 6, 4, 5], [30, 10, 20, 60, 40, 50]), Set([1, 2, 3], [1, 2, 3]), 1)!.Real.Bands(2);
        Assert.Equal([(2, 20), (5, 50)], bands.Select(band => (band.Flux, band.Median)));
    }

    [Fact]
    public void Set_WithoutFluxes_HasNone() => Assert.Null(FluxConditioning.Of(Set([double.NaN, double.NaN, double.NaN], [1, 2, 3]), Set([1, 2, 3], [1, 2, 3]), 1));

    private static ImageMeasurements Set(double[] fluxes, double[] residuals) => new(
        [.. fluxes.Zip(residuals, (flux, residual) => new ImageMeasurement(0, 0, new FluxMeasurement(FluxProblem.None, 1, 1, residual, 1, 1, 0, true), 1, flux, -1))],
        new float[fluxes.Length * ImageMeasurements.PixelBins]);
}
