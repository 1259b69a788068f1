namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>A folder for the files of an artifact that is being made. Disposed, it is deleted, unless its files became an artifact.</summary>
public sealed class ScratchDirectory(string path) : IDisposable
{
    public string Path { get; } = path;

    public void Dispose() => DurableFiles.TryDeleteDirectory(Path);
}
