namespace RadioDiffusion.Client;

/// <summary>Files that are there whole or not at all: written under a temporary name in the same folder, flushed, renamed.</summary>
internal static class WholeFile
{
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        string temporary = TemporaryNameFor(path);
        using (var stream = File.Create(temporary))
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    public static void Copy(string from, string to)
    {
        string temporary = TemporaryNameFor(to);
        File.Copy(from, temporary, overwrite: true);
        File.Move(temporary, to, overwrite: true);
    }

    /// <summary>A file that somebody else has written, in a folder of the same disk: flushed, renamed.</summary>
    public static void Move(string from, string to)
    {
        using (var stream = new FileStream(from, FileMode.Open, FileAccess.ReadWrite))
            stream.Flush(flushToDisk: true);
        File.Move(from, to, overwrite: true);
    }

    private static string TemporaryNameFor(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        return $"{path}.{Guid.NewGuid():N}.tmp";
    }
}
