namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>5th, 25th, 50th, 75th and 95th percentile, with the extremes.</summary>
public sealed record Percentiles(double Smallest, double P05, double P25, double Median, double P75, double P95, double Largest)
{
    /// <summary>Of the finite values; null without any.</summary>
    public static Percentiles? Of(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Where(double.IsFinite).Order()];
        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
        return sorted.Length == 0 ? null : new Percentiles(sorted[0], At(0.05), At(0.25), At(0.5), At(0.75), At(0.95), sorted[^1]);
    }
}

/// <summary>What a training set is like: fluxes, S/N, brightness.</summary>
/// <param name="PeakFlux">Largest pixel of each image (of its first channel), in the unit of the set.</param>
/// <param name="SigmaSnr">S/N_sigma (paper, Eqs. 9 and 10); null where it is not defined for any image.</param>
/// <param name="Mean">Of all pixels of the images as training sees them, each channel of each scaled to [-1, 1].</param>
/// <param name="StandardDeviation">Of the same; the network assumes 0.5 (sigma_data).</param>
/// <param name="Empty">Images whose pixels are all equal, in the first channel.</param>
public sealed record DatasetStatistics(Percentiles? PeakFlux, Percentiles? SigmaSnr, double Mean, double StandardDeviation, int Empty)
{
    /// <summary>Reads every image once; memory holds none of them.</summary>
    public static DatasetStatistics Of(TrainingSetReader set, CancellationToken ct = default)
    {
        double sum = 0, squares = 0;
        int empty = 0;
        for (int i = 0; i < set.Count; i++)
        {
            ct.ThrowIfCancellationRequested();
            for (int channel = 0; channel < set.ImageChannels; channel++)
            {
                var image = set.Channel(i, channel);
                var (low, high) = ImageStatistics.Range(image);
                empty += channel > 0 || high > low ? 0 : 1;
                double scale = high > low ? 2.0 / ((double)high - low) : 0;
                foreach (float pixel in image)
                {
                    double value = ((double)pixel - low) * scale - 1;
                    sum += value;
                    squares += value * value;
                }
            }
        }
        double pixels = (double)set.Count * set.ImageChannels * set.ImageSize * set.ImageSize;
        double mean = sum / pixels;
        return new DatasetStatistics(
            Percentiles.Of(Enumerable.Range(0, set.Count).Select(i => (double)set.PeakFlux(i))),
            Percentiles.Of(set.Measurements().Select(measurement => measurement.SigmaSnr).Where(snr => snr >= 0)),         // -1: nothing around the source
            mean, Math.Sqrt(Math.Max(0, squares / pixels - mean * mean)), empty);
    }
}
