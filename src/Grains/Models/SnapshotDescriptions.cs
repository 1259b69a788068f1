using System.Collections.Concurrent;
using RadioDiffusion.Grains.Interfaces;
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
        await using var stream = await store.OpenReadAsync(id, SnapshotDescription.FileName, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return _known[digest] = SnapshotDescription.Parse(bytes.ToArray(), $"{SnapshotDescription.FileName} of {id}");
    }
}
