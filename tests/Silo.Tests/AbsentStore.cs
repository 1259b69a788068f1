using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo.Tests;

/// <summary>A store that is away for as long as a test says: it answers with an error, or not at all.</summary>
internal sealed class AbsentStore(IArtifactStore store) : IArtifactStore, IDisposable
{
    /// <summary>Called before each look-up.</summary>
    public Func<CancellationToken, Task> BeforeFinding { get; set; } = _ => Task.CompletedTask;

    public async Task<ArtifactManifest?> FindAsync(string id, CancellationToken ct = default)
    {
        await BeforeFinding(ct);
        return await store.FindAsync(id, ct);
    }

    public Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, CancellationToken ct = default) => store.PutAsync(id, recipe, directory, ct);

    public Task<ArtifactManifest> AdoptAsync(ArtifactManifest made, string directory, CancellationToken ct = default) => store.AdoptAsync(made, directory, ct);

    public Task<string> GetDirectoryAsync(string id, CancellationToken ct = default) => store.GetDirectoryAsync(id, ct);

    public Task<Stream> OpenReadAsync(string id, string file, CancellationToken ct = default) => store.OpenReadAsync(id, file, ct);

    public IAsyncEnumerable<ArtifactManifest> ListAsync(string? kind = null, CancellationToken ct = default) => store.ListAsync(kind, ct);

    public Task DeleteAsync(string id, CancellationToken ct = default) => store.DeleteAsync(id, ct);

    public ScratchDirectory CreateScratchDirectory() => store.CreateScratchDirectory();

    public string Describe() => store.Describe();

    public void Dispose() => (store as IDisposable)?.Dispose();
}
