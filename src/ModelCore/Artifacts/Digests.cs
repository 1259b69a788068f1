using System.Security.Cryptography;
using System.Text;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>SHA-256 digests, written as 'sha256:' and 64 lower-case hexadecimal digits.</summary>
public static class Digests
{
    private const string Prefix = "sha256:";

    /// <summary>The digest of a file, read in pieces.</summary>
    public static string OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        return Prefix + Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>The digest of all that is left in a stream, read in pieces.</summary>
    public static async Task<string> OfStreamAsync(Stream stream, CancellationToken ct = default) =>
        Prefix + Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, ct));

    /// <summary>The same of one that nothing waits for, such as a file's.</summary>
    public static string OfStream(Stream stream) => Prefix + Convert.ToHexStringLower(SHA256.HashData(stream));

    /// <summary>The digest of bytes in memory.</summary>
    public static string OfBytes(ReadOnlySpan<byte> bytes) => Prefix + Hex(bytes);

    /// <summary>The digest of a list of files: of their names and digests, in the order of the names.</summary>
    public static string OfFiles(IEnumerable<ArtifactFile> files)
    {
        var text = new StringBuilder();
        foreach (var file in files.OrderBy(file => file.Name, StringComparer.Ordinal))
            text.Append(file.Name).Append('\t').Append(file.Sha256).Append('\n');
        return OfBytes(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>SHA-256 in 64 hexadecimal digits.</summary>
    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
