using System.Diagnostics;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>Whether a device samples in bfloat16 markedly faster than in float32: CPUs with AVX512-BF16 or AMX and most GPUs do, older CPUs take many times as long.</summary>
public static class FasterPrecision
{
    /// <summary>bfloat16 is taken where it is at least so many times as fast.</summary>
    private const double WorthIt = 1.5;

    private const int Repetitions = 3;
    private const int Images = 8, Channels = 64, Side = 40;  // a convolution such as the networks spend most of their time in
    private static readonly long[] _padding = [1, 1];

    /// <summary>Measures for some hundredths of a second.</summary>
    /// <param name="device">cpu, cuda, cuda:1 and so on.</param>
    /// <returns>As in sample IDs: f32, or bf16.</returns>
    public static string Measure(string device)
    {
        double single = Seconds(new Device(device), ScalarType.Float32);
        return Seconds(new Device(device), ScalarType.BFloat16) * WorthIt <= single ? "bf16" : "f32";
    }

    /// <summary>The fastest of some, so that other work on the machine matters little.</summary>
    private static double Seconds(Device device, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        var x = ones([Images, Channels, Side, Side], type, device);
        var weight = ones([Channels, Channels, 3, 3], type, device);
        double best = double.PositiveInfinity;
        for (int i = 0; i <= Repetitions; i++)                               // the first one loads libraries
        {
            long began = Stopwatch.GetTimestamp();
            AlignedConvolution.Apply(x, weight, null, _padding).select(0, 0).cpu();
            if (i > 0)
                best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalSeconds);
        }
        return best;
    }
}
