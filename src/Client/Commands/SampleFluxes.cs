using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Models;

namespace RadioDiffusion.Client.Commands;

/// <summary>Peak fluxes for samples that none was asked for.</summary>
internal static class SampleFluxes
{
    /// <inheritdoc cref="Grains.Sampling.SampleFluxes.Draw"/>
    public static async Task<double[]?> DrawAsync(Session session, ModelEntry model, IEnumerable<ulong> seeds, CancellationToken cancellationToken)
    {
        if (!model.NeedsFlux)
            return null;
        return Grains.Sampling.SampleFluxes.Draw(await SnapshotDescriptions.ReadAsync(session.Artifacts, model.Snapshot, cancellationToken), seeds);
    }
}
