using System.Diagnostics;
using RadioDiffusion.ModelCore.Training.Collectives;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>What <see cref="Precision.Auto"/> decides on: how long the network takes, forwards and backwards, for a few images.</summary>
/// <param name="Float32Seconds">In float32, summed over the workers.</param>
/// <param name="BFloat16Seconds">In bfloat16; infinite where a worker cannot.</param>
public sealed record PrecisionMeasurement(double Float32Seconds, double BFloat16Seconds)
{
    /// <summary>bfloat16 is taken where it is at least so many times as fast.</summary>
    public const double WorthIt = 1.2;

    /// <summary>Images that are measured with, at most.</summary>
    public const int MostImages = 8;

    private const int Repetitions = 3;

    public Precision Chosen => BFloat16Seconds * WorthIt <= Float32Seconds ? Precision.BFloat16 : Precision.Float32;

    /// <summary>Measures, and sums over the workers, so that all of them choose alike.</summary>
    /// <param name="compute">The work in a precision; it returns when the device is done.</param>
    /// <param name="collective">Those who train together.</param>
    /// <param name="device">Where the collective takes its numbers from.</param>
    /// <param name="timeout">How long the others may take.</param>
    /// <exception cref="CollectiveException">A worker was lost.</exception>
    internal static PrecisionMeasurement Take(Action<Precision> compute, ICollective collective, Device device, TimeSpan timeout)
    {
        double single = Median(compute, Precision.Float32);
        double half = Autocast.IsAvailable ? Median(compute, Precision.BFloat16) : double.PositiveInfinity;
        return Sum(new PrecisionMeasurement(single, half), collective, device, timeout);
    }

    /// <summary>The sum of the workers' times.</summary>
    /// <exception cref="CollectiveException">A worker was lost.</exception>
    internal static PrecisionMeasurement Sum(PrecisionMeasurement mine, ICollective collective, Device device, TimeSpan timeout)
    {
        if (collective.Size == 1)
            return mine;
        using var scope = NewDisposeScope();
        var times = tensor([mine.Float32Seconds, mine.BFloat16Seconds], device: device);
        if (!collective.SumInPlace(times, timeout))
            throw new CollectiveException("The times measured for the choice of the precision could not be summed: a worker has ended or hangs.");
        double[] sums = times.cpu().data<double>().ToArray();
        return new PrecisionMeasurement(sums[0], sums[1]);
    }

    private static double Median(Action<Precision> compute, Precision precision)
    {
        compute(precision);                                  // the first time, libraries are loaded and memory is taken
        double[] seconds = new double[Repetitions];
        for (int i = 0; i < seconds.Length; i++)
        {
            long began = Stopwatch.GetTimestamp();
            compute(precision);
            seconds[i] = Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
        return seconds.Order().ElementAt(Repetitions / 2);
    }
}
