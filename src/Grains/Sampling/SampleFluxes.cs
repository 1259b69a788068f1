using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>Peak fluxes for samples that none was asked for: drawn from the distribution of the training set, one by each seed.</summary>
public static class SampleFluxes
{
    private const int Digits = 4;                            // enough for a flux, short enough for an ID

    /// <summary>mJy/beam for each seed; null for a model that knows no distribution of fluxes, or is conditioned on further values: a flux of its own might not go with them.</summary>
    public static double[]? Draw(SnapshotDescription model, IEnumerable<ulong> seeds) => model is { Values: [{ Name: ConditionDescription.PeakFlux }], Fluxes: { } fluxes }
        ? [.. seeds.Select(seed => Rounded(1000 * fluxes.DrawPeakFlux(new RandomStream(seed, "sample flux"))))]
        : null;

    private static double Rounded(double flux)
    {
        double scale = Math.Pow(10, Digits - 1 - Math.Floor(Math.Log10(flux)));
        return Math.Round(flux * scale) / scale;
    }
}
