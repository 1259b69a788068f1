using System.Numerics.Tensors;
using MathNet.Numerics.Statistics;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>How the pixels of a set's images are distributed over [0, 1].</summary>
/// <param name="Counts">In <see cref="ImageMeasurements.PixelBins"/> equal bins.</param>
public sealed record PixelDistribution(double[] Counts)
{
    private const int Bins = ImageMeasurements.PixelBins, Resamplings = 200;

    public static PixelDistribution Of(ImageMeasurements set) => Of(set, null);

    /// <summary>KS and Wasserstein distances of the binned pixels, with errors from a bootstrap that draws whole images.</summary>
    public static DistributionDistance? Distance(ImageMeasurements real, ImageMeasurements generated, ulong seed)
    {
        var (one, other) = (Of(real), Of(generated));
        if (one.Counts.Sum() == 0 || other.Counts.Sum() == 0)
            return null;
        var (ks, wasserstein) = Between(one, other);
        double[] ksDrawn = new double[Resamplings], wassersteinDrawn = new double[Resamplings];
        Parallel.For(0, Resamplings, i =>
        {
            var stream = new RandomStream(seed, "pixel bootstrap", i);
            (ksDrawn[i], wassersteinDrawn[i]) = Between(Of(real, stream), Of(generated, stream));
        });
        return new DistributionDistance(ks, ksDrawn.StandardDeviation(), wasserstein, wassersteinDrawn.StandardDeviation());
    }

    /// <summary>Counts in fewer bins, a divisor of those there are.</summary>
    public long[] Merged(int bins) => [.. Counts.Chunk(Bins / bins).Select(chunk => (long)chunk.Sum())];

    /// <summary>Percentiles by interpolation in the bins.</summary>
    public QuantitySummary Summary()
    {
        double sum = Counts.Sum();
        double mean = Counts.Select((count, bin) => count * (bin + 0.5) / Bins).Sum() / sum;
        return new QuantitySummary((long)sum, 0, mean, Percentile(0.5 * sum), Percentile(0.16 * sum), Percentile(0.84 * sum));
    }

    private double Percentile(double wanted)
    {
        double below = 0;
        for (int bin = 0; bin < Bins; bin++)
        {
            if (below + Counts[bin] >= wanted && Counts[bin] > 0)
                return (bin + ((wanted - below) / Counts[bin])) / Bins;
            below += Counts[bin];
        }
        return double.NaN;
    }

    /// <param name="set">The set.</param>
    /// <param name="stream">Draws as many images as there are, with replacement; null for each once.</param>
    private static PixelDistribution Of(ImageMeasurements set, RandomStream? stream)
    {
        int images = set.Images.Count;
        float[] times = new float[images];
        if (stream == null)
            Array.Fill(times, 1);
        for (int i = 0; stream != null && i < images; i++)
            times[stream.NextInt32(images)]++;
        double[] counts = new double[Bins];
        float[] partial = new float[Bins];
        for (int i = 0; i < images; i++)
        {
            TensorPrimitives.MultiplyAdd(set.PixelCounts(i), times[i], partial, partial);
            if (i % 256 == 255 || i == images - 1)           // float32 counts exactly up to 2^24
            {
                for (int bin = 0; bin < Bins; bin++)
                    counts[bin] += partial[bin];
                Array.Clear(partial);
            }
        }
        return new PixelDistribution(counts);
    }

    private static (double KolmogorovSmirnov, double Wasserstein) Between(PixelDistribution one, PixelDistribution other)
    {
        double oneSum = one.Counts.Sum(), otherSum = other.Counts.Sum(), oneBelow = 0, otherBelow = 0, largest = 0, area = 0;
        for (int bin = 0; bin < Bins; bin++)
        {
            oneBelow += one.Counts[bin];
            otherBelow += other.Counts[bin];
            double difference = Math.Abs((oneBelow / oneSum) - (otherBelow / otherSum));
            largest = Math.Max(largest, difference);
            area += difference / Bins;
        }
        return (largest, area);
    }
}
