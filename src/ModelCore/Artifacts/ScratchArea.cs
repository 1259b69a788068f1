namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// Folders for unfinished work below one root, one session for each user of the root. A session lives as long as its lock file
/// is held; the system lets go of it when a process ends, however it ends, and then the next session clears it up.
/// </summary>
public sealed class ScratchArea(string root) : IDisposable
{
    private readonly Lock _gate = new();
    private FileStream? _lock;
    private string? _session;

    /// <summary>A new empty folder.</summary>
    public string Create()
    {
        string path = Path.Combine(Session(), Guid.NewGuid().ToString("N")[..12]);
        Directory.CreateDirectory(path);
        return path;
    }

    /// <summary>A name for a file or folder that is to be written or moved here.</summary>
    public string NewName() => Path.Combine(Session(), Guid.NewGuid().ToString("N")[..12]);

    /// <summary>Whether a folder was made here.</summary>
    public bool Contains(string directory) =>
        Path.GetFullPath(directory).StartsWith(Path.GetFullPath(root) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    public void Dispose()
    {
        lock (_gate)
        {
            if (_lock is null)
                return;
            End(_session!, _lock);
            _lock = null;
            _session = null;
        }
    }

    private string Session()
    {
        lock (_gate)
        {
            if (!Directory.Exists(_session))                 // not begun, or somebody deleted the store
            {
                _lock?.Dispose();
                Directory.CreateDirectory(root);
                ClearLeftovers();
                Begin();
            }
            return _session!;
        }
    }

    private void Begin()
    {
        for (int attempt = 0; ; attempt++)
        {
            string session = Path.Combine(root, Guid.NewGuid().ToString("N")[..12]);
            try
            {
                // The lock comes before the folder: no folder is ever without one. Someone who clears up may get hold of the
                // new file between its creation and its locking; then this session takes another name.
                _lock = new FileStream(session + ".lock", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
                Directory.CreateDirectory(session);
                _session = session;
                return;
            }
            catch (IOException) when (attempt < 3 && File.Exists(session + ".lock"))
            {
            }
        }
    }

    private void ClearLeftovers()
    {
        foreach (string file in Directory.EnumerateFiles(root, "*.lock"))
        {
            try
            {
                End(file[..^".lock".Length], new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Its process lives, or someone else is clearing it up.
            }
        }
    }

    private static void End(string session, FileStream held)
    {
        DurableFiles.TryDeleteDirectory(session);
        if (OperatingSystem.IsWindows())
            held.Dispose();                                  // an open file cannot be deleted there
        if (!Directory.Exists(session))
            DurableFiles.TryDelete(session + ".lock");
        held.Dispose();
    }
}
