using System.Diagnostics;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>How the time of a call of the network depends on the number of images: up to some number more images cost next to nothing, from then on each costs the same.</summary>
internal static class BatchProfile
{
    private const int Most = 64;

    /// <summary>What a larger batch has to gain for each image, to be worth that everybody in it waits twice as long for the next step.</summary>
    private const double WorthIt = 1.05;

    /// <summary>A call that takes longer makes new images wait too long.</summary>
    private static readonly TimeSpan _longestCall = TimeSpan.FromSeconds(0.5);

    /// <summary>Doubles the batch while that pays. To be called where the network computes.</summary>
    public static int Measure(DiffusionModel model)
    {
        Time(model, 1);                                      // the first call loads libraries
        int best = 1;
        double perImage = Time(model, 1).TotalSeconds;
        for (int images = 2; images <= Most; images *= 2)
        {
            var time = Time(model, images);
            if (time.TotalSeconds / images * WorthIt > perImage)
                return best;
            (best, perImage) = (images, time.TotalSeconds / images);
            if (time > _longestCall)
                return best;
        }
        return best;
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
