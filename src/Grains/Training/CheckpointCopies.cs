using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Training;

/// <summary>Checkpoints, and the averages kept for good, as artifacts of their runs.</summary>
internal static class CheckpointCopies
{
    private const string Run = "run";

    /// <summary>Stores a checkpoint, or averages, once more, for another run.</summary>
    public static async Task<CommittedCheckpoint> CopyAsync(IArtifactStore store, CommittedCheckpoint checkpoint, string run, CancellationToken cancellationToken)
    {
        var manifest = await store.FindAsync(checkpoint.Artifact, cancellationToken) ?? throw new RadioDiffusionException($"{checkpoint.Artifact} is not in the store any more.");
        var recipe = manifest.Recipe with { Parameters = manifest.Recipe.Parameters.DeepClone().AsObject() };
        recipe.Parameters[Run] = run;
        string source = await store.GetDirectoryAsync(checkpoint.Artifact, cancellationToken);
        using var scratch = store.CreateScratchDirectory();
        await Task.Run(() => CopyFiles(manifest, source, scratch.Path, cancellationToken), cancellationToken);
        await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken);
        return checkpoint with { Artifact = recipe.Id };
    }

    /// <summary>Deletes all checkpoints and averages of a run, committed or not.</summary>
    public static async Task DeleteAllAsync(IArtifactStore store, string run, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (string kind in new[] { TrainingSetup.CheckpointKind, TrainingSetup.AveragesKind })
        {
            await foreach (var manifest in store.ListAsync(kind, cancellationToken))
            {
                if (manifest.Recipe.Parameters[Run]?.GetValue<string>() == run)
                    ids.Add(manifest.Id);
            }
        }
        foreach (string id in ids)
            await store.DeleteAsync(id, cancellationToken);
    }

    /// <summary>A wrong number among weights would be worked with without a word, so every byte is compared with what was written.</summary>
    /// <exception cref="RadioDiffusionException">A file is not as it was written.</exception>
    public static void CheckBytes(ArtifactManifest manifest, string directory)
    {
        foreach (var file in manifest.Files)
        {
            string found = Digests.OfFile(Path.Combine(directory, file.Name));
            if (found != file.Sha256)
                throw new RadioDiffusionException($"'{file.Name}' of '{manifest.Id}' should have the digest {file.Sha256}, but it has {found}.");
        }
    }

    private static void CopyFiles(ArtifactManifest manifest, string source, string target, CancellationToken cancellationToken)
    {
        foreach (var file in manifest.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string to = Path.Combine(target, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(Path.Combine(source, file.Name), to);
        }
    }
}
