using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Storage;

/// <summary>
/// Grain state on the local disk, in <c>grains/{provider}/{state}/{type}/{key}.json</c>. A record is written beside, flushed and
/// renamed; the one before it stays as <c>.prev</c> and is read when the newest is damaged.
/// </summary>
/// <remarks>Versions are compared within this process; <see cref="StoreLock"/> keeps other processes out of the folder.</remarks>
public sealed partial class LocalGrainStorage : IGrainStorage, IDisposable
{
    private const string Previous = ".prev";
    private const string Damaged = ".damaged";
    private const int MaximumFileName = 200;                 // with the ending and '.damaged' below the 255 bytes of file systems

    /// <summary>Shared by all silos of the process, as two of a test cluster may have one root.</summary>
    private static readonly Lock[] Gates = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];

    private readonly string _folder;
    private readonly IGrainStorageSerializer _serializer;
    private readonly IActivatorProvider _activators;
    private readonly ILogger<LocalGrainStorage> _logger;
    private readonly ScratchArea _scratch;

    public LocalGrainStorage(string name, LocalGrainStorageOptions options, IActivatorProvider activators, ILogger<LocalGrainStorage> logger)
    {
        _folder = Path.Combine(Path.GetFullPath(options.Root), "grains", StoredName.ToFileName(name));
        _serializer = options.GrainStorageSerializer;
        _activators = activators;
        _logger = logger;
        _scratch = new ScratchArea(Path.Combine(_folder, ".scratch"));
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var record = await OnDisk("Reading", stateName, grainId, path => Find(path, grainId), cancellationToken);
        if (record is null)
        {
            Reset(grainState);
            return;
        }
        grainState.State = _serializer.Deserialize<T>(BinaryData.FromBytes(record.State));
        grainState.ETag = record.ETag;
        grainState.RecordExists = true;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var record = GrainRecord.Create(grainId.ToString(), _serializer.Serialize(grainState.State).ToMemory());
        string? expected = grainState.ETag;
        await OnDisk("Writing", stateName, grainId, path => Write(path, grainId, expected, record), cancellationToken);
        grainState.ETag = record.ETag;
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        string? expected = grainState.ETag;
        await OnDisk("Clearing", stateName, grainId, path => Delete(path, grainId, expected), cancellationToken);
        Reset(grainState);
    }

    public void Dispose() => _scratch.Dispose();

    private bool Write(string path, GrainId grain, string? expected, GrainRecord record)
    {
        CheckVersion(path, expected, Find(path, grain));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = _scratch.NewName();
        try
        {
            DurableFiles.Write(temporary, record.ToBytes());
            // Between these two renames a crash leaves .prev alone, and that is read then.
            if (File.Exists(path))
                File.Move(path, path + (Load(path) is null ? Damaged : Previous), overwrite: true);
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            DurableFiles.TryDelete(temporary);
            throw;
        }
        DurableFiles.FlushDirectory(Path.GetDirectoryName(path)!);
        return true;
    }

    private bool Delete(string path, GrainId grain, string? expected)
    {
        var found = Find(path, grain);
        if (found is null)
            return false;
        CheckVersion(path, expected, found);
        File.Delete(path + Damaged);
        File.Delete(path + Previous);                        // before the record: else a crash would bring it back
        File.Delete(path);
        DurableFiles.FlushDirectory(Path.GetDirectoryName(path)!);
        return true;
    }

    /// <summary>The newest record that is whole; null if there is none.</summary>
    private GrainRecord? Find(string path, GrainId grain)
    {
        var record = Load(path);
        bool damaged = record is null && File.Exists(path);
        record ??= Load(path + Previous);
        if (damaged && record is null)
            throw new RadioDiffusionException($"The state of the grain '{grain}' in {path} should be a whole record, but it is damaged, and there is no earlier one. Delete the file to let the grain begin anew.");
        if (damaged)
            LogDamaged(path);
        if (record is not null && record.Grain != grain.ToString())
            throw new RadioDiffusionException($"{path} should be the state of the grain '{grain}', but it is that of '{record.Grain}'.");
        return record;
    }

    private static GrainRecord? Load(string path)
    {
        try
        {
            return GrainRecord.Parse(File.ReadAllBytes(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static void CheckVersion(string path, string? expected, GrainRecord? found)
    {
        if ((string.IsNullOrEmpty(expected) ? null : expected) != found?.ETag)
            throw new InconsistentStateException(errorMsg: $"The grain state {path} was changed by someone else.", storedEtag: found?.ETag ?? "none", currentEtag: expected);
    }

    private string PathOf(string stateName, GrainId grain)
    {
        StoredName.Check(grain);
        string key = StoredName.ToFileName(grain.Key.ToString()!);
        if (key.Length > MaximumFileName)
            throw new RadioDiffusionException($"The grain '{grain}' cannot have state: its key should need at most {MaximumFileName} characters as a file name, but it needs {key.Length}.");
        return Path.Combine(_folder, StoredName.ToFileName(stateName), StoredName.ToFileName(grain.Type.ToString()!), key + ".json");
    }

    private async Task<T> OnDisk<T>(string what, string stateName, GrainId grain, Func<string, T> work, CancellationToken ct)
    {
        string path = PathOf(stateName, grain);
        var gate = Gates[(path.GetHashCode(StringComparison.Ordinal) & int.MaxValue) % Gates.Length];
        try
        {
            return await Task.Run(
                () =>
                {
                    lock (gate)
                        return work(path);
                },
                ct);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DurableFiles.Explain(what + " grain state", path, error);
        }
    }

    private void Reset<T>(IGrainState<T> grainState)
    {
        grainState.State = _activators.GetActivator<T>().Create();
        grainState.ETag = null;
        grainState.RecordExists = false;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The grain state {Path} is damaged; the one before it is used.")]
    private partial void LogDamaged(string path);
}
