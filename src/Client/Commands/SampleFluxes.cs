using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Client.Commands;

/// <summary>Peak fluxes for samples that none was asked for.</summary>
internal static class SampleFluxes
{
    /// <inheritdoc cref="Grains.Sampling.SampleFluxes.Draw"/>
    public static async Task<double[]?> DrawAsync(Session session, ModelEntry model, IEnumerable<ulong> seeds, CancellationToken cancellationToken)
    {
        if (!model.NeedsFlux)
            return null;
        await using var stream = await session.Artifacts.OpenReadAsync(model.Snapshot, SnapshotDescription.FileName, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return Grains.Sampling.SampleFluxes.Draw(SnapshotDescription.Parse(bytes.ToArray(), $"{SnapshotDescription.FileName} of {model.Snapshot}"), seeds);
    }
}
