namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>Reads an artifact's files again and compares them with their digests.</summary>
public static class ArtifactVerification
{
    /// <summary>What is wrong with an artifact's files, one sentence each; nothing if they are as they were stored.</summary>
    public static async Task<IReadOnlyList<string>> VerifyAsync(this IArtifactStore store, ArtifactManifest manifest, CancellationToken ct = default)
    {
        var problems = new List<string>();
        if (Digests.OfFiles(manifest.Files) != manifest.ContentDigest)
            problems.Add($"The manifest of '{manifest.Id}' names files that do not fit its content digest.");
        foreach (var file in manifest.Files)
        {
            try
            {
                await using var stream = await store.OpenReadAsync(manifest.Id, file.Name, ct);
                if (stream.Length != file.Length)
                    problems.Add($"'{file.Name}' of '{manifest.Id}' should have {file.Length} bytes, but it has {stream.Length}.");
                else if (await Digests.OfStreamAsync(stream, ct) is var found && found != file.Sha256)
                    problems.Add($"'{file.Name}' of '{manifest.Id}' should have the digest {file.Sha256}, but it has {found}.");
            }
            catch (Exception error) when (error is RadioDiffusionException or IOException)
            {
                problems.Add($"'{file.Name}' of '{manifest.Id}' cannot be read: {error.Message}");
            }
        }
        return problems;
    }
}
