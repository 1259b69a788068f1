using System.Diagnostics.Metrics;
using RadioDiffusion.ModelCore;

namespace RadioDiffusion.Grains.Training;

/// <summary>What the trainers of this silo measure, all of them together.</summary>
internal static class TrainingInstruments
{
    private static readonly Histogram<double> _stepTime = Telemetry.Seconds("radiodiffusion.training.step_time",
        "Time of an iteration on its device", 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100);

    private static readonly Counter<long> _images = Telemetry.Meter.CreateCounter<long>("radiodiffusion.training.images", "{image}", "Images that were trained on");

    private static readonly Gauge<double> _throughput = Telemetry.Meter.CreateGauge<double>("radiodiffusion.training.throughput", "{image}/s",
        "Images per second of computing in the latest iteration; 0 once a trainer has ended");

    /// <summary>A trainer made an iteration.</summary>
    public static void Record(int images, TimeSpan step)
    {
        _stepTime.Record(step.TotalSeconds);
        _images.Add(images);
        _throughput.Record(images / Math.Max(step.TotalSeconds, 1e-9));
    }

    /// <summary>A trainer ended: its rate is no longer one.</summary>
    public static void RecordEnd() => _throughput.Record(0);
}
