namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// Holds artifacts: immutable files under an ID, beside the recipe they were made by. An artifact is there whole or not at all;
/// the first writer of an ID wins, and writing it again changes nothing.
/// </summary>
public interface IArtifactStore
{
    /// <summary>What is stored under an ID; null if nothing is.</summary>
    Task<ArtifactManifest?> FindAsync(string id, CancellationToken ct = default);

    /// <summary>
    /// Stores the finished files of a directory, which is gone afterwards. If the ID is there already, the one that is there is
    /// returned, and the directory is deleted.
    /// </summary>
    /// <param name="id">The recipe's ID, or an ID that is written out, as a sample's is.</param>
    /// <param name="recipe">What the files were made from.</param>
    /// <param name="directory">Best one from <see cref="CreateScratchDirectory"/>.</param>
    /// <param name="ct">Stops it; nothing is stored then, and the directory may be gone.</param>
    Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, CancellationToken ct = default);

    /// <summary>Stores an artifact of another store: who made it, and when, stays as it was. Otherwise as <see cref="PutAsync"/>.</summary>
    /// <param name="made">Its manifest there.</param>
    /// <param name="directory">Its files.</param>
    /// <param name="ct">Stops it; nothing is stored then, and the directory may be gone.</param>
    /// <exception cref="RadioDiffusionException">The files are not those of the manifest, or its ID is not that of its recipe.</exception>
    Task<ArtifactManifest> AdoptAsync(ArtifactManifest made, string directory, CancellationToken ct = default);

    /// <summary>A local directory with the files, only to be read.</summary>
    /// <exception cref="RadioDiffusionException">There is no such artifact, or its files are damaged.</exception>
    Task<string> GetDirectoryAsync(string id, CancellationToken ct = default);

    /// <summary>One file of an artifact; the stream can seek.</summary>
    /// <exception cref="RadioDiffusionException">There is no such artifact, or it has no such file.</exception>
    Task<Stream> OpenReadAsync(string id, string file, CancellationToken ct = default);

    /// <summary>All artifacts (of one kind), in the order of their IDs.</summary>
    IAsyncEnumerable<ArtifactManifest> ListAsync(string? kind = null, CancellationToken ct = default);

    /// <summary>Removes an artifact; it is no error if there is none.</summary>
    Task DeleteAsync(string id, CancellationToken ct = default);

    /// <summary>A new empty directory to write an artifact's files into; left behind by a crash, it is cleared up later.</summary>
    ScratchDirectory CreateScratchDirectory();

    /// <summary>What and where the store is, for messages; without credentials.</summary>
    string Describe();
}
