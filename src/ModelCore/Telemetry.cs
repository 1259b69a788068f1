using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace RadioDiffusion.ModelCore;

/// <summary>What this program measures of itself. Each instrument stands where its work is done; docs/operations.md has the table of all.</summary>
/// <remarks>Tags have few values (an operation, a queue): never a name, an ID or a path, each of which would be a time series of its own for ever.</remarks>
public static class Telemetry
{
    /// <summary>Name of the meter and of the source of spans.</summary>
    public const string Name = "RadioDiffusion";

    /// <summary>All instruments are of this meter.</summary>
    public static readonly Meter Meter = new(Name);

    /// <summary>All spans are of this source.</summary>
    public static readonly ActivitySource Spans = new(Name);

    /// <summary>A histogram of times in seconds.</summary>
    /// <param name="name">Its name, such as radiodiffusion.tile.time.</param>
    /// <param name="description">What is timed.</param>
    /// <param name="bounds">Upper bounds of its buckets, in seconds, rising.</param>
    public static Histogram<double> Seconds(string name, string description, params double[] bounds) =>
        Meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });
}
