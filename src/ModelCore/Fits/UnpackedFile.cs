namespace RadioDiffusion.ModelCore.Fits;

/// <summary>
/// A gzip file that is unpacked and open, shared by all who have it open at the same time: unpacking a mosaic takes seconds, and one piece of work opens it more than once. It is
/// gone with the last of them.
/// </summary>
internal sealed class UnpackedFile : IDisposable
{
    private static readonly Dictionary<Key, UnpackedFile> _open = [];
    private static readonly Lock _lock = new();
    private readonly Key _key;
    private readonly Lazy<FileStream> _stream;
    private int _users;

    private UnpackedFile(Key key, Func<FileStream> unpack)
    {
        _key = key;
        _stream = new Lazy<FileStream>(unpack);              // whoever comes second waits, and fails with the first if that fails
    }

    public FileStream Stream => _stream.Value;

    /// <summary>The unpacked file: unpacked now, or by somebody who still has it open. Every call needs a <see cref="Dispose"/>.</summary>
    /// <exception cref="FitsException">As <see cref="GzipFile.Unpack"/>.</exception>
    public static UnpackedFile Acquire(FileStream stored, string path, GzipLimits limits)
    {
        var key = new Key(Path.GetFullPath(path), stored.Length, File.GetLastWriteTimeUtc(stored.SafeFileHandle), limits);
        UnpackedFile? file;
        lock (_lock)
        {
            if (!_open.TryGetValue(key, out file))
                _open[key] = file = new UnpackedFile(key, () => GzipFile.Unpack(stored, path, limits));
            file._users++;
        }
        try
        {
            _ = file.Stream;
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (--_users > 0)
                return;
            _open.Remove(_key);
        }
        if (_stream.IsValueCreated)
            _stream.Value.Dispose();
    }

    /// <summary>A file that was written anew is another one.</summary>
    private sealed record Key(string Path, long Length, DateTime Modified, GzipLimits Limits);
}
