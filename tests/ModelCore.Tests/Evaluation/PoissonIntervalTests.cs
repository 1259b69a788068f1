using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.TestSupport;

namespace RadioDiffusion.ModelCore.Tests.Evaluation;

public sealed class PoissonIntervalTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Interval_OfTheGoldenCounts_IsThatOfAstropy(int sigma)
    {
        var golden = new GoldenCase("poisson-ci");
        long[] counts = golden.Values<long>("intervals.safetensors", "counts");
        double[] expected = golden.Values<double>("intervals.safetensors", $"frequentist-confidence_sigma{sigma}");
        double tolerance = golden.Json.GetProperty("tolerance").GetProperty("rtol").GetDouble();
        for (int i = 0; i < counts.Length; i++)
        {
            var (lower, upper) = PoissonInterval.Of(counts[i], sigma);
            Assert.Equal(expected[i], lower, tolerance * expected[i]);
            Assert.Equal(expected[counts.Length + i], upper, tolerance * expected[counts.Length + i]);
        }
    }

    /// <summary>No count leaves open up to -ln(alpha): worked out by hand.</summary>
    [Fact]
    public void Interval_OfNothing_EndsWhereNothingWouldBeRare()
    {
        var (lower, upper) = PoissonInterval.Of(0);
        Assert.Equal(0, lower);
        Assert.Equal(-Math.Log(0.15865525393145707), upper, 1e-12);
    }

    [Fact]
    public void Interval_OfNegativeCounts_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => PoissonInterval.Of(-1));
}
