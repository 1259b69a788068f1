using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>A study with its results' digests in one zip file. What is read was written by somebody else: nothing of it is believed before it was checked.</summary>
public sealed class StudyArchive : IDisposable
{
    private const string PackFile = "pack.json";
    private const long LargestPack = 256 << 20;
    private static readonly DateTimeOffset _noDate = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);      // so that equal studies are equal archives
    private static readonly SearchValues<char> _foreign = SearchValues.Create("\\:*?\"<>|\0");
    private readonly ZipArchive _zip;

    private StudyArchive(ZipArchive zip, StudyPack pack)
    {
        _zip = zip;
        Pack = pack;
    }

    public StudyPack Pack { get; }

    /// <summary>Writes an archive, whole or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="pack">What it says, without <see cref="StudyPack.Files"/>.</param>
    /// <param name="files">What goes in: the name in the archive, and where it is or what it is.</param>
    public static void Write(string path, StudyPack pack, IReadOnlyDictionary<string, ArchiveContent> files)
    {
        var ordered = files.OrderBy(file => file.Key, StringComparer.Ordinal).ToList();
        ordered.ForEach(file => CheckName(file.Key));
        var listed = pack with { Files = [.. ordered.Select(file => file.Value.Describe(file.Key))] };
        DurableFiles.Replace(path, stream =>
        {
            using var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
            Add(zip, PackFile, new ArchiveContent(listed.ToJson()));
            ordered.ForEach(file => Add(zip, file.Key, file.Value));
        });
    }

    /// <summary>Opens an archive and reads all of it once: each file has to be what pack.json says.</summary>
    /// <exception cref="RadioDiffusionException">It is something else, of a later version, or damaged.</exception>
    public static StudyArchive Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            var zip = new ZipArchive(stream, ZipArchiveMode.Read);
            var archive = new StudyArchive(zip, PackOf(zip, path));
            archive.CheckFiles(path);
            stream = null;
            return archive;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new RadioDiffusionException($"There is no file '{path}'.", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new RadioDiffusionException($"'{path}' cannot be read: it is a folder, or belongs to somebody else.", error);
        }
        catch (InvalidDataException error)
        {
            throw new RadioDiffusionException($"'{path}' is no zip archive, or it is damaged ({error.Message.TrimEnd('.')}): copy it again from where it was made.", error);
        }
        finally
        {
            stream?.Dispose();
        }
    }

    /// <summary>A file of the archive.</summary>
    /// <exception cref="RadioDiffusionException">It is not there.</exception>
    public byte[] Read(string name)
    {
        using var stream = (_zip.GetEntry(name) ?? throw new RadioDiffusionException($"The archive has no file '{name}'.")).Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Writes the study's files and small inputs into a folder. What is there already stays as it is.</summary>
    /// <param name="folder">Where to; it is made if there is none.</param>
    /// <returns>The files that were there with other content.</returns>
    public IReadOnlyList<string> Extract(string folder)
    {
        var kept = new List<string>();
        foreach (var file in Pack.Files.Where(file => file.Name.StartsWith(StudyPack.StudyFolder, StringComparison.Ordinal)))
        {
            string target = Path.Combine(Path.GetFullPath(folder), file.Name[StudyPack.StudyFolder.Length..]);
            if (File.Exists(target))
            {
                if (Digests.OfFile(target) != file.Sha256)
                    kept.Add(target);
                continue;
            }
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            DurableFiles.Replace(target, Read(file.Name));
        }
        return kept;
    }

    /// <summary>
    /// The artifacts that it holds. Each is what its ID says, as far as that can be said without making it again: it has the recipe of that ID, the files that its manifest names, and belongs to a target of the study,
    /// to which it has given what pack.json says.
    /// </summary>
    /// <exception cref="RadioDiffusionException">It holds none, or one that is something else.</exception>
    public IReadOnlyList<ArtifactManifest> Artifacts()
    {
        var targets = Pack.Targets.ToDictionary(target => target.Artifact);
        var results = Pack.Targets.Select(target => target.Result).ToHashSet();
        var artifacts = new List<ArtifactManifest>();
        foreach (var folder in Pack.Files.Where(file => file.Name.StartsWith(StudyPack.ArtifactsFolder, StringComparison.Ordinal)).GroupBy(file => file.Name.Split('/')[1]))
        {
            string name = $"{StudyPack.ArtifactsFolder}{folder.Key}/";
            var manifest = ArtifactManifest.FromJson(Read(name + ArtifactManifest.FileName), $"'{name}{ArtifactManifest.FileName}'");
            ArtifactFolder.CheckId(manifest.Id, manifest.Recipe);
            if (ArtifactId.ToFileName(manifest.Id) != folder.Key || !(targets.ContainsKey(manifest.Id) || results.Contains(manifest.Id)))
                throw new RadioDiffusionException($"The archive has an artifact '{manifest.Id}' in '{name}' that belongs to no target of its study.");
            var files = folder.Where(file => file.Name != name + ArtifactManifest.FileName).Select(file => file with { Name = file.Name[name.Length..] });
            if (Digests.OfFiles(manifest.Files) != manifest.ContentDigest || !files.OrderBy(file => file.Name, StringComparer.Ordinal).SequenceEqual(manifest.Files.OrderBy(file => file.Name, StringComparer.Ordinal)))
                throw new RadioDiffusionException($"The files of the artifact '{manifest.Id}' in the archive are not those that its manifest names.");
            if (targets.TryGetValue(manifest.Id, out var target) && !OutputsIn(name + TargetResult.FileName).SequenceEqual(target.Outputs))
                throw new RadioDiffusionException($"The artifact '{manifest.Id}' in the archive has other results of target '{target.Name}' than pack.json.");
            artifacts.Add(manifest);
        }
        return artifacts.Count > 0 ? artifacts : throw new RadioDiffusionException("The archive has no artifacts, but only their digests: 'radiodiffusion pack --artifacts' puts them in.");
    }

    private SortedDictionary<string, TargetOutput> OutputsIn(string name)
    {
        try
        {
            return TargetResult.FromJson(Read(name)).Outputs;
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"'{name}' in the archive should say what a target gave, but it cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Writes an artifact's files into a folder.</summary>
    public void ExtractArtifact(ArtifactManifest artifact, string folder)
    {
        foreach (var file in artifact.Files)
        {
            ArtifactId.CheckFileName(file.Name);
            string path = Path.Combine(folder, file.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var from = _zip.GetEntry($"{StudyPack.ArtifactsFolder}{ArtifactId.ToFileName(artifact.Id)}/{file.Name}")!.Open();
            using var to = File.Create(path);
            from.CopyTo(to);
        }
    }

    public void Dispose() => _zip.Dispose();

    private static StudyPack PackOf(ZipArchive zip, string path)
    {
        var entry = zip.GetEntry(PackFile);
        if (entry == null || entry.Length > LargestPack)
            throw new RadioDiffusionException($"'{path}' is no archive of a study: {(entry == null ? $"it has no {PackFile}, which 'radiodiffusion pack' writes" : $"its {PackFile} has {entry.Length} bytes")}.");
        StudyPack pack;
        try
        {
            using var stream = entry.Open();
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            pack = StudyPack.FromJson(bytes.ToArray());
        }
        catch (Exception error) when (error is JsonException or RadioDiffusionException)
        {
            throw new RadioDiffusionException($"'{path}' is no archive of a study: its {PackFile} cannot be read: {error.Message}", error);
        }
        if (pack.Format != StudyPack.ThisFormat || pack.Version != StudyPack.ThisVersion)
            throw new RadioDiffusionException($"'{path}' should be of the format {StudyPack.ThisFormat} {StudyPack.ThisVersion}, but it is of {pack.Format} {pack.Version}: use the version of the program that made it ({pack.Versions.GetValueOrDefault("program", "unknown")}).");
        return pack;
    }

    private void CheckFiles(string path)
    {
        var listed = new Dictionary<string, ArtifactFile>();
        foreach (var file in Pack.Files)
        {
            CheckName(file.Name);
            if (!listed.TryAdd(file.Name, file))
                throw new RadioDiffusionException($"'{path}' names the file '{file.Name}' twice.");
        }
        if (!listed.ContainsKey(StudyPack.StudyFolder + Pack.File))
            throw new RadioDiffusionException($"'{path}' says that the study's file is '{Pack.File}', but does not have it.");
        foreach (var entry in _zip.Entries.Where(entry => entry.FullName != PackFile))
        {
            if (!listed.Remove(entry.FullName, out var file))
                throw new RadioDiffusionException($"'{path}' has a file '{entry.FullName}' that {PackFile} does not name, or has it twice: it was changed after it was made.");
            if (entry.Length != file.Length || DigestOf(entry) != file.Sha256)
                throw new RadioDiffusionException($"'{path}' is damaged: '{entry.FullName}' is not what {PackFile} says ({file.Length} bytes, {file.Sha256}). Copy it again from where it was made.");
        }
        if (listed.Count > 0)
            throw new RadioDiffusionException($"'{path}' is not whole: it does not have '{listed.Keys.First()}'. Copy it again from where it was made.");
    }

    private static string DigestOf(ZipArchiveEntry entry)
    {
        using var stream = entry.Open();
        return Digests.OfStream(stream);
    }

    /// <summary>Refuses a name that could lead out of a folder, here or on another system.</summary>
    private static void CheckName(string name)
    {
        if (name.Length is 0 or > 400 || name.AsSpan().IndexOfAny(_foreign) >= 0 || name.Any(char.IsControl) || name.Split('/').Any(part => part is "" or "." or ".." || part[^1] is '.' or ' '))
            throw new RadioDiffusionException($"An archive of a study cannot have a file '{name}': names are relative paths of plain parts.");
    }

    private static void Add(ZipArchive zip, string name, ArchiveContent content)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.Optimal);
        entry.LastWriteTime = _noDate;
        using var stream = entry.Open();
        content.CopyTo(stream);
    }
}

/// <summary>What goes into an archive: a file, or bytes.</summary>
public sealed class ArchiveContent
{
    private readonly string? _path;
    private readonly byte[] _bytes = [];

    public ArchiveContent(string path) => _path = path;

    public ArchiveContent(byte[] bytes) => _bytes = bytes;

    internal ArtifactFile Describe(string name) => _path == null ? new(name, _bytes.Length, Digests.OfBytes(_bytes)) : new(name, new FileInfo(_path).Length, Digests.OfFile(_path));

    internal void CopyTo(Stream stream)
    {
        if (_path == null)
        {
            stream.Write(_bytes);
            return;
        }
        using var file = File.OpenRead(_path);
        file.CopyTo(stream);
    }
}
