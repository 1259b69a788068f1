using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Training;

public class ConditionDescriptionTests
{
    [Fact]
    public void Fit_WithoutTransform_IsStandardisationByHand()
    {
        // mean 4, population variance ((3^2 + 1 + 1 + 3^2) / 4) = 5
        var condition = ConditionDescription.Fit(new("LAS", ConditionTransform.None), "arcsec", [1, 3, 5, 7]);
        Assert.Equal((4, Math.Sqrt(5)), (condition.Mean, condition.StandardDeviation));
        Assert.Equal((1.0, 7.0), (condition.Smallest, condition.Largest));
        Assert.Equal("arcsec", condition.Unit);
        Assert.Equal(-3 / Math.Sqrt(5), condition.Apply(1), 1e-15);
        Assert.Equal(1, condition.Invert(-3 / Math.Sqrt(5)), 1e-15);
    }

    [Fact]
    public void Fit_OfTheLogarithm_IsStandardisationOfTheExponentsByHand()
    {
        // Logarithms 0, 1, 2 in units of ln 10: mean 1, standard deviation sqrt(2/3).
        var condition = ConditionDescription.Fit(new("snrSigma", ConditionTransform.Log), "", [1, 10, 100]);
        Assert.Equal(-Math.Sqrt(1.5), condition.Apply(1), 1e-12);
        Assert.Equal(0, condition.Apply(10), 1e-12);
        Assert.Equal(2 * Math.Sqrt(1.5), condition.Apply(1000), 1e-12);
        Assert.Equal(1000, condition.Invert(2 * Math.Sqrt(1.5)), 1e-9);
        Assert.Equal((0, 10), (condition.Lambda, Math.Round(condition.Scale, 12)));
    }

    [Fact]
    public void Fit_OfBoxCox_IsTheTransformOfThePeakFlux()
    {
        float[] values = [0.001f, 0.002f, 0.0025f, 0.004f, 0.03f];
        var condition = ConditionDescription.Fit(new(ConditionDescription.PeakFlux), "Jy/beam", values);
        var transform = BoxCoxTransform.Fit(values);
        Assert.All(values, value => Assert.Equal(transform.Apply(value), condition.Apply(value)));
        Assert.Equal(transform.Lambda, condition.Lambda);
        Assert.NotEqual(0, condition.Lambda);
    }

    [Theory]
    [InlineData(ConditionTransform.BoxCox)]
    [InlineData(ConditionTransform.Log)]
    [InlineData(ConditionTransform.None)]
    public void Apply_OverTheTrainingSet_HasMeanZeroAndVarianceOne_AndComesBack(ConditionTransform transform)
    {
        var random = new RandomStream(1, "test");
        float[] values = [.. Enumerable.Range(0, 1000).Select(_ => (float)Math.Exp(2 + random.NextNormal()))];
        var condition = ConditionDescription.Fit(new("LAS", transform), "arcsec", values);
        double[] scaled = [.. values.Select(value => condition.Apply(value))];
        Assert.Equal(0, scaled.Average(), 1e-9);
        Assert.Equal(1, scaled.Average(value => value * value), 1e-9);
        for (int i = 0; i < values.Length; i++)
            Assert.Equal(values[i], condition.Invert(scaled[i]), 1e-9 * values[i]);
        Assert.Equal(values.Order().ElementAt(500), condition.Percentiles[1], 1e-6);
    }

    [Fact]
    public void Fit_OfOneValueOnly_SaysSo()
    {
        foreach (var transform in Enum.GetValues<ConditionTransform>())
            Assert.Contains("'threshold' should have at least two different values", Assert.Throws<RadioDiffusionException>(() => ConditionDescription.Fit(new("threshold", transform), "", [5, 5])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshot_WithConditions_IsReadAsItWasWritten()
    {
        using var folder = new TemporaryFolder();
        var network = TinyTraining.Network with { ContextDimension = 2 };
        ConditionDescription[] conditions = [.. new[] { ConditionTransform.BoxCox, ConditionTransform.None }.Select((transform, i) => ConditionDescription.Fit(new($"v{i}", transform), "Jy", [1, 2, 5]))];
        new SnapshotDescription { Network = network, Conditions = conditions }.Write(folder.Path);
        var read = SnapshotDescription.Read(folder.Path);
        Assert.Equal(conditions.Select(condition => condition with { Percentiles = [] }), read.Values.Select(condition => condition with { Percentiles = [] }));
        Assert.Equal(conditions[1].Percentiles, read.Values[1].Percentiles);

        new SnapshotDescription { Network = network with { ContextDimension = 1 }, Conditions = conditions }.Write(folder.Path);
        Assert.Contains("1 conditions of its network, but it has 2", Assert.Throws<RadioDiffusionException>(() => SnapshotDescription.Read(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Snapshot_OfThePeakFluxAlone_IsWrittenAsBefore()
    {
        using var folder = new TemporaryFolder();
        new SnapshotDescription { FluxTransform = new BoxCoxTransform(0.1, 2, 3), PeakFluxPercentiles = [1, 2, 3] }.Write(folder.Path);
        Assert.DoesNotContain("conditions", File.ReadAllText(folder.File(SnapshotDescription.FileName)), StringComparison.OrdinalIgnoreCase);
        var condition = Assert.Single(SnapshotDescription.Read(folder.Path).Values);
        Assert.Equal(("peakFlux", "Jy/beam", 0.1), (condition.Name, condition.Unit, condition.Lambda));
        Assert.Equal([1, 2, 3], condition.Percentiles);
    }
}
