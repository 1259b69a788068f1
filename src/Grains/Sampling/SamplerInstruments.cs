using System.Diagnostics.Metrics;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>What the samplers of this silo measure, all of them together.</summary>
internal static class SamplerInstruments
{
    public static readonly UpDownCounter<long> QueueLength = Telemetry.Meter.CreateUpDownCounter<long>("radiodiffusion.sampler.queue_length", "{image}",
        "Images that wait for a batch");

    private static readonly Histogram<int> _batchSize = Telemetry.Meter.CreateHistogram("radiodiffusion.sampler.batch_size", "{image}",
        "Images that were computed together", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 12, 16] });

    private static readonly Histogram<double> _batchTime = Telemetry.Seconds("radiodiffusion.sampler.batch_time",
        "Computing time of a batch on its device", 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300);

    private static readonly Counter<long> _images = Telemetry.Meter.CreateCounter<long>("radiodiffusion.sampler.images", "{image}", "Images that were computed");

    private static readonly Gauge<double> _throughput = Telemetry.Meter.CreateGauge<double>("radiodiffusion.sampler.throughput", "{image}/s",
        "Images per second of computing in the latest batch");

    /// <summary>A batch was computed.</summary>
    public static void Record(int images, TimeSpan computing)
    {
        _batchSize.Record(images);
        _batchTime.Record(computing.TotalSeconds);
        _images.Add(images);
        _throughput.Record(images / Math.Max(computing.TotalSeconds, 1e-9));
    }
}
