using System.Numerics.Tensors;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>The images of a set as they are compared: their first channel, scaled to [0, 1].</summary>
public static class ScaledImages
{
    /// <remarks>
    /// Real images are scaled from their smallest to their largest pixel, as for training (paper, Sect. 2.3). Generated ones have come out of the model in [0, 1] and were multiplied by the peak flux
    /// that was asked for, so they are divided by it; how well it was reached is part of what is compared.
    /// </remarks>
    /// <returns>(side, side).</returns>
    public static float[] Of(TrainingSetReader set, int index)
    {
        float[] image = set.Channel(index, 0).ToArray();
        if (!set.Description.IsGenerated)
        {
            PrincipalAxis.ToUnit(image);
            return image;
        }
        float peak = set.PeakFlux(index);
        if (peak > 0)
            TensorPrimitives.Divide(image, peak, image);
        foreach (ref float pixel in image.AsSpan())
            pixel = Math.Clamp(pixel, 0, 1);                 // NaN stays
        return image;
    }
}
