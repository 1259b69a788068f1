using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Diffusion;

public class GridSampleTests
{
    [Fact]
    public void Spread_OverFluxes_TakesEvenRanksOfTheTrainingSet()
    {
        float[] peaks = [.. Enumerable.Range(0, 10_000).Select(i => 0.001f * MathF.Exp(i / 5000f))];       // 1 to 7.4 mJy, even in the logarithm
        var transform = BoxCoxTransform.Fit(peaks);
        var model = new SnapshotDescription { FluxTransform = transform, Fluxes = FluxDistribution.Of(peaks, transform) };
        var samples = GridSample.Spread(model, 4, seed: 7);
        Assert.Equal([7, 8, 9, 10], samples.Select(sample => sample.Seed));
        foreach (var (sample, share) in samples.Zip([0.125, 0.375, 0.625, 0.875]))
        {
            Assert.Equal(Math.Exp(2 * share), sample.FluxMilliJansky!.Value, 0.03);        // 3 digits, and bins of 1 % of the range
            Assert.Equal((float)transform.Apply(sample.FluxMilliJansky.Value / 1000), sample.ConditionsFor(model, 0).Context!.Single());
        }
        Assert.Equal($"{samples[0].FluxMilliJansky} mJy", samples[0].Label);
    }

    [Fact]
    public void Spread_OverFluxes_WithoutTheirDistribution_RisesOnBothSidesOfTheMiddle()
    {
        var model = new SnapshotDescription { FluxTransform = new BoxCoxTransform(0, Math.Log(0.004), 1) };
        double[] fluxes = [.. GridSample.Spread(model, 3, 1).Select(sample => sample.FluxMilliJansky!.Value)];
        Assert.Equal(4, fluxes[1], 0.01);
        Assert.True(fluxes[0] < fluxes[1] && fluxes[1] < fluxes[2]);
    }

    [Fact]
    public void Spread_OverClasses_TakesThemInTurn()
    {
        var samples = GridSample.Spread(new SnapshotDescription { Classes = ["FRI", "FRII", "Bent"] }, 4, 1);
        Assert.Equal(["FRI", "FRII", "Bent", "FRI"], samples.Select(sample => sample.Label));
        Assert.Equal([0, 1, 2, 0], samples.Select(sample => sample.ConditionsFor(new SnapshotDescription { Classes = ["FRI", "FRII", "Bent"] }, 0).Label!.Value));
    }
}
