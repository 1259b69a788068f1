using System.Collections.Concurrent;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.Grains.Models;

/// <summary>What the stored snapshots are, read once each per silo.</summary>
public sealed class SnapshotDescriptions(IArtifactStore store, ShippedModels shipped)
{
    private readonly ConcurrentDictionary<string, SnapshotDescription> _known = new();

    /// <param name="digest">16 hexadecimal digits.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="UserErrorException">There is no such snapshot in the store.</exception>
    public async Task<SnapshotDescription> GetAsync(string digest, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(digest, out var known))
            return known;
        string id = SnapshotNames.IdOf(digest);
        if (await store.FindAsync(id, cancellationToken) == null && !await shipped.StoreByDigestAsync(digest, cancellationToken))
        {
            throw new UserErrorException(ErrorKind.NotFound, digest,
                $"There is no model {digest} in {store.Describe()}: 'radiodiffusion model list' shows those there are.");
        }
        return _known[digest] = await ReadAsync(store, id, cancellationToken);
    }

    /// <summary>The description of a snapshot that is in the store.</summary>
    public static async Task<SnapshotDescription> ReadAsync(IArtifactStore store, string id, CancellationToken cancellationToken) =>
        SnapshotDescription.Parse(await store.ReadFileAsync(id, SnapshotDescription.FileName, cancellationToken), $"{SnapshotDescription.FileName} of {id}");
}
