using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

/// <summary>Inception score, and precision, recall, density and coverage.</summary>
public sealed class FeatureScoresTests
{
    [Fact]
    public void InceptionScore_OfSureAndEvenClasses_IsTheirNumber()
    {
        double[][] probabilities = [.. Enumerable.Range(0, 40).Select(i => Enumerable.Range(0, 4).Select(c => c == i % 4 ? 1.0 : 0).ToArray())];
        Assert.Equal(4, InceptionScore.Of(probabilities, 1).Score, 1e-12);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1)]
    public void InceptionScore_OfEqualImages_IsOne(double first)
    {
        var score = InceptionScore.Of([.. Enumerable.Repeat<double[]>([first, 1 - first], 20)], 1);
        Assert.Equal(1, score.Score, 1e-12);
        Assert.Equal(0, score.Error, 1e-12);
    }

    /// <summary>Half sure of one of two: KL((3/4, 1/4) || (1/2, 1/2)) = 3/4 ln 3/2 + 1/4 ln 1/2.</summary>
    [Fact]
    public void InceptionScore_OfTwoHalfSureImages_IsThatByHand() =>
        Assert.Equal(Math.Exp((0.75 * Math.Log(1.5)) + (0.25 * Math.Log(0.5))), InceptionScore.Of([[0.75, 0.25], [0.25, 0.75]], 1).Score, 1e-12);

    [Fact]
    public void Coverage_OfASetWithItself_IsWhole()
    {
        float[][] set = Grid(10, 0);
        var coverage = FeatureCoverage.Of(set, set);
        Assert.Equal((1, 1, 1), (coverage.Precision, coverage.Recall, coverage.Coverage));
        Assert.True(coverage.Density >= 1);
    }

    [Fact]
    public void Coverage_OfSetsFarApart_IsNone()
    {
        var coverage = FeatureCoverage.Of(Grid(10, 0), Grid(10, 1000));
        Assert.Equal(new FeatureCoverage(0, 0, 0, 0), coverage);
    }

    /// <summary>
    /// On a line, k = 1: real 0, 1, 4 have the radii 1, 1, 3; generated 2, 7, 8.5 have 5, 1.5, 1.5. Of the generated, 2 lies in the neighbourhoods of 1 and 4, 7 in that of 4, 8.5 in none;
    /// of the real, all lie in that of 2.
    /// </summary>
    [Fact]
    public void Coverage_OfAFewNumbers_IsThatByHand()
    {
        var coverage = FeatureCoverage.Of([[0], [1], [4]], [[2], [7], [8.5f]], neighbours: 1);
        Assert.Equal(2 / 3.0, coverage.Precision, 1e-12);
        Assert.Equal(1, coverage.Recall, 1e-12);
        Assert.Equal(1, coverage.Density, 1e-12);
        Assert.Equal(2 / 3.0, coverage.Coverage, 1e-12);
    }

    /// <summary>A generated set that repeats one real image is precise and leaves the rest out.</summary>
    [Fact]
    public void Coverage_OfACollapsedModel_HasPrecisionWithoutRecall()
    {
        float[][] real = Grid(10, 0);
        var coverage = FeatureCoverage.Of(real, [.. Enumerable.Range(0, 50).Select(i => new[] { 4 + (1e-4f * i), 4f })]);
        Assert.Equal(1, coverage.Precision);
        Assert.True(coverage.Recall < 0.05 && coverage.Coverage < 0.3, coverage.ToString());
    }

    [Fact]
    public void Coverage_WithTooFewImages_IsRefused() => Assert.Throws<ArgumentException>(() => FeatureCoverage.Of([[0], [1]], [[0], [1]], neighbours: 2));

    private static float[][] Grid(int side, float shift) => [.. Enumerable.Range(0, side * side).Select(i => new[] { shift + (i % side), i / side })];
}
