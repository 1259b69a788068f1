using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo;

/// <inheritdoc cref="IStoreGrain"/>
[GrainType("store")]
[StatelessWorker]
internal sealed class StoreGrain(IOptions<SiloSettings> settings, IArtifactStore store) : Grain, IStoreGrain
{
    public Task<StoreLocation> GetLocationAsync(CancellationToken cancellationToken = default)
    {
        string configured = settings.Value.Store;
        string? folder = StoreRegistration.IsAzure(configured) ? null : Path.GetFullPath(configured);
        return Task.FromResult(new StoreLocation(folder, store.Describe()));
    }
}
