using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>Files that a target wrote outside the store, where others may delete or change them.</summary>
public static class ExportedFiles
{
    /// <summary>In the target's artifact.</summary>
    private const string ListFile = "exported.json";

    private static readonly TimeSpan _clocks = TimeSpan.FromSeconds(5);

    /// <summary>Copies a file or a folder with all in it; each file is there whole or not at all, and what was there under other names stays.</summary>
    /// <param name="from">What to copy.</param>
    /// <param name="to">The folder to write into.</param>
    /// <param name="list">The folder for the list of what was written.</param>
    /// <param name="cancellationToken">Stops it.</param>
    internal static TargetResult Copy(string from, string to, string list, CancellationToken cancellationToken)
    {
        string[] files = File.Exists(from) ? [from] : [.. Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != ArtifactManifest.FileName).Order(StringComparer.Ordinal)];
        string root = File.Exists(from) ? Path.GetDirectoryName(from)! : from;
        var written = new List<ArtifactFile>();
        foreach (string file in files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string name = Path.GetRelativePath(root, file), target = Path.Combine(to, name), temporary = $"{target}.{Guid.NewGuid():N}.tmp";
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            try
            {
                File.Copy(file, temporary);
                File.SetLastWriteTimeUtc(temporary, DateTime.UtcNow);
                File.Move(temporary, target, overwrite: true);
            }
            finally
            {
                File.Delete(temporary);
            }
            written.Add(new ArtifactFile(name.Replace('\\', '/'), new FileInfo(target).Length, Digests.OfFile(target)));
        }
        string digest = Digests.OfFiles(written);
        File.WriteAllText(Path.Combine(list, ListFile), JsonSerializer.Serialize(new ExportList(to, written)));
        return new TargetResult { Outputs = new(StringComparer.Ordinal) { [TargetKinds.Path] = new(to, digest) } };
    }

    /// <summary>Which of the files is not as it was written; null if all are.</summary>
    /// <param name="artifact">Folder of the target's artifact.</param>
    /// <param name="written">When it was done.</param>
    internal static string? Missing(string artifact, DateTimeOffset written)
    {
        var list = Read(artifact);
        foreach (var file in list.Files)
        {
            var found = new FileInfo(Path.Combine(list.Folder, file.Name));
            if (!found.Exists)
                return $"{found.FullName} is not there any more";
            if (found.Length != file.Length || (found.LastWriteTimeUtc > written.UtcDateTime + _clocks && Digests.OfFile(found.FullName) != file.Sha256))
                return $"{found.FullName} was changed since";
        }
        return null;
    }

    /// <summary>What a target wrote.</summary>
    /// <param name="artifact">Folder of the target's artifact.</param>
    public static ExportList Read(string artifact) => JsonSerializer.Deserialize<ExportList>(File.ReadAllText(Path.Combine(artifact, ListFile)))!;
}

/// <summary>Files outside the store.</summary>
/// <param name="Folder">Where they were written.</param>
/// <param name="Files">Names in that folder, lengths and digests.</param>
public sealed record ExportList(string Folder, IReadOnlyList<ArtifactFile> Files);
