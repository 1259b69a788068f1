using System.Runtime.CompilerServices;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// Artifacts in a local folder: <c>artifacts/{two digits}/{id}</c> holds the files and their manifest, <c>scratch</c> what is
/// being made. An artifact arrives by one rename of its whole folder, so there is never a half one.
/// </summary>
public sealed class LocalArtifactStore(string root, TimeProvider? time = null) : IArtifactStore, IDisposable
{
    private readonly string _artifacts = Path.Combine(Path.GetFullPath(root), "artifacts");
    private readonly ScratchArea _scratch = new(Path.Combine(Path.GetFullPath(root), "scratch"));
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public Task<ArtifactManifest?> FindAsync(string id, CancellationToken ct = default) => Run("Looking up " + id, () => Find(id), ct);

    /// <inheritdoc/>
    public Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, CancellationToken ct = default)
    {
        ArtifactFolder.CheckId(id, recipe);
        return Run("Storing " + id, () => Put(id, directory, () => ArtifactFolder.Describe(id, recipe, directory, _time, ct)), ct);
    }

    /// <inheritdoc/>
    public Task<ArtifactManifest> AdoptAsync(ArtifactManifest made, string directory, CancellationToken ct = default)
    {
        ArtifactFolder.CheckId(made.Id, made.Recipe);
        return Run("Storing " + made.Id, () => Put(made.Id, directory, () => ArtifactFolder.DescribeAdopted(made, directory, ct)), ct);
    }

    /// <inheritdoc/>
    public Task<string> GetDirectoryAsync(string id, CancellationToken ct = default) =>
        Run("Looking up " + id, () => WholeFolder(Find(id) ?? throw NotThere(id)), ct);

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string id, string file, CancellationToken ct = default) => Run("Reading " + id, () =>
    {
        ArtifactFolder.FileOf(Find(id) ?? throw NotThere(id), file);
        return (Stream)new FileStream(Path.Combine(FolderOf(id), file), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete,
            bufferSize: 64 * 1024, FileOptions.Asynchronous);
    }, ct);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ArtifactManifest> ListAsync(string? kind = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        foreach (string id in await Run("Listing the store", AllIds, ct))
        {
            if (kind is not null && ArtifactId.HashedKind(id) is string other && other != kind)
                continue;
            var manifest = await FindAsync(id, ct);
            if (manifest is not null && (kind is null || manifest.Recipe.Kind == kind))
                yield return manifest;
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string id, CancellationToken ct = default) => Run("Deleting " + id, () =>
    {
        ArtifactId.Check(id);
        SetAside(FolderOf(id));
        return true;
    }, ct);

    /// <inheritdoc/>
    public ScratchDirectory CreateScratchDirectory()
    {
        try
        {
            return new ScratchDirectory(_scratch.Create());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DurableFiles.Explain("Making a scratch folder", root, error);
        }
    }

    /// <inheritdoc/>
    public string Describe() => $"the folder {Path.GetFullPath(root)}";

    /// <summary>Deletes this store's scratch directories; the artifacts stay.</summary>
    public void Dispose() => _scratch.Dispose();

    /// <summary>Stores files whose manifest is known already: how the cache of a remote store is filled.</summary>
    internal Task<ArtifactManifest> PutAsync(ArtifactManifest manifest, string directory, CancellationToken ct) =>
        Run("Storing " + manifest.Id, () => Put(manifest.Id, directory, () => manifest), ct);

    private ArtifactManifest? Find(string id)
    {
        ArtifactId.Check(id);
        string path = Path.Combine(FolderOf(id), ArtifactManifest.FileName);
        byte[] json;
        try
        {
            json = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        ArtifactManifest manifest;
        try
        {
            manifest = ArtifactManifest.FromJson(json, path);
        }
        catch (RadioDiffusionException error) when (error.InnerException is System.Text.Json.JsonException)
        {
            return null;                                     // torn: no artifact; whoever stores one under this ID puts it out of the way
        }
        if (manifest.Id != id)                               // on a file system that does not tell 'FRII' from 'frii'
            throw new RadioDiffusionException($"{path} should be the manifest of '{id}', but it is that of '{manifest.Id}'.");
        return manifest;
    }

    private string WholeFolder(ArtifactManifest manifest)
    {
        string folder = FolderOf(manifest.Id);
        foreach (var file in manifest.Files)
        {
            var found = new FileInfo(Path.Combine(folder, file.Name));
            if (!found.Exists || found.Length != file.Length)
            {
                throw new RadioDiffusionException($"Artifact '{manifest.Id}' is damaged: {found.FullName} should have {file.Length} bytes, but it "
                    + (found.Exists ? $"has {found.Length}" : "is missing") + ". Delete the folder and ask again: it is made anew.");
            }
        }
        return folder;
    }

    private ArtifactManifest Put(string id, string directory, Func<ArtifactManifest> describe)
    {
        if (FindWhole(id) is { } existing)
        {
            Directory.Delete(directory, recursive: true);
            return existing;
        }
        var manifest = describe();
        string staged = Adopt(directory);
        try
        {
            foreach (var file in manifest.Files)
                DurableFiles.Flush(Path.Combine(staged, file.Name));
            DurableFiles.Write(Path.Combine(staged, ArtifactManifest.FileName), manifest.ToJson());
            foreach (string folder in Directory.EnumerateDirectories(staged, "*", SearchOption.AllDirectories).Append(staged))
                DurableFiles.FlushDirectory(folder);
            return Publish(manifest, staged);
        }
        catch
        {
            DurableFiles.TryDeleteDirectory(staged);         // so that a full disk is not kept full
            throw;
        }
    }

    /// <summary>The rename that makes an artifact exist, unless someone else's came first.</summary>
    private ArtifactManifest Publish(ArtifactManifest manifest, string staged)
    {
        string folder = FolderOf(manifest.Id);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                Directory.Move(staged, folder);
                DurableFiles.FlushDirectory(Path.GetDirectoryName(folder)!);
                DurableFiles.FlushDirectory(_artifacts);
                return manifest;
            }
            catch (IOException) when (attempt < 3 && Directory.Exists(folder))
            {
                if (FindWhole(manifest.Id) is not { } winner)
                    continue;                                // a damaged one was in the way, and is not any more
                DurableFiles.TryDeleteDirectory(staged);
                return winner;
            }
        }
    }

    /// <summary>What is stored under an ID; a folder without a readable manifest is no artifact and is put out of the way.</summary>
    private ArtifactManifest? FindWhole(string id)
    {
        string folder = FolderOf(id);
        if (!Directory.Exists(folder))
            return null;
        if (Find(id) is { } manifest)
            return manifest;
        SetAside(folder);
        return null;
    }

    /// <summary>A rename first, so that nobody ever sees half of what is being deleted.</summary>
    private void SetAside(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        string doomed = _scratch.NewName();
        try
        {
            Directory.Move(folder, doomed);
        }
        catch (DirectoryNotFoundException)
        {
            return;                                          // somebody else deleted it
        }
        DurableFiles.TryDeleteDirectory(doomed);
    }

    /// <summary>The files on the store's own disk, where a rename is atomic.</summary>
    private string Adopt(string directory)
    {
        if (_scratch.Contains(directory))
            return directory;
        string own = _scratch.NewName();
        try
        {
            Directory.Move(directory, own);
        }
        catch (IOException)                                  // another disk
        {
            ArtifactFolder.Copy(directory, own);
            Directory.Delete(directory, recursive: true);
        }
        return own;
    }

    private List<string> AllIds()
    {
        if (!Directory.Exists(_artifacts))
            return [];
        return [.. Directory.EnumerateDirectories(_artifacts)
            .SelectMany(Directory.EnumerateDirectories)
            .Select(folder => ArtifactId.FromFileName(Path.GetFileName(folder)))
            .Where(id => ArtifactId.Problem(id) is null)
            .Order(StringComparer.Ordinal)];
    }

    private string FolderOf(string id) =>
        Path.Combine(_artifacts, Digests.Hex(System.Text.Encoding.UTF8.GetBytes(id))[..2], ArtifactId.ToFileName(id));

    private RadioDiffusionException NotThere(string id) => new($"There is no artifact '{id}' in {Describe()}.");

    private async Task<T> Run<T>(string what, Func<T> work, CancellationToken ct)
    {
        try
        {
            return await Task.Run(work, ct);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DurableFiles.Explain(what, root, error);
        }
    }
}
