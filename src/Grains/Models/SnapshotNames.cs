using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Models;

/// <summary>A snapshot's address: its content, not its recipe, so that sample IDs written by hand find it and equal weights are equal models.</summary>
public static class SnapshotNames
{
    public const int DigestLength = 16;
    private const string Prefix = "snapshot-";

    /// <summary>The artifact ID of the snapshot in this folder: "snapshot-" and the first 16 hexadecimal digits of its content digest.</summary>
    public static string IdFor(string directory)
    {
        string digest = ArtifactManifest.ContentDigestOf(directory);
        return Prefix + digest.Replace("sha256:", "", StringComparison.Ordinal)[..DigestLength];
    }

    public static string IdOf(string digest) => Prefix + digest;

    public static string DigestOf(string snapshotId) => snapshotId[Prefix.Length..];
}
