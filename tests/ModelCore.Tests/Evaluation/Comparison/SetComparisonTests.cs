using System.Text;
using System.Text.RegularExpressions;
using RadioDiffusion.ModelCore.Classification;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

public sealed class SetComparisonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("comparison").FullName;

    [Fact]
    public void Comparison_OfTwoSetsWithFluxes_HasEveryPartThatTheyAllow()
    {
        using var real = GeneratedSets.Write(Path.Combine(_folder, "real"), 40, 1);
        using var generated = GeneratedSets.Write(Path.Combine(_folder, "generated"), 30, 2);
        var result = Compare(Measured(real, "survey"), Measured(generated, "model"), null, [], out string page);
        Assert.Equal(["pixel", "mean", "standard_deviation", "model_flux", "a50", "positive_residual"], result.Quantities.Select(quantity => quantity.Name));
        Assert.All(result.Quantities, quantity => Assert.InRange(quantity.Distance!.Value.KolmogorovSmirnov, 0, 0.5));    // two draws of one population
        Assert.True(result.FluxConditioning!.Real.Spearman < -0.8, "Faint sources have more noise in their scaled images.");
        Assert.True(result.FluxConditioning.Generated.Spearman < -0.8);
        Assert.Null(result.ClassConditioning);
        Assert.Equal(10, result.Nearest!.Compared);
        Assert.All(result.Nearest.Pairs, pair => Assert.Equal(3, pair.Nearest.Count));
        foreach (string title in new[] { "Distributions (Sects. 5.1, 5.2 and 6.1)", "Source finding (Sect. 5.1, Table 5)", "Flux conditioning (Sects. 5.2 and 6.2, Fig. 17)", "Nearest training images (Appendix A)", "To be known", "How it was made" })
            Assert.Contains($"<h2>{title}</h2>", page);
    }

    [Fact]
    public void Comparison_WithAClassifier_HasClassesFeaturesAndTheTableOfGuidance()
    {
        using var real = GeneratedSets.Write(Path.Combine(_folder, "real"), 60, 1, hasClasses: true);
        using var generated = GeneratedSets.Write(Path.Combine(_folder, "generated"), 40, 2, hasClasses: true);
        int[] heldOut = [.. Enumerable.Range(0, 30)];
        var guidance = new GuidanceSet(0.75, [0, 1], [Classified(0, 0), Classified(0, 1)]);
        var result = Compare(
            Measured(real, "first") with { Classified = [.. Enumerable.Range(0, 60).Select(i => Classified(i < 30 ? i % 2 : 0, i))] },
            Measured(generated, "model") with { Classified = [null, .. Enumerable.Range(1, 39).Select(i => Classified(i % 2, i))] },
            new ComparisonClassifier("judge", "0123", ["double", "point"], heldOut), [guidance], out string page,
            new AugmentedClassifier("better", "4567", ["double", "point"], [.. Enumerable.Range(0, 60).Select(i => Classified(i < 20 ? 1 - (i % 2) : i % 2, i))]));
        // The classifier's labels are the other way round: what it calls 0 is the set's 1, so all real ones are taken for the other class.
        Assert.Equal((0, 30), (result.ClassConditioning!.Real.Accuracy, result.ClassConditioning.Real.Images));
        Assert.Equal(39, result.ClassConditioning.Generated.Images);                          // one could not be classified
        Assert.Equal((0.75, 0.5), (result.ClassConditioning.ByGuidance[0].Guidance, result.ClassConditioning.ByGuidance[0].Matrix.Accuracy));
        Assert.Equal((30, 15), (result.Features!.Images, result.Features.HalfImages));        // unseen ones only
        Assert.Equal((20, 0), (result.Augmentation!.OnlyAugmentedRight, result.Augmentation.OnlyRealRight));
        Assert.Equal(20 / 30.0, result.Augmentation.Augmented.Accuracy, 1e-12);
        Assert.Contains("<h2>Class conditioning (Sects. 5.3 and 6.3, Table 7)</h2>", page);
        Assert.Contains("Guidance strength ω (Table 7)", page);
        Assert.Contains("<h2>In the classifier&#39;s features</h2>", page);
    }

    /// <summary>1 of 6 and 0 of 5 tosses of a coin, on both sides: 2 (1 + 6) / 64 and 2 / 32.</summary>
    [Fact]
    public void McNemar_IsThatOfACoin()
    {
        Assert.Equal(14 / 64.0, AugmentationStudy.McNemar(1, 5), 1e-12);
        Assert.Equal(2 / 32.0, AugmentationStudy.McNemar(5, 0), 1e-12);
        Assert.Equal((1, 1), (AugmentationStudy.McNemar(3, 3), AugmentationStudy.McNemar(0, 0)));
    }

    [Fact]
    public void Report_IsOnePageWithoutScriptsOrOutsideResources_AndTheSameTwice()
    {
        using var real = GeneratedSets.Write(Path.Combine(_folder, "real"), 20, 1);
        using var generated = GeneratedSets.Write(Path.Combine(_folder, "generated"), 20, 2);
        var one = Compare(Measured(real, "<b>survey</b>"), Measured(generated, "model"), null, [], out string page);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>survey", page);
        Assert.All(Regex.Matches(page, "(src|href)=\"([^\"]*)\""), match => Assert.StartsWith("data:", match.Groups[2].Value));
        Assert.Empty(Regex.Matches(page, "url\\("));
        Compare(Measured(real, "<b>survey</b>"), Measured(generated, "model"), null, [], out string again);
        Assert.Equal(page, again);
        var read = EvaluationReport.Read(EvaluationReport.Json(one));
        Assert.Equal(one.Quantities.Select(quantity => quantity.Distance), read.Quantities.Select(quantity => quantity.Distance));
        Assert.Equal(one.FluxConditioning!.Real.Pearson, read.FluxConditioning!.Real.Pearson);
    }

    [Fact]
    public void Json_ThatIsCutOff_SaysSo() => Assert.Contains("evaluation.json cannot be read", Assert.Throws<RadioDiffusionException>(() => EvaluationReport.Read("{ \"real\""u8.ToArray())).Message);

    [Fact]
    public void Images_ThatCannotBeMeasured_AreCountedAndTheReportIsWhole()
    {
        string folder = Path.Combine(_folder, "broken");
        Directory.CreateDirectory(folder);
        using (var writer = new GeneratedSetWriter(folder, 4, GeneratedSets.Side))
        {
            writer.Put(0, "image 0", Filled(float.NaN));
            writer.Put(1, "image 1", Filled(0));
            writer.Put(2, "image 2", Filled(1e-3f));
            writer.Put(3, "image 3", [float.PositiveInfinity, .. Filled(0)[1..]]);
            writer.Complete(GeneratedSets.FluxModel, [1e-3f, 1e-3f, 1e-3f, 1e-3f], null);
        }
        using var broken = TrainingSetReader.Open(folder);
        using var real = GeneratedSets.Write(Path.Combine(_folder, "real"), 10, 1);
        var result = Compare(Measured(real, "survey"), Measured(broken, "broken"), null, [], out string page);
        Assert.Equal((4, 1, 1), (result.Generated.Images, result.Generated.NotFinite, result.Generated.Blank));
        Assert.DoesNotContain("NaN", Regex.Replace(page, "base64,[^\"]*", ""));
    }

    [Fact]
    public void Measurements_OfParts_AreThoseOfTheWhole_AndSurviveTheirFile()
    {
        using var set = GeneratedSets.Write(Path.Combine(_folder, "set"), 9, 3);
        var whole = SetMeter.Measure(set, 0, 9, 7);
        var parts = ImageMeasurements.Concat([SetMeter.Measure(set, 0, 4, 7), SetMeter.Measure(set, 4, 5, 7)]);
        Assert.Equal(whole.Images, parts.Images);
        whole.Write(_folder);
        var read = ImageMeasurements.Read(_folder);
        Assert.Equal(whole.Images, read.Images);
        for (int i = 0; i < 9; i++)
        {
            Assert.True(whole.PixelCounts(i).SequenceEqual(read.PixelCounts(i)));
            Assert.Equal(GeneratedSets.Side * GeneratedSets.Side, read.PixelCounts(i).ToArray().Sum());
        }
        Assert.NotEqual(whole.Images[0].Flux.ModelFlux, SetMeter.Measure(set, 0, 1, 8).Images[0].Flux.ModelFlux);
    }

    [Fact]
    public void ClassifiedImages_SurviveTheirFile_AlsoThoseThatAreNone()
    {
        ClassifiedImage?[] images = [Classified(1, 5), null];
        ClassifiedImages.Write(_folder, images, 2, 3);
        var read = ClassifiedImages.Read(_folder);
        Assert.Equal(images[0]!.Logits, read[0]!.Logits);
        Assert.Equal(images[0]!.Features, read[0]!.Features);
        Assert.Null(read[1]);
    }

    /// <summary>Images of a set that was generated are divided by the flux that was asked for; what does not reach it stays below 1.</summary>
    [Fact]
    public void ScaledImage_OfAGeneratedSet_IsDividedByTheFluxAskedFor()
    {
        string folder = Path.Combine(_folder, "half");
        Directory.CreateDirectory(folder);
        using (var writer = new GeneratedSetWriter(folder, 2, GeneratedSets.Side))
        {
            writer.Put(0, "image 0", Filled(5e-4f));
            writer.Put(1, "image 1", Filled(2e-3f));
            writer.Complete(GeneratedSets.FluxModel, [1e-3f, 1e-3f], null);
        }
        using var set = TrainingSetReader.Open(folder);
        Assert.All(ScaledImages.Of(set, 0), pixel => Assert.Equal(0.5f, pixel, 1e-6f));
        Assert.All(ScaledImages.Of(set, 1), pixel => Assert.Equal(1, pixel));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static float[] Filled(float value) => [.. Enumerable.Repeat(value, GeneratedSets.Side * GeneratedSets.Side)];

    private static MeasuredSet Measured(TrainingSetReader set, string name) => new(set, name, "a test", $"artifact-{name}", "digest", SetMeter.Measure(set, 0, set.Count, 1), null);

    private static ClassifiedImage Classified(int label, int number) => new(label == 0 ? [3f, -1f] : [-1f, 3f], [label, (number * 7919 % 101) / 101f, (number * 104729 % 103) / 103f]);

    private EvaluationResult Compare(MeasuredSet real, MeasuredSet generated, ComparisonClassifier? classifier, GuidanceSet[] byGuidance, out string page, AugmentedClassifier? augmented = null)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_folder, Guid.NewGuid().ToString("N"))).FullName;
        var result = SetComparison.Write(real, generated, classifier, byGuidance, augmented, 10, 1, [], [("Program", "tests")], directory);
        page = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(directory, SetComparison.ReportFile)));
        foreach (string table in new[] { SetComparison.RealTable, SetComparison.GeneratedTable, SetComparison.ResultFile })
            Assert.True(File.Exists(Path.Combine(directory, table)));
        return result;
    }
}
