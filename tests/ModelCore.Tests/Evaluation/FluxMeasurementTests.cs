using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.Tests.SourceFinding;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public sealed class FluxMeasurementTests
{
    private const int Side = 80;

    private readonly SourceFinder _finder = new(SourceFinderOptions.Paper);

    /// <summary>A point of the beam's size has the flux 1 in units of the peak, and half of it within the half-height circle: pi/4 of 4.0008 squared pixels.</summary>
    [Fact]
    public void Point_HasTheFluxOfItsPeakAndTheAreaOfTheBeam()
    {
        var measured = Measure(Point(40, 40));
        Assert.Equal(FluxProblem.None, measured.Problem);
        Assert.Equal(1, measured.ModelFlux, 0.05);
        Assert.InRange(measured.A50, 11, 14);
        Assert.InRange(measured.PositiveResidual, 0, 1);
        Assert.True(measured.HasConverged);
    }

    [Fact]
    public void EqualSeedsAndNumbers_GiveEqualMeasurements_OthersDoNot()
    {
        float[] image = Point(40, 40);
        Assert.Equal(Measure(image), FluxMeasurement.Of(new SourceFinder(SourceFinderOptions.Paper), image, Side, 1, 0));
        Assert.NotEqual(Measure(image).ModelFlux, FluxMeasurement.Of(_finder, image, Side, 1, 1).ModelFlux);
        Assert.NotEqual(Measure(image).ModelFlux, FluxMeasurement.Of(_finder, image, Side, 2, 0).ModelFlux);
    }

    [Fact]
    public void Source_OnTheBorder_IsMeasuredOrItsRejectionIsCounted()
    {
        Assert.True(Measure(Point(79, 1)).Rejected + Measure(Point(79, 1)).Gaussians >= 1);
        Assert.Equal(1, Measure(Point(78.4, 1)).Gaussians);
    }

    [Theory]
    [InlineData(float.NaN, FluxProblem.NotFinite)]
    [InlineData(float.PositiveInfinity, FluxProblem.NotFinite)]
    [InlineData(0, FluxProblem.Blank)]
    [InlineData(-1, FluxProblem.Blank)]
    public void Image_ThatCannotBeMeasured_SaysWhy(float value, FluxProblem expected)
    {
        var measured = Measure([.. Enumerable.Repeat(value, Side * Side)]);
        Assert.Equal(expected, measured.Problem);
        Assert.True(double.IsNaN(measured.ModelFlux) && double.IsNaN(measured.PositiveResidual));
    }

    /// <summary>Equal pixels have the noise that is added, and no source above it.</summary>
    [Fact]
    public void ConstantImage_HasNoSource()
    {
        var measured = Measure([.. Enumerable.Repeat(0.5f, Side * Side)]);
        Assert.Equal((FluxProblem.None, 0, 0.0, 0), (measured.Problem, measured.Gaussians, measured.ModelFlux, measured.A50));
    }

    private FluxMeasurement Measure(float[] image) => FluxMeasurement.Of(_finder, image, Side, 1, 0);

    private static float[] Point(double x, double y)
    {
        double[] image = new double[Side * Side];
        SimulatedGaussians.Add(image, Side, 1, x, y, 4.0008, 4.0008, 0);
        return SimulatedGaussians.Single(image);
    }
}
