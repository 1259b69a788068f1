using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class PortableMathTests
{
    [Fact]
    public void LogAndExp_AreThoseOfTheSystem_ToTheLastBits()
    {
        var random = new RandomStream(1, "portable mathematics");
        for (int i = 0; i < 100_000; i++)
        {
            double x = Math.ScaleB(random.NextDouble(1, 2), random.NextInt32(120) - 60), y = random.NextDouble(-300, 300);
            Assert.Equal(Math.Log(x), PortableMath.Log(x), 4e-16 * Math.Max(1, Math.Abs(Math.Log(x))));
            Assert.Equal(1, PortableMath.Exp(y) / Math.Exp(y), 8e-16);
        }
        Assert.Equal(0, PortableMath.Log(1));
        Assert.Equal(1, PortableMath.Exp(0));
        Assert.Equal([0, double.PositiveInfinity, double.NaN], ((double[])[-6487, 1e300, double.NaN]).Select(PortableMath.Exp));
        Assert.Equal(Math.Pow(3.7, 1.61), PortableMath.Pow(3.7, 1.61), 1e-14);
    }

    /// <summary>These bits are in every sky that has been stored.</summary>
    [Fact]
    public void NormalNumbers_KeepTheirBits()
    {
        var random = new SkyRandom(42, "a test");
        long sum = 0;
        for (int i = 0; i < 10_000; i++)
            sum = unchecked(sum * 31 + BitConverter.DoubleToInt64Bits(random.Of(i).Normal(i)));
        Assert.Equal(Expected, sum);
    }

    [Fact]
    public void NormalNumbers_ManyAtATime_AreThoseOfOneByOne()
    {
        var random = new SkyRandom(42, "a test");
        double[] many = new double[SkyRandom.MostNormals];
        for (int round = 0, count = many.Length; round < 400; round++, count = round % many.Length)
        {
            random.Normals(1_000_003L * round, many.AsSpan(0, count));
            for (int i = 0; i < count; i++)
                Assert.Equal(BitConverter.DoubleToInt64Bits(random.Normal(1_000_003L * round + i)), BitConverter.DoubleToInt64Bits(many[i]));
        }
    }

    private const long Expected = 6217776845882685014;

    [Fact]
    public void NormalNumbers_HaveTheMomentsAndTailsOfANormalDistribution()
    {
        const int Count = 2_000_000;
        var random = new SkyRandom(7, "another test");
        double sum = 0, squares = 0, cubes = 0, fourths = 0;
        int far = 0, veryFar = 0;
        for (int i = 0; i < Count; i++)
        {
            double value = random.Normal(i), square = value * value;
            sum += value;
            squares += square;
            cubes += square * value;
            fourths += square * square;
            far += Math.Abs(value) > 2 ? 1 : 0;
            veryFar += Math.Abs(value) > 4 ? 1 : 0;
        }
        double error = 1 / Math.Sqrt(Count);
        Assert.InRange(sum / Count, -4 * error, 4 * error);
        Assert.InRange(squares / Count, 1 - 4 * Math.Sqrt(2) * error, 1 + 4 * Math.Sqrt(2) * error);
        Assert.InRange(cubes / Count, -4 * Math.Sqrt(15) * error, 4 * Math.Sqrt(15) * error);
        Assert.InRange(fourths / Count, 3 - 4 * Math.Sqrt(96) * error, 3 + 4 * Math.Sqrt(96) * error);
        Assert.InRange(far, 0.0455003 * Count - 4 * Math.Sqrt(0.0455 * Count), 0.0455003 * Count + 4 * Math.Sqrt(0.0455 * Count));
        Assert.InRange(veryFar, 6.334e-5 * Count - 4 * Math.Sqrt(6.3e-5 * Count), 6.334e-5 * Count + 4 * Math.Sqrt(6.3e-5 * Count));
    }

    [Fact]
    public void Numbers_OfOtherSeedsPurposesAndIndices_HaveNothingToDoWithEachOther()
    {
        SkyRandom[] streams = [new(1, "a"), new(2, "a"), new(1, "b"), new SkyRandom(1, "a").Of(0), new SkyRandom(1, "a").Of(1), new SkyRandom(1, "a").Of(0).Of(0)];
        for (int i = 0; i < streams.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                double product = Enumerable.Range(0, 20_000).Sum(k => streams[i].Normal(k) * streams[j].Normal(k)) / 20_000;
                Assert.InRange(product, -4.5 / Math.Sqrt(20_000), 4.5 / Math.Sqrt(20_000));
            }
        }
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(85)]
    [InlineData(400)]
    public void Poisson_HasItsMeanAndVariance(double mean)
    {
        var random = new SkyRandom(3, "counts");
        double[] counts = [.. Enumerable.Range(0, 20_000).Select(i => (double)random.Poisson(i, mean))];
        double found = counts.Average(), variance = counts.Average(count => (count - found) * (count - found));
        Assert.InRange(found, mean - 4 * Math.Sqrt(mean / 20_000), mean + 4 * Math.Sqrt(mean / 20_000));
        Assert.InRange(variance / mean, 0.95 - 0.2 / Math.Sqrt(mean * 20), 1.05 + 0.2 / Math.Sqrt(mean * 20));
    }
}
