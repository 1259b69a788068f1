using System.Diagnostics;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>How the time of a call of the network depends on the number of images: up to some number more images cost next to nothing, from then on each costs the same.</summary>
internal static class BatchProfile
{
    private const int Most = 64;

    /// <summary>The shortest of so many calls counts: whatever else the machine does makes some of them longer.</summary>
    private const int Rounds = 3;

    /// <summary>What the best batch may gain for each image over the one that is taken.</summary>
    private const double NearlyBest = 1.1;

    /// <summary>Larger batches than one that takes so long make new images wait too long.</summary>
    private static readonly TimeSpan _longCall = TimeSpan.FromSeconds(0.15);

    /// <summary>The largest batch, of powers of two, with nearly the best time for an image. To be called where the network computes.</summary>
    public static int Measure(DiffusionModel model)
    {
        var times = new List<(int Images, double PerImage)>();
        for (int images = 1; images <= Most; images *= 2)
        {
            Time(model, images);                             // each shape is prepared by its first call
            var time = Enumerable.Range(0, Rounds).Min(_ => Time(model, images));
            times.Add((images, time.TotalSeconds / images));
            if (time > _longCall)
                break;
        }
        double best = times.Min(time => time.PerImage);
        return times.Last(time => time.PerImage <= best * NearlyBest).Images;
    }

    private static TimeSpan Time(DiffusionModel model, int images)
    {
        var network = model.Description.Network;
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        var x = zeros([images, network.ImageChannels, network.ImageSize, network.ImageSize], device: model.Device);
        var sigma = ones([images], device: model.Device);
        long began = Stopwatch.GetTimestamp();
        model.Network.forward(x, sigma, Conditions.None).cpu();
        return Stopwatch.GetElapsedTime(began);
    }
}
