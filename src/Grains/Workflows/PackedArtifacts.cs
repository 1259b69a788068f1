using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>Takes the results that an archive of a study holds into a store: targets with the same recipes are up to date from then on.</summary>
/// <param name="store">Where to.</param>
/// <param name="grains">Who gives names to data sets and models.</param>
public sealed class PackedArtifacts(IArtifactStore store, IGrainFactory grains)
{
    /// <param name="archive">The archive.</param>
    /// <param name="cancellationToken">Ends it; what was taken is whole.</param>
    /// <returns>Names of targets whose results were taken, and of those for which the store has something of its own: that stays.</returns>
    public async Task<(IReadOnlyList<string> Taken, IReadOnlyList<string> Kept)> TakeAsync(StudyArchive archive, CancellationToken cancellationToken)
    {
        var artifacts = archive.Artifacts().ToDictionary(artifact => artifact.Id);
        var (taken, kept) = (new List<string>(), new List<string>());
        // The files of an export are elsewhere: writing them is all there is to it.
        foreach (var target in archive.Pack.Targets.Where(target => target.Kind != "export" && artifacts.ContainsKey(target.Artifact)))
            (await TakeAsync(archive, target, artifacts, cancellationToken) ? taken : kept).Add(target.Name);
        return (taken, kept);
    }

    /// <summary>What it gave, then the names, and last what says that the target is done.</summary>
    private async Task<bool> TakeAsync(StudyArchive archive, PackedTarget target, Dictionary<string, ArtifactManifest> artifacts, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(target.Artifact, cancellationToken) != null)
            return false;
        if (target.Result is { } result)
        {
            if (!artifacts.TryGetValue(result, out var made))
                throw new UserErrorException(ErrorKind.Invalid, target.Name, $"The archive does not have the artifact '{result}', which target '{target.Name}' gave.");
            if ((await PutAsync(archive, made, cancellationToken)).ContentDigest != made.ContentDigest)
                return false;                                // such as samples, whose last digits were rounded in another way here
            if (target.Outputs.TryGetValue(TargetKinds.Dataset, out var dataset))
                await grains.Dataset(dataset.Value).RegisterAsync(result, cancellationToken);
            if (target.Outputs.TryGetValue(TargetKinds.Model, out var model))
                await grains.Model(model.Value).RegisterAsync(result, $"of study '{archive.Pack.Study}', out of an archive", cancellationToken);
        }
        await PutAsync(archive, artifacts[target.Artifact], cancellationToken);
        return true;
    }

    private async Task<ArtifactManifest> PutAsync(StudyArchive archive, ArtifactManifest artifact, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(artifact.Id, cancellationToken) is { } there)
            return there;
        using var scratch = store.CreateScratchDirectory();
        await Task.Run(() => archive.ExtractArtifact(artifact, scratch.Path), cancellationToken);
        return await store.AdoptAsync(artifact, scratch.Path, cancellationToken);
    }
}
