using System.Diagnostics.Metrics;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>What the samplers of this silo measure, all of them together.</summary>
internal static class SamplerInstruments
{
    public static readonly UpDownCounter<long> QueueLength = Telemetry.Meter.CreateUpDownCounter<long>("radiodiffusion.sampler.queue_length", "{image}",
        "Images that wait for a place in the batch");

    private static readonly Histogram<int> _batchSize = Telemetry.Meter.CreateHistogram("radiodiffusion.sampler.batch_size", "{image}",
        "Images in a call of the network", null, new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64] });

    private static readonly Histogram<double> _callTime = Telemetry.Seconds("radiodiffusion.sampler.call_time",
        "Computing time of a call of the network with all images of a batch", 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10);

    private static readonly Counter<long> _images = Telemetry.Meter.CreateCounter<long>("radiodiffusion.sampler.images", "{image}", "Images that were computed");

    private static readonly Gauge<double> _throughput = Telemetry.Meter.CreateGauge<double>("radiodiffusion.sampler.throughput", "{image}/s",
        "Images of a call of the network per second of the latest call");

    /// <summary>The network was called.</summary>
    public static void Called(int images, TimeSpan computing)
    {
        _batchSize.Record(images);
        _callTime.Record(computing.TotalSeconds);
        _throughput.Record(images / Math.Max(computing.TotalSeconds, 1e-9));
    }

    /// <summary>An image is done.</summary>
    public static void Done() => _images.Add(1);
}
