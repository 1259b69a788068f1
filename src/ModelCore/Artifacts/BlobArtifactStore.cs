using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// Artifacts in an Azure Blob container: files go under a prefix that no other writer has, then <c>manifests/{id}</c> is created
/// if it is not there. That last blob makes the artifact exist; of several writers it makes one the first.
/// </summary>
/// <param name="client">The storage account.</param>
/// <param name="container">The container, made when the first artifact is stored.</param>
/// <param name="cacheDirectory">A local folder for the files that were asked for; several processes may share it.</param>
/// <param name="time">The clock that provenance is dated by.</param>
public sealed class BlobArtifactStore(BlobServiceClient client, string container, string cacheDirectory, TimeProvider? time = null) : IArtifactStore, IDisposable
{
    private const string Manifests = "manifests/";
    private const string Files = "files/";
    private const int DownloadLocks = 64;

    private readonly BlobContainerClient _container = client.GetBlobContainerClient(container);
    private readonly LocalArtifactStore _cache = new(cacheDirectory, time);
    private readonly SemaphoreSlim[] _downloading = [.. Enumerable.Range(0, DownloadLocks).Select(_ => new SemaphoreSlim(1))];

    /// <inheritdoc/>
    public Task<ArtifactManifest?> FindAsync(string id, CancellationToken ct = default)
    {
        ArtifactId.Check(id);
        return Run("Looking up " + id, async () =>
        {
            try
            {
                var content = await _container.GetBlobClient(Manifests + id).DownloadContentAsync(ct);
                return ArtifactManifest.FromJson(content.Value.Content.ToMemory().Span, $"{Manifests}{id} in {Describe()}");
            }
            catch (RequestFailedException error) when (error.Status == 404)
            {
                return null;
            }
        });
    }

    /// <inheritdoc/>
    public Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, CancellationToken ct = default) =>
        PutAsync(id, recipe, directory, () => ArtifactFolder.Describe(id, recipe, directory, time ?? TimeProvider.System, ct), ct);

    /// <inheritdoc/>
    public Task<ArtifactManifest> AdoptAsync(ArtifactManifest made, string directory, CancellationToken ct = default) =>
        PutAsync(made.Id, made.Recipe, directory, () => ArtifactFolder.DescribeAdopted(made, directory, ct), ct);

    private async Task<ArtifactManifest> PutAsync(string id, Recipe recipe, string directory, Func<ArtifactManifest> describe, CancellationToken ct)
    {
        ArtifactFolder.CheckId(id, recipe);
        if (await FindAsync(id, ct) is { } existing)
        {
            DurableFiles.TryDeleteDirectory(directory);
            return existing;
        }
        var manifest = await Local("Reading " + directory, describe, ct);
        manifest = manifest with { Location = $"{Files}{id}/{Guid.NewGuid():N}/" };
        var stored = await Run("Storing " + id, () => UploadAsync(manifest, directory, ct));
        if (stored == manifest)
            await _cache.PutAsync(manifest, directory, ct);      // they are here already; no need to fetch them later
        else
            DurableFiles.TryDeleteDirectory(directory);
        return stored;
    }

    /// <inheritdoc/>
    public async Task<string> GetDirectoryAsync(string id, CancellationToken ct = default)
    {
        var manifest = await FindAsync(id, ct) ?? throw NotThere(id);
        var turn = _downloading[(id.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % DownloadLocks];
        await turn.WaitAsync(ct);                            // those who ask together wait for one download
        try
        {
            if (!await IsCachedAsync(manifest, ct))
                await DownloadAsync(manifest, ct);
            return await _cache.GetDirectoryAsync(id, ct);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string id, string file, CancellationToken ct = default)
    {
        var manifest = await FindAsync(id, ct) ?? throw NotThere(id);
        var entry = ArtifactFolder.FileOf(manifest, file);
        return await Run("Reading " + id, () => _container.GetBlobClient(manifest.Location + entry.Name).OpenReadAsync(cancellationToken: ct));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ArtifactManifest> ListAsync(string? kind = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        string? page = null;
        do
        {
            (var ids, page) = await Run("Listing the store", () => ListPageAsync(page, ct));
            foreach (string id in ids)
            {
                if (kind is not null && ArtifactId.HashedKind(id) is string other && other != kind)
                    continue;
                var manifest = await FindAsync(id, ct);
                if (manifest is not null && (kind is null || manifest.Recipe.Kind == kind))
                    yield return manifest;
            }
        }
        while (!string.IsNullOrEmpty(page));
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken ct = default)
    {
        ArtifactId.Check(id);
        await Run("Deleting " + id, async () =>
        {
            try
            {
                var manifest = await FindAsync(id, ct);
                await _container.DeleteBlobIfExistsAsync(Manifests + id, cancellationToken: ct);
                if (manifest is not null)
                    await DeleteFilesAsync(manifest.Location!, ct);   // its own: someone may be storing this ID anew
            }
            catch (RequestFailedException error) when (error.ErrorCode == BlobErrorCode.ContainerNotFound)
            {
            }
            return true;
        });
        await _cache.DeleteAsync(id, ct);
    }

    /// <inheritdoc/>
    public ScratchDirectory CreateScratchDirectory() => _cache.CreateScratchDirectory();

    /// <inheritdoc/>
    public string Describe() => "the container " + _container.Uri.GetLeftPart(UriPartial.Path);      // a query may hold a signature

    /// <summary>
    /// Deletes uploaded files that no manifest names, as a writer leaves them that dies before its manifest. Only those that are
    /// older than any upload that may still go on.
    /// </summary>
    /// <returns>How many files were deleted.</returns>
    public Task<int> DeleteLeftoversAsync(TimeSpan olderThan, CancellationToken ct = default) => Run("Clearing up", async () =>
    {
        var before = (time ?? TimeProvider.System).GetUtcNow() - olderThan;
        var locations = new Dictionary<string, string?>();
        int deleted = 0;
        await foreach (var blob in _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, Files, ct))
        {
            string[] parts = blob.Name.Split('/', 4);        // files, ID, upload, name
            if (parts.Length < 4 || blob.Properties.LastModified is not { } modified || modified >= before)
                continue;
            if (!locations.TryGetValue(parts[1], out string? location))
                locations[parts[1]] = location = (await FindAsync(parts[1], ct))?.Location;
            if (location is not null && blob.Name.StartsWith(location, StringComparison.Ordinal))
                continue;
            await _container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: ct);
            deleted++;
        }
        return deleted;
    });

    /// <summary>Deletes this store's scratch directories; artifacts and cache stay.</summary>
    public void Dispose() => _cache.Dispose();

    private async Task<ArtifactManifest> UploadAsync(ArtifactManifest manifest, string directory, CancellationToken ct)
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: ct);
        try
        {
            foreach (var file in manifest.Files)
                await _container.GetBlobClient(manifest.Location + file.Name).UploadAsync(Path.Combine(directory, file.Name), ct);
        }
        catch
        {
            await DeleteFilesAsync(manifest.Location!, CancellationToken.None);
            throw;
        }
        try
        {
            await _container.GetBlobClient(Manifests + manifest.Id).UploadAsync(
                BinaryData.FromBytes(manifest.ToJson()),
                new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } },
                ct);
            return manifest;
        }
        catch (RequestFailedException error) when (error.Status is 409 or 412)
        {
            // The client repeats a request whose answer got lost, so the one that was first may be this one.
            var winner = await FindAsync(manifest.Id, ct) ?? throw NotThere(manifest.Id);
            if (winner.Location == manifest.Location)
                return manifest;
            await DeleteFilesAsync(manifest.Location!, ct);
            return winner;
        }
    }

    private async Task DeleteFilesAsync(string prefix, CancellationToken ct)
    {
        await foreach (var blob in _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, ct))
            await _container.DeleteBlobIfExistsAsync(blob.Name, cancellationToken: ct);
    }

    /// <summary>Whether the cache has the files that the manifest means, and they have their lengths.</summary>
    private async Task<bool> IsCachedAsync(ArtifactManifest manifest, CancellationToken ct)
    {
        try
        {
            if (await _cache.FindAsync(manifest.Id, ct) is { } cached && cached.ContentDigest == manifest.ContentDigest)
            {
                string directory = await _cache.GetDirectoryAsync(manifest.Id, ct);
                if (manifest.Files.All(file => new FileInfo(Path.Combine(directory, file.Name)) is { Exists: true } found && found.Length == file.Length))
                    return true;
            }
        }
        catch (RadioDiffusionException)
        {
            // A damaged cache is fetched anew.
        }
        await _cache.DeleteAsync(manifest.Id, ct);
        return false;
    }

    private async Task DownloadAsync(ArtifactManifest manifest, CancellationToken ct)
    {
        using var scratch = CreateScratchDirectory();
        foreach (var file in manifest.Files)
        {
            string path = Path.Combine(scratch.Path, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await Run("Fetching " + manifest.Id, () => _container.GetBlobClient(manifest.Location + file.Name).DownloadToAsync(path, ct));
            string found = await Local("Reading " + path, () => Digests.OfFile(path), ct);
            if (found != file.Sha256)
                throw new RadioDiffusionException($"'{file.Name}' of '{manifest.Id}' in {Describe()} should have the digest {file.Sha256}, but it has {found}. Delete the artifact and make it again.");
        }
        await _cache.PutAsync(manifest, scratch.Path, ct);
    }

    private async Task<(List<string> Ids, string? Next)> ListPageAsync(string? page, CancellationToken ct)
    {
        try
        {
            await foreach (var blobs in _container.GetBlobsAsync(BlobTraits.None, BlobStates.None, Manifests, ct).AsPages(page))
                return ([.. blobs.Values.Select(blob => blob.Name[Manifests.Length..])], blobs.ContinuationToken);
        }
        catch (RequestFailedException error) when (error.Status == 404)
        {
        }
        return ([], null);
    }

    private RadioDiffusionException NotThere(string id) => new($"There is no artifact '{id}' in {Describe()}.");

    private async Task<T> Run<T>(string what, Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (RequestFailedException error)
        {
            string cause = error.Status switch
            {
                0 => "there is no answer: " + error.Message,
                401 or 403 => $"access is denied ({error.ErrorCode}). Check the store's credentials and roles.",
                _ => $"the answer is {error.Status} {error.ErrorCode}.",
            };
            throw new RadioDiffusionException($"{what} in {Describe()} failed: {cause}", error);
        }
        catch (Exception error) when (error is AggregateException or SocketException or HttpRequestException)
        {
            throw new RadioDiffusionException($"{what} in {Describe()} failed: there is no answer: {error.GetBaseException().Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DurableFiles.Explain(what, cacheDirectory, error);
        }
    }

    private static async Task<T> Local<T>(string what, Func<T> work, CancellationToken ct)
    {
        try
        {
            return await Task.Run(work, ct);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DurableFiles.Explain(what, "the local disk", error);
        }
    }
}
