using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Tests.Evaluation.Comparison;

public sealed class FrechetDistanceTests
{
    /// <summary>Numbers of numpy and scipy.linalg.sqrtm (scipy 1.10.1) for the same features.</summary>
    [Fact]
    public void Distance_OfCorrelatedFeatures_IsThatOfScipy()
    {
        float[][] one = Features(40, 13, 3), other = [.. Features(50, 29, 7).Select(row => row.Select(value => (value * 1.5f) + 0.25f).ToArray())];
        Assert.Equal(1.8120390398010575, FrechetDistance.Of(one, other), 1e-6);
        Assert.Equal(FrechetDistance.Of(one, other), FrechetDistance.Of(other, one), 1e-9);
    }

    [Fact]
    public void Distance_OfASetFromItself_IsZero() => Assert.Equal(0, FrechetDistance.Of(Features(40, 13, 3), Features(40, 13, 3)), 1e-7);

    /// <summary>Covariances that commute: the squared shift of the means, and the squared differences of the standard deviations along each axis.</summary>
    [Fact]
    public void Distance_OfAShiftedAndStretchedSet_IsTheSumByHand()
    {
        float[][] one = [[1, 0], [-1, 0], [0, 2], [0, -2]];                                  // variances 2/3 and 8/3
        float[][] other = [.. one.Select(row => new[] { (3 * row[0]) + 1, 3 * row[1] })];
        Assert.Equal(1 + (4 * 2.0 / 3) + (4 * 8.0 / 3), FrechetDistance.Of(one, other), 1e-9);
    }

    [Fact]
    public void Distance_WithFewerImagesThanFeatures_IsFinite()
    {
        float[][] one = Features(4, 13, 3), other = Features(4, 29, 7);
        Assert.InRange(FrechetDistance.Of(one, other), 0, 10);
        Assert.Throws<ArgumentException>(() => FrechetDistance.Of(one[..1], other));
    }

    private static float[][] Features(int count, int a, int b) =>
        [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, 6).Select(j => (float)((((i * 7919) + (j * 104729) + (a * i * j) + (b * i * i)) % 1009) / 1009.0)).ToArray())];
}
