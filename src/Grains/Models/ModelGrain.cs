using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains.Models;

/// <inheritdoc cref="IModelGrain"/>
[GrainType("model")]
internal sealed class ModelGrain(
    [PersistentState("model", GrainStorageNames.Default)] IPersistentState<ModelState> state,
    SnapshotDescriptions descriptions) : Grain, IModelGrain
{
    private string Name => this.GetPrimaryKeyString();

    public async Task<ModelEntry> RegisterAsync(string snapshotArtifact, string lineage, CancellationToken cancellationToken = default)
    {
        Names.Check(Name, "a model");
        string digest = SnapshotNames.DigestOf(snapshotArtifact);
        var description = await descriptions.GetAsync(digest, cancellationToken);
        var entry = new ModelEntry
        {
            Name = Name,
            Snapshot = snapshotArtifact,
            Digest = digest,
            Lineage = lineage,
            Classes = description.Classes,
            NeedsFlux = description.FluxTransform != null,
            Iterations = description.Iterations,
            Parameters = description.Parameters,
            ImageSize = description.Network.ImageSize,
            FluxRange = [.. description.PeakFluxPercentiles.Select(jansky => jansky * 1000)],
            Channels = [.. (description.Channels ?? []).Select(channel => channel.Name)],
        };
        await state.ReplaceAsync(new ModelState { Entry = entry }, Name, cancellationToken);
        await GrainFactory.GetGrain<INameIndexGrain>(INameIndexGrain.Models).AddAsync(Name, cancellationToken);
        return entry;
    }

    public Task<ModelEntry> GetAsync(CancellationToken cancellationToken = default) => Task.FromResult(state.State.Entry
        ?? throw new UserErrorException(ErrorKind.NotFound, Name,
            $"There is no model '{Name}': 'radiodiffusion model list' shows those there are."));
}

internal sealed class ModelState
{
    public ModelEntry? Entry { get; set; }
}
