using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>The fast statistics against the plain definition on sorted pixels, over images of many kinds and sizes.</summary>
public class PixelStatisticsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(6400)]
    public void Clip_OfImagesOfAllKinds_IsThatOfSortedPixels(int pixels)
    {
        var statistics = new PixelStatistics(6400);
        for (int seed = 0; seed < 60; seed++)
        {
            float[] image = Image(seed, pixels);
            var (mean, median, deviation, kept, iterations) = Plain(image);
            var found = statistics.Clip(image);
            Assert.Equal((kept, iterations), (found.Kept, found.Iterations));
            double scale = Math.Max(deviation, 1e-12 * Math.Abs(median));
            Assert.Equal(median, found.Median, 1e-9 * scale);
            Assert.Equal(mean, found.Mean, 1e-9 * scale);
            Assert.Equal(deviation, found.StandardDeviation, 1e-9 * scale);
        }
    }

    /// <summary>Also of images without bright pixels, whose source is found at a lower threshold, inside what clipping never looks at again.</summary>
    [Theory]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(6400)]
    public void Snr_OfImagesOfAllKinds_IsThatOfTheDefinition(int pixels)
    {
        var statistics = new PixelStatistics(6400);
        var thresholds = new HashSet<double>();
        for (int seed = 0; seed < 120; seed++)
        {
            float[] image = Image(seed, pixels);
            if (seed % 2 == 0)
            {
                for (int i = 0; i < pixels; i++)
                    image[i] = Math.Min(image[i], image[1]);
            }
            if (image.Min() == image.Max())
                continue;
            double minimum = image.Min(), range = image.Max() - minimum;
            float[] sorted = [.. image.Order()];
            var clipped = Plain(image);
            if (clipped.StandardDeviation == 0 && clipped.Median >= sorted[^1])
            {
                Assert.Equal(double.NaN, statistics.Snr(image, sorted[0], sorted[^1]).Ratio);
                continue;
            }
            double threshold = 5, bound;
            for (; (bound = clipped.Median + threshold * clipped.StandardDeviation) >= sorted[^1]; threshold -= 0.5)
                continue;
            // A bound that lies on pixels, as with constant noise, hangs on rounding in the definition itself.
            if (image.Any(pixel => Math.Abs(pixel - bound) <= 1e-9 * range))
                continue;
            double[] source = [.. image.Where(pixel => pixel > bound).Select(pixel => (pixel - minimum) / range)];
            double[] others = [.. image.Where(pixel => pixel <= bound).Select(pixel => (pixel - minimum) / range)];
            var found = statistics.Snr(image, image.Min(), image.Max());
            Assert.Equal((threshold, source.Length), (found.Threshold, found.SourcePixels));
            double ratio = others.Sum() == 0 ? -1 : source.Average() / others.Average();
            Assert.Equal(ratio, found.Ratio, 1e-9 * Math.Abs(ratio));
            thresholds.Add(threshold);
        }
        Assert.True(thresholds.Count > 1);
    }

    [Fact]
    public void Ranks_OfAnyImage_AreThePixelsInOrder()
    {
        var ranks = new PixelRanks(500);
        for (int seed = 0; seed < 40; seed++)
        {
            float[] image = Image(seed, 1 + 37 * seed % 500);
            float[] sorted = [.. image.Order()];
            ranks.Count(image);
            for (int rank = 0; rank < sorted.Length; rank += 3)
                Assert.Equal(sorted[rank], ranks.At(image, rank));
        }
    }

    [Fact]
    public void Measure_OfManyCutouts_AllocatesNothing()
    {
        var meter = new CutoutMeter(6400);
        float[] image = Image(3, 6400);
        meter.Measure(image, 80);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            meter.Measure(image, 80);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    /// <summary>Noise with a source, on pedestals, with both signs, with few different values, constant.</summary>
    private static float[] Image(int seed, int pixels)
    {
        var stream = new RandomStream((ulong)seed, "pixel statistics");
        float pedestal = (seed % 5) switch { 0 => 0, 1 => 1, 2 => -0.01f, 3 => 1e-5f, _ => 100 };
        float noise = seed % 7 == 0 ? 0 : 1e-3f;
        float[] image = new float[pixels];
        for (int i = 0; i < pixels; i++)
        {
            double value = seed % 3 == 0 ? Math.Round(stream.NextNormal()) : stream.NextNormal();
            image[i] = pedestal + (float)(noise * value) + (i % 97 == 0 ? (float)stream.NextDouble() : 0);
        }
        return image;
    }

    private static ClippedStatistics Plain(float[] image)
    {
        double[] kept = [.. image.Select(pixel => (double)pixel).Order()];
        for (int iterations = 0; ; iterations++)
        {
            double mean = kept.Average(), median = (kept[kept.Length / 2] + kept[(kept.Length - 1) / 2]) / 2;
            double deviation = Math.Sqrt(kept.Average(value => (value - mean) * (value - mean)));
            var statistics = new ClippedStatistics(mean, median, deviation, kept.Length, iterations);
            if (iterations == 5)
                return statistics;
            double[] left = [.. kept.Where(value => value >= median - 3 * deviation && value <= median + 3 * deviation)];
            if (left.Length == kept.Length)
                return statistics with { Iterations = iterations + 1 };
            kept = left;
        }
    }
}
