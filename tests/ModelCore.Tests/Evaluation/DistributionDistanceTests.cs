using RadioDiffusion.ModelCore.Evaluation;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public sealed class DistributionDistanceTests
{
    /// <summary>By hand: at 1 the first has all of its numbers and the second none, and each has to be moved by 2.</summary>
    [Fact]
    public void SetsSideBySide_AreAsFarAsTheyAreMoved()
    {
        var distance = DistributionDistance.Of([0, 1], [2, 3], seed: 1);
        Assert.Equal(1, distance.KolmogorovSmirnov);
        Assert.Equal(2, distance.Wasserstein, 1e-12);
    }

    /// <summary>scipy.stats.ks_2samp and wasserstein_distance (1.10.1) of the same numbers.</summary>
    [Fact]
    public void SetsOfDifferentSizes_HaveTheReferencesDistances()
    {
        var distance = DistributionDistance.Of([0.3, 1.2, 1.2, 4.5, 2.2], [1.2, 0.1, 5.0], seed: 1);
        Assert.Equal(1.0 / 3, distance.KolmogorovSmirnov, 1e-12);
        Assert.Equal(0.7266666666666668, distance.Wasserstein, 1e-12);
    }

    [Fact]
    public void SetWithItself_IsNowhereElse()
    {
        double[] values = [3, 1, 2, 2, double.NaN];
        Assert.Equal((0, 0), (DistributionDistance.Of(values, values, 1).KolmogorovSmirnov, DistributionDistance.Of(values, values, 1).Wasserstein));
    }

    /// <summary>The distance of two sets whose expectations are 1 apart is off by about the error that is stated for it: over 200 pairs of sets its deviation is that error.</summary>
    [Fact]
    public void Error_IsHowMuchTheDistanceScatters()
    {
        const int Pairs = 200, Count = 100;
        var distances = new List<double>();
        var errors = new List<double>();
        for (int i = 0; i < Pairs; i++)
        {
            var stream = new RandomStream(3, "pairs", i);
            double[] first = [.. Enumerable.Range(0, Count).Select(_ => stream.NextNormal())], second = [.. Enumerable.Range(0, Count).Select(_ => stream.NextNormal() + 1)];
            var distance = DistributionDistance.Of(first, second, seed: (ulong)i, resamplings: 50);
            distances.Add(distance.Wasserstein);
            errors.Add(distance.WassersteinError);
        }
        double mean = distances.Average(), deviation = Math.Sqrt(distances.Average(distance => (distance - mean) * (distance - mean)));
        Assert.Equal(1, mean, 0.05);
        Assert.Equal(Math.Sqrt(2.0 / Count), deviation, 0.02);
        Assert.Equal(deviation, errors.Average(), 0.15 * deviation);
    }

    [Fact]
    public void EqualSeeds_GiveEqualErrors() =>
        Assert.Equal(DistributionDistance.Of([1, 2, 3, 5], [2, 3, 4], 7), DistributionDistance.Of([5, 3, 2, 1], [4, 3, 2], 7));

    [Fact]
    public void SetWithoutFiniteNumbers_IsRefused() => Assert.Throws<ArgumentException>(() => DistributionDistance.Of([double.NaN], [1], 1));
}
