using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Workflows;

/// <inheritdoc cref="IFileContentGrain"/>
[GrainType("file-content")]
internal sealed partial class FileContentGrain(
    [PersistentState("files", GrainStorageNames.Default)] IPersistentState<FileContentState> state,
    IDeviceSlots devices,
    TimeProvider time,
    ILogger<FileContentGrain> logger) : Grain, IFileContentGrain
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(8), _clockTick = TimeSpan.FromSeconds(2);
    private static readonly EnumerationOptions _everything = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.Hidden };
    private Task<string>? _work;

    public async Task<FileContent> DigestAsync(FileContentRequest request, TimeSpan wait, CancellationToken cancellationToken = default)
    {
        var work = _work ??= DigestAsync(request.Path);
        if (await Task.WhenAny(work, Task.Delay(wait < _longestWait ? wait : _longestWait, cancellationToken)) != work)
            return new FileContent { State = WorkState.Running };
        _work = null;                                        // who asks again wants to know how it is then
        return new FileContent { State = WorkState.Done, Digest = await work };
    }

    private async Task<string> DigestAsync(string path)
    {
        try
        {
            DelayDeactivation(TimeSpan.FromHours(2));
            var known = state.State.Files.ToDictionary(file => file.Name);
            var now = time.GetUtcNow().UtcDateTime;
            var files = await devices.Cpu.RunAsync(() => Look(path, known));
            // A file that was written just now may be written again within the same tick of its clock.
            KnownFile[] old = [.. files.Where(file => now - file.Modified > _clockTick)];
            if (!old.SequenceEqual(state.State.Files))
                await RememberAsync(path, old);
            return Directory.Exists(path)
                ? Digests.OfFiles(files.Select(file => new ArtifactFile(file.Name, file.Length, file.Digest)))
                : files[0].Digest;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ErrorKind.Failed, path, $"'{path}' cannot be read: {error.Message}");
        }
        finally
        {
            DelayDeactivation(TimeSpan.Zero);
        }
    }

    /// <summary>Without it nothing is wrong: the files are read again next time.</summary>
    private async Task RememberAsync(string path, KnownFile[] files)
    {
        try
        {
            await state.ReplaceAsync(new FileContentState { Files = files }, path, CancellationToken.None);
        }
        catch (UserErrorException error)
        {
            LogNotRemembered(error, path);
        }
    }

    private static List<KnownFile> Look(string path, Dictionary<string, KnownFile> known)
    {
        bool isFolder = Directory.Exists(path);
        if (!isFolder && !File.Exists(path))
            throw new UserErrorException(ErrorKind.NotFound, path, $"There is no file or folder '{path}'.");
        var files = new List<KnownFile>();
        foreach (string file in isFolder ? Directory.EnumerateFiles(path, "*", _everything) : [path])
        {
            var information = new FileInfo(file);
            string name = isFolder ? Path.GetRelativePath(path, file).Replace('\\', '/') : information.Name;
            files.Add(known.TryGetValue(name, out var before) && (before.Length, before.Modified) == (information.Length, information.LastWriteTimeUtc)
                ? before
                : new KnownFile(name, information.Length, information.LastWriteTimeUtc, Digests.OfFile(file)));
        }
        if (files.Count == 0)
            throw new UserErrorException(ErrorKind.NotFound, path, $"The folder '{path}' is empty.");
        files.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return files;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The digests of {Path} could not be stored")]
    private partial void LogNotRemembered(Exception error, string path);
}

internal sealed record FileContentState
{
    public IReadOnlyList<KnownFile> Files { get; init; } = [];
}

/// <summary>A file when it was read last.</summary>
internal sealed record KnownFile(string Name, long Length, DateTime Modified, string Digest);
