using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using ICSharpCode.SharpZipLib;
using ICSharpCode.SharpZipLib.GZip;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>Unpacks a gzip file into a private temporary file, which the system removes with its last user, also after a crash.</summary>
internal static class GzipFile
{
    private const int BufferLength = 1 << 20;

    /// <summary>Whether a file begins with gzip's magic number; its position stays at the start.</summary>
    public static bool IsGzip(FileStream stream)
    {
        Span<byte> start = stackalloc byte[2];
        int read = RandomAccess.Read(stream.SafeFileHandle, start, 0);
        return read == 2 && start[0] == 0x1f && start[1] == 0x8b;
    }

    /// <summary>The unpacked file, open for reading.</summary>
    /// <exception cref="FitsException">The file is damaged or cut off, unpacks to more than the limits allow, or the disk is full.</exception>
    public static FileStream Unpack(FileStream stored, string path, GzipLimits limits)
    {
        string folder = limits.TemporaryDirectory ?? Path.GetTempPath();
        CheckRoom(stored, path, folder);
        FileStream? unpacked = null;
        try
        {
            unpacked = CreateTemporary(folder);
            using (var gzip = new GZipStream(stored, CompressionMode.Decompress, leaveOpen: true))
                Copy(gzip, unpacked, stored, path, limits);
            if (!EndsAsAnnounced(stored, unpacked))
                UnpackMembers(stored, unpacked, path, limits);
            return unpacked;
        }
        catch (Exception error)
        {
            unpacked?.Dispose();
            if (error is InvalidDataException or SharpZipBaseException or EndOfStreamException)
                throw new FitsException($"{path} should be a whole gzip file, but it is damaged or cut off ({error.Message}): get it again.");
            if (error is IOException or UnauthorizedAccessException)
                throw new FitsException($"{path} is unpacked into the folder {folder}, but that cannot be written ({error.Message}): make room there, or set TMPDIR to another folder.");
            throw;
        }
    }

    private static void Copy(Stream gzip, FileStream unpacked, FileStream stored, string path, GzipLimits limits)
    {
        long limit = limits.LimitFor(stored.Length), total = 0;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferLength);
        try
        {
            for (int count; (count = gzip.Read(buffer, 0, buffer.Length)) > 0;)
            {
                if ((total += count) > limit)
                {
                    throw new FitsException($"{path} has {stored.Length} bytes, which unpack to more than {limit}: that is no survey image."
                        + $" If it is one, unpack it with gunzip; the limits are {nameof(GzipLimits)}.");
                }
                unpacked.Write(buffer, 0, count);
            }
            unpacked.Flush();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// Whether checksum and length of all that was unpacked stand at the end of the file: .NET's reader does not notice a file that is
    /// cut off.
    /// </summary>
    private static bool EndsAsAnnounced(FileStream stored, FileStream unpacked)
    {
        Span<byte> trailer = stackalloc byte[8];
        RandomAccess.Read(stored.SafeFileHandle, trailer, stored.Length - trailer.Length);
        var crc = new Crc32();
        unpacked.Position = 0;
        crc.Append(unpacked);
        return crc.GetCurrentHashAsUInt32() == BinaryPrimitives.ReadUInt32LittleEndian(trailer)
            && (uint)unpacked.Length == BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]);
    }

    /// <summary>A file of several members, each with a checksum of its own, or a damaged one: this reader checks every member.</summary>
    private static void UnpackMembers(FileStream stored, FileStream unpacked, string path, GzipLimits limits)
    {
        stored.Position = 0;
        unpacked.SetLength(0);
        using var members = new GZipInputStream(stored) { IsStreamOwner = false };
        Copy(members, unpacked, stored, path, limits);
    }

    /// <summary>A file that only this user may read; under Unix it loses its name at once, under Windows when it is closed.</summary>
    private static FileStream CreateTemporary(string folder)
    {
        string path = Path.Combine(folder, $"radiodiffusion-{Guid.NewGuid():N}.fits");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Delete, BufferSize = 0 };
        if (OperatingSystem.IsWindows())
        {
            options.Options = FileOptions.DeleteOnClose;
            return new FileStream(path, options);
        }
        options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var stream = new FileStream(path, options);
        File.Delete(path);
        return stream;
    }

    /// <summary>gzip ends with the unpacked length modulo 2^32: enough to refuse early what cannot fit.</summary>
    /// <remarks>RFC 1952, section 2.3.1 (ISIZE).</remarks>
    private static void CheckRoom(FileStream stored, string path, string folder)
    {
        Span<byte> trailer = stackalloc byte[4];
        if (stored.Length < 18 || RandomAccess.Read(stored.SafeFileHandle, trailer, stored.Length - 4) != 4)
            throw new FitsException($"{path} should be a whole gzip file, but it is cut off after {stored.Length} bytes: get it again.");
        if (!Directory.Exists(folder))
            throw new FitsException($"{path} is unpacked into the folder {folder}, but there is none: create it, or set TMPDIR to another folder.");
        long needed = BinaryPrimitives.ReadUInt32LittleEndian(trailer);
        long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        if (needed / stored.Length <= 1032 && needed > free)             // else the file is damaged, which unpacking shows
            throw new FitsException($"{path} unpacks to {needed} bytes or more, but the folder {folder} has room for {free}: make room there, or set TMPDIR to another folder.");
    }
}
