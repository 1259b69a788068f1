using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>Writing so that a file is there whole or not at all, even if the process or the machine stops in between.</summary>
public static partial class DurableFiles
{
    private const int NoSpaceLeft = 28;                                  // ENOSPC, Linux and macOS
    private const int QuotaExceededLinux = 122;                          // EDQUOT
    private const int QuotaExceededMac = 69;                             // EDQUOT
    private const int DiskFullWindows = unchecked((int)0x80070070);      // ERROR_DISK_FULL

    /// <summary>Replaces a file: temporary file in the same folder, flush to the disk, rename.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, UnixFileMode? mode = null)
    {
        string temporary = TemporaryName(path);
        try
        {
            Write(temporary, bytes, mode);
            Publish(temporary, path);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>The same for what is written piece by piece.</summary>
    public static void Replace(string path, Action<Stream> write)
    {
        string temporary = TemporaryName(path);
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            Publish(temporary, path);
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Writes a new file and waits until the disk has it.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode? mode = null)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (mode is not null && !OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        using var stream = new FileStream(path, options);
        stream.Write(bytes);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>Waits until the disk has what was written to a file.</summary>
    public static void Flush(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>
    /// Waits until the disk has a folder's names, so that a rename outlives a power cut. Windows needs no such call, and a file
    /// system that refuses it has no better one.
    /// </summary>
    public static void FlushDirectory(string directory)
    {
        if (OperatingSystem.IsWindows())
            return;
        int descriptor = Open(directory, 0);
        if (descriptor < 0)
            return;
        _ = Synchronize(descriptor);
        _ = Close(descriptor);
    }

    /// <summary>Deletes a file if that is possible: for what nobody will miss.</summary>
    public static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>Deletes a folder and all in it if that is possible: for what nobody will miss.</summary>
    public static void TryDeleteDirectory(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>An error of the file system as one that the user can act on: what was tried, where, and what is wrong.</summary>
    public static RadioDiffusionException Explain(string what, string path, Exception error) => error switch
    {
        IOException when IsDiskFull(error.HResult) =>
            new($"{what} at {path} failed: the disk is full. Free some space there or choose another folder, then ask again.", error),
        UnauthorizedAccessException =>
            new($"{what} at {path} failed: access is denied. The user '{Environment.UserName}' needs to read and write there.", error),
        _ => new($"{what} at {path} failed: {error.Message}", error),
    };

    /// <summary>The same where only the system's words say where: a full disk with what to do about it; any other error as it is.</summary>
    public static Exception Explain(Exception error) => error is IOException && IsDiskFull(error.HResult)
        ? new RadioDiffusionException($"Writing failed: the disk is full ({error.Message}). Free some space there or choose another folder, then ask again.", error)
        : error;

    private static string TemporaryName(string path) => $"{path}.{Guid.NewGuid():N}.tmp";

    private static void Publish(string temporary, string path)
    {
        File.Move(temporary, path, overwrite: true);
        FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private static bool IsDiskFull(int result) =>
        OperatingSystem.IsWindows() ? result == DiskFullWindows : result is NoSpaceLeft or QuotaExceededLinux or QuotaExceededMac;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
