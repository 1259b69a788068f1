using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Commands;

/// <summary>Peak fluxes for samples that none was asked for: drawn from the distribution of the training set, one by each seed.</summary>
internal static class SampleFluxes
{
    private const int Digits = 4;                            // enough for a flux, short enough for an ID

    /// <summary>mJy/beam for each seed; null for a model that knows no distribution of fluxes, or is conditioned on further values.</summary>
    public static async Task<double[]?> DrawAsync(Session session, ModelEntry model, IEnumerable<ulong> seeds, CancellationToken cancellationToken)
    {
        if (!model.NeedsFlux || model.Conditions.Count > 1)     // with other values beside it, a flux of its own might not go with them
            return null;
        await using var stream = await session.Artifacts.OpenReadAsync(model.Snapshot, SnapshotDescription.FileName, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return SnapshotDescription.Parse(bytes.ToArray(), $"{SnapshotDescription.FileName} of {model.Snapshot}").Fluxes is { } fluxes
            ? [.. seeds.Select(seed => Rounded(1000 * fluxes.DrawPeakFlux(new RandomStream(seed, "sample flux"))))]
            : null;
    }

    private static double Rounded(double flux)
    {
        double scale = Math.Pow(10, Digits - 1 - Math.Floor(Math.Log10(flux)));
        return Math.Round(flux * scale) / scale;
    }
}
