namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>A folder with an artifact's finished files, as a producer hands it over.</summary>
internal static class ArtifactFolder
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    /// <summary>Refuses an ID that is malformed or is the hash of another recipe.</summary>
    public static void CheckId(string id, Recipe recipe)
    {
        ArtifactId.Check(id);
        if (ArtifactId.HashedKind(id) is not null && id != recipe.Id)
            throw new RadioDiffusionException($"The ID '{id}' should be that of the artifact's recipe, but the recipe's is '{recipe.Id}'.");
    }

    /// <summary>The manifest of the files in a folder, by reading all of them.</summary>
    public static ArtifactManifest Describe(string id, Recipe recipe, string directory, TimeProvider time, CancellationToken ct)
    {
        var files = FilesIn(directory, ct);
        return new ArtifactManifest
        {
            Id = id,
            Recipe = recipe,
            Files = files,
            ContentDigest = Digests.OfFiles(files),
            Provenance = Provenance.OfThisProcess(time),
        };
    }

    /// <summary>The manifest of an artifact of another store, by reading all of its files.</summary>
    /// <exception cref="RadioDiffusionException">They are not those that it had there.</exception>
    public static ArtifactManifest DescribeAdopted(ArtifactManifest made, string directory, CancellationToken ct)
    {
        var files = FilesIn(directory, ct);
        string digest = Digests.OfFiles(files);
        return digest == made.ContentDigest
            ? made with { Files = files, Location = null }
            : throw new RadioDiffusionException($"The files of the artifact '{made.Id}' should have the digest {made.ContentDigest}, but they have {digest}.");
    }

    /// <summary>The files in a folder with their digests, ordered by name.</summary>
    public static List<ArtifactFile> FilesIn(string directory, CancellationToken ct)
    {
        var files = new List<ArtifactFile>();
        foreach (string path in Directory.EnumerateFiles(directory, "*", Everything))
        {
            ct.ThrowIfCancellationRequested();
            string name = Path.GetRelativePath(directory, path).Replace('\\', '/');
            ArtifactId.CheckFileName(name);
            var information = new FileInfo(path);
            if (information.LinkTarget is not null)
                throw new RadioDiffusionException($"'{name}' in {directory} should be a file, but it is a link to '{information.LinkTarget}'.");
            files.Add(new ArtifactFile(name, information.Length, Digests.OfFile(path)));
        }
        if (files.Count == 0)
            throw new RadioDiffusionException($"An artifact should have files, but {directory} is empty.");
        files.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return files;
    }

    /// <summary>One file in a manifest.</summary>
    public static ArtifactFile FileOf(ArtifactManifest manifest, string name) => manifest.Files.FirstOrDefault(file => file.Name == name)
        ?? throw new RadioDiffusionException($"The artifact '{manifest.Id}' has no file '{name}' (it has {string.Join(", ", manifest.Files.Take(8).Select(file => file.Name))}).");

    /// <summary>Copies a folder with all in it.</summary>
    public static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string path in Directory.EnumerateFiles(from, "*", Everything))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target);
        }
    }
}
