using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Storage;

/// <summary>How to reach the process that owns a store: its loopback endpoint and the token that it asks for.</summary>
public sealed record StoreOwner(string Endpoint, string Token, [property: JsonPropertyName("pid")] int ProcessId)
{
    /// <summary>Without the token: this text may come into a log.</summary>
    public override string ToString() => $"process {ProcessId} at {Endpoint}";
}

/// <summary>
/// The right to a store's folder, for one process at a time. The system takes the lock back when the process ends, even by kill -9,
/// so nobody ever has to delete a file by hand.
/// </summary>
/// <remarks>
/// <c>owner.lock</c> is locked and never read; <c>owner.json</c> beside it says who has it. One file cannot do both: where locks
/// bind, a locked file cannot be read, and where they are advisory, .NET's readers ask for a lock too.
/// </remarks>
public sealed class StoreLock : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int SharingViolation = unchecked((int)0x80070020);     // Windows
    private const int WouldBlockLinux = 11;
    private const int WouldBlockMac = 35;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly FileStream _lock;
    private readonly string _ownerFile;

    private StoreLock(FileStream held, string ownerFile)
    {
        _lock = held;
        _ownerFile = ownerFile;
    }

    /// <summary>Takes the store, or tells who has it.</summary>
    /// <param name="root">The store's root folder; made if it is not there.</param>
    /// <param name="storeLock">The lock, to be kept as long as the store is used; null if another process has it.</param>
    /// <param name="owner">Who has it; null if it is ours, or if its owner has not announced itself yet (ask again).</param>
    /// <exception cref="RadioDiffusionException">The folder cannot be written to.</exception>
    public static bool TryAcquire(string root, [NotNullWhen(true)] out StoreLock? storeLock, out StoreOwner? owner)
    {
        string lockFile = Path.Combine(Path.GetFullPath(root), "owner.lock");
        string ownerFile = Path.Combine(Path.GetFullPath(root), "owner.json");
        storeLock = null;
        owner = null;
        try
        {
            Directory.CreateDirectory(root);
            var held = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.Delete(ownerFile);                          // of an owner that died
            storeLock = new StoreLock(held, ownerFile);
            return true;
        }
        catch (IOException error) when (error.HResult is SharingViolation or WouldBlockLinux or WouldBlockMac)
        {
            owner = ReadOwner(ownerFile);
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw DurableFiles.Explain("Opening the store", root, error);
        }
    }

    /// <summary>Who has the store, without trying to take it; null if nobody has announced itself. One that died may still be named.</summary>
    /// <param name="root">The store's root folder.</param>
    public static StoreOwner? Owner(string root) => ReadOwner(Path.Combine(Path.GetFullPath(root), "owner.json"));

    /// <summary>Says how this process can be reached, to those who find the store taken. Only this user can read it.</summary>
    public void Announce(StoreOwner owner) =>
        DurableFiles.Replace(_ownerFile, JsonSerializer.SerializeToUtf8Bytes(owner, Json), OwnerOnly);

    /// <summary>No longer says how this process can be reached: who works through it sees that it is leaving, and new ones wait for the lock.</summary>
    public void Withdraw() => DurableFiles.TryDelete(_ownerFile);

    /// <summary>Gives the store back.</summary>
    public void Dispose()
    {
        if (_lock.SafeFileHandle.IsClosed)
            return;
        DurableFiles.TryDelete(_ownerFile);                  // while it is still ours
        _lock.Dispose();
    }

    private static StoreOwner? ReadOwner(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<StoreOwner>(File.ReadAllBytes(path), Json);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}
