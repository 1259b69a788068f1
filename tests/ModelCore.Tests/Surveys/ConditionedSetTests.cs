using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

public sealed class ConditionedSetTests : IDisposable
{
    private const int Side = 160, Size = 32;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Of_SeveralColumns_StandardisesEachOverTheImages()
    {
        using var set = Make(10, 20, 40, 80);
        var data = ConditionedSet.Of(set, [new("snrSigma", ConditionTransform.None), new("peakFlux"), new("LAS", ConditionTransform.Log)]);
        Assert.Equal((3, set.Count, 0), (data.ContextDimension, data.Count, data.ClassCount));
        Assert.Equal(["snrSigma", "peakFlux", "LAS"], data.Conditions!.Select(condition => condition.Name));
        Assert.Equal(["", "Jy/beam", "arcsec"], data.Conditions!.Select(condition => condition.Unit));
        double[] snr = [.. set.Measurements().Select(row => row.SigmaSnr)];
        for (int i = 0; i < set.Count; i++)
        {
            var context = data.Context(i);
            Assert.Equal((snr[i] - snr.Average()) / Math.Sqrt(snr.Average(value => Math.Pow(value - snr.Average(), 2))), context[0], 1e-5);
            Assert.Equal(set.Context(i)[0], context[1]);     // the transform of the data set, to the bit
            Assert.Equal((i - 1.5) / Math.Sqrt(1.25), context[2], 1e-6);        // 0, 1, 2, 3 times ln 2
            Assert.True(data.Image(i).SequenceEqual(set.Image(i)));
        }
        Assert.Equal(set.Description.Transform, new(data.Conditions![1].Lambda, data.Conditions[1].Mean, data.Conditions[1].StandardDeviation, data.Conditions[1].Scale));
        Assert.Equal((10.0, 80.0), (data.Conditions[2].Smallest, data.Conditions[2].Largest));
    }

    [Fact]
    public void Of_WhatTheSetHasAnyway_IsTheSet()
    {
        using var set = Make(10, 20, 40, 80);
        Assert.Same(set, ConditionedSet.Of(set, null));
        Assert.Same(set, ConditionedSet.Of(set, [new("peakFlux")]));
        Assert.Equal(0, ConditionedSet.Of(set, []).ContextDimension);
        Assert.Empty(ConditionedSet.Of(set, []).Conditions!);
    }

    [Fact]
    public void Of_AValueThatARowLacks_NamesTheRow()
    {
        using var set = Make(10, double.NaN, 40, 80);
        Refused(set, new("LAS"), "'LAS' should have a value for each of the 4 images, but 1 have none", "rows 1 (image 1: NaN)", "--min-las");
    }

    [Fact]
    public void Of_AColumnThatNoRowHas_NamesThoseThereAre()
    {
        using var set = Make(double.NaN, double.NaN, double.NaN, double.NaN);
        Refused(set, new("LAS"), "no 'LAS' (largest angular size of the catalogue)", "It has peakFlux, snrSigma, threshold");
        Refused(set, new("colour"), "no 'colour' to condition", "--keep", "snrSigma");
    }

    [Fact]
    public void Of_ValuesThatTheTransformCannotTake_SaysWhichAndWhatToDo()
    {
        using var set = Make(10, 20, 0, 80);
        foreach (var transform in new[] { ConditionTransform.BoxCox, ConditionTransform.Log })
            Refused(set, new("LAS", transform), "1 have one that is not positive", $"the transform {transform}", "rows 2 (image 2: 0)", "\"transform\": \"none\"");
        Assert.Equal(1, ConditionedSet.Of(set, [new("LAS", ConditionTransform.None)]).ContextDimension);
    }

    private static void Refused(TrainingSetReader set, ConditionChoice choice, params string[] parts)
    {
        var error = Assert.Throws<RadioDiffusionException>(() => ConditionedSet.Of(set, [choice]));
        Assert.All(parts, part => Assert.Contains(part, error.Message, StringComparison.Ordinal));
    }

    /// <summary>Four sources of these sizes.</summary>
    private TrainingSetReader Make(params double[] sizes)
    {
        var wcs = WorldCoordinateSystem.Sin(PaintedSky.Centre, 1.5, Side / 2, Side / 2);
        var mosaic = new PaintedSky(_folder).Write("main", wcs, Side, Side, noise: 0.001);
        CatalogueRow[] rows = [.. PaintedSky.SourceRows().Select((row, i) => row with { LargestAngularSizeArcsec = sizes[i] })];
        string shard = Directory.CreateDirectory(_folder.File("shard")).FullName, set = Directory.CreateDirectory(_folder.File("set")).FullName;
        TileShard.Write(shard, mosaic, rows, new CutoutOptions { Size = Size }, TestContext.Current.CancellationToken);
        TrainingSet.Write(set, [shard], Size, 0, 0, new SelectionCuts { MinimumSnr = 0, MaximumEdge = 1 }, 1.5, PaintedSky.FwhmArcsec);
        return TrainingSetReader.Open(set);
    }
}
