using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

public sealed class ComparedQuantityTests
{
    [Fact]
    public void Bins_OfWholeNumbers_HoldEquallyManyOfThem()
    {
        var counts = BinnedCounts.Of([0, 1, 1, 9], [4, double.NaN], 5, whole: true);
        Assert.Equal([-0.5, 1.5, 3.5, 5.5, 7.5, 9.5], counts.Edges);
        Assert.Equal([3, 0, 0, 0, 1], counts.Real);
        Assert.Equal([0, 0, 1, 0, 0], counts.Generated);
    }

    [Fact]
    public void Bins_OfTheLogarithm_LeaveOutWhatHasNone()
    {
        var counts = BinnedCounts.Of([0.01, 1, 100, 0, -1], [10, double.PositiveInfinity], 4, logarithmic: true);
        Assert.Equal(new[] { 0.01, 0.1, 1, 10, 100 }, counts.Edges, (a, b) => Math.Abs(a - b) < 1e-12 * b);
        Assert.Equal(3, counts.Real.Sum());
        Assert.Equal(1, counts.Generated.Sum());
        Assert.Equal((1, 1), (counts.Real[0], counts.Real[^1]));                          // the largest is in the last bin
    }

    [Fact]
    public void Bins_OfNothingOrOfOneNumber_AreThere()
    {
        Assert.Equal([0], BinnedCounts.Of([double.NaN], [], 5).Real);
        Assert.Equal(2, BinnedCounts.Of([3, 3], [], 5).Real.Sum());
    }

    /// <summary>All pixels of the one set in bin 0 and of the other in bin 64 of 256: KS 1, moved by a quarter. Without spread, the bootstrap finds none.</summary>
    [Fact]
    public void Pixels_OfTwoBins_HaveTheDistanceByHand()
    {
        var distance = PixelDistribution.Distance(Constant(0, 5), Constant(64, 7), 1)!.Value;
        Assert.Equal((1, 0, 0.25, 0), (distance.KolmogorovSmirnov, distance.KolmogorovSmirnovError, distance.Wasserstein, distance.WassersteinError));
    }

    /// <summary>Half of the images in one bin and half in another: the bootstrap's error is that of a share of n = 100 images.</summary>
    [Fact]
    public void Pixels_BootstrapOverImages_HasTheErrorOfAShare()
    {
        var mixed = ImageMeasurements.Concat([Constant(0, 50), Constant(255, 50)]);
        var distance = PixelDistribution.Distance(mixed, Constant(0, 1000), 1)!.Value;
        Assert.Equal(0.5, distance.KolmogorovSmirnov, 1e-12);
        Assert.Equal(0.05, distance.KolmogorovSmirnovError, 0.01);                        // sqrt(0.5 * 0.5 / 100), seen through 200 resamplings
    }

    [Fact]
    public void Quantities_OfASetWithItself_HaveNoDistance()
    {
        var set = Constant(30, 20);
        foreach (var quantity in ComparedQuantity.AllOf(set, set, 1).Where(quantity => quantity.Distance != null))
            Assert.Equal((0, 0), (quantity.Distance!.Value.KolmogorovSmirnov, quantity.Distance.Value.Wasserstein));
    }

    [Fact]
    public void Quantities_OfImagesThatCouldNotBeMeasured_AreMissingAndCounted()
    {
        var none = new FluxMeasurement(FluxProblem.Blank, double.NaN, 0, double.NaN, 0, 0, 0, false);
        var blank = new ImageMeasurements([.. Enumerable.Repeat(new ImageMeasurement(0, 0, none, double.NaN, double.NaN, -1), 3)], new float[3 * ImageMeasurements.PixelBins]);
        var flux = ComparedQuantity.AllOf(blank, Constant(3, 2), 1).Single(quantity => quantity.Name == "model_flux");
        Assert.Null(flux.Distance);
        Assert.Equal((0, 3), (flux.Real.Count, flux.Real.Missing));
        Assert.Equal(2, flux.Generated.Count);
    }

    /// <summary>Images with all 16 pixels in one bin.</summary>
    private static ImageMeasurements Constant(int bin, int images)
    {
        float[] counts = new float[images * ImageMeasurements.PixelBins];
        for (int i = 0; i < images; i++)
            counts[(i * ImageMeasurements.PixelBins) + bin] = 16;
        var flux = new FluxMeasurement(FluxProblem.None, 2, 13, 0.5, 1, 1, 0, true);
        return new ImageMeasurements([.. Enumerable.Repeat(new ImageMeasurement(0.1, 0.2, flux, 1e-3, 0, -1), images)], counts);
    }
}
