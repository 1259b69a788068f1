using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace RadioDiffusion.ModelCore.Fits;

/// <summary>A FITS file, memory-mapped: only what is read is loaded, whatever the file's size. Files compressed with gzip are unpacked first, once for all who have them open.</summary>
/// <remarks>
/// FITS standard 4.0. What a reader cannot rely on (truncated data, sizes beyond the file) is refused on opening. Several threads may read
/// from one file at the same time.
/// </remarks>
public sealed unsafe partial class FitsFile : IDisposable
{
    private const int LongestHeader = 64 << 20;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private readonly UnpackedFile? _unpacked;
    private bool _disposed;

    private FitsFile(string path, UnpackedFile? unpacked, MemoryMappedFile map, MemoryMappedViewAccessor view, byte* start, long length)
    {
        Path = path;
        _unpacked = unpacked;
        Length = length;
        _map = map;
        _view = view;
        _start = start;
    }

    public string Path { get; }

    /// <summary>The header-data units, the primary one first.</summary>
    public IReadOnlyList<FitsHdu> Hdus { get; private set; } = [];

    /// <summary>Bytes after the last HDU that belong to none; 0 in a proper file. A damaged XTENSION card shows here.</summary>
    public long TrailingBytes => Math.Max(0, Length - (Hdus.Count == 0 ? 0 : Hdus[^1].End));

    /// <summary>Bytes of the file, unpacked.</summary>
    internal long Length { get; }

    /// <summary>Opens a file, which may be compressed with gzip whatever its name.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limits">How much a compressed file may unpack to; <see cref="GzipLimits.Default"/> if null.</param>
    /// <exception cref="FitsException">It is no FITS file, or it is damaged.</exception>
    public static FitsFile Open(string path, GzipLimits? limits = null)
    {
        using var stored = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        if (stored.Length == 0)                              // of the file itself, if the path is a link
            throw new FitsException($"{path} should be a FITS file, but it is empty.");
        if (!GzipFile.IsGzip(stored))
            return Map(path, stored, null);
        var unpacked = UnpackedFile.Acquire(stored, path, limits ?? GzipLimits.Default);
        try
        {
            return Map(path, unpacked.Stream, unpacked);
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    /// <summary>The first HDU that holds an image of two or more axes, tile-compressed ones included.</summary>
    public FitsImage FirstImage() => Hdus.OfType<FitsImage>().FirstOrDefault(image => image is { Width: > 0, Height: > 0 } && image.AxisLengths.Count >= 2)
        ?? throw new FitsException($"{Path} holds no image of two axes.");

    /// <summary>The first HDU that holds a table, binary or ASCII.</summary>
    public FitsTable FirstTable() => Hdus.OfType<FitsTable>().FirstOrDefault()
        ?? throw new FitsException($"{Path} holds no table.");

    /// <summary>Compares each HDU with its CHECKSUM and DATASUM (FITS 4.0, appendix J); reads the whole file.</summary>
    public IReadOnlyList<FitsChecksums> VerifyChecksums() => [.. Hdus.Select(hdu => FitsChecksums.Of(this, hdu))];

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
        _unpacked?.Dispose();
    }

    /// <summary>Bytes of the file, in place.</summary>
    internal ReadOnlySpan<byte> Bytes(long offset, int count)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (offset < 0 || count < 0 || count > Length - offset)
            throw new FitsException($"{Path}: {count} bytes from byte {offset} on were asked for, but the file has {Length}.");
        return new ReadOnlySpan<byte>(_start + offset, count);
    }

    /// <summary>Whether the system has most of the file in memory already; true where it does not say.</summary>
    internal bool IsMostlyInMemory()
    {
        if (!OperatingSystem.IsLinux())
            return true;
        const double most = 0.9;
        byte[] pages = new byte[(Length + Environment.SystemPageSize - 1) / Environment.SystemPageSize];
        return ResidentPages((nint)_start, (nuint)Length, pages) != 0 || pages.Count(page => (page & 1) != 0) > most * pages.Length;
    }

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static partial int ResidentPages(nint start, nuint length, Span<byte> pages);

    private static FitsFile Map(string path, FileStream stream, UnpackedFile? unpacked)
    {
        long length = stream.Length;
        if (length == 0)
            throw new FitsException($"{path} should be a FITS file, but it unpacks to nothing.");
        var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        var file = new FitsFile(path, unpacked, map, view, start + view.PointerOffset, length);
        try
        {
            file.Hdus = file.ReadHdus();
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private List<FitsHdu> ReadHdus()
    {
        var hdus = new List<FitsHdu>();
        long offset = 0;
        while (offset < Length && (hdus.Count == 0 || LooksLikeExtension(offset)))
        {
            string what = $"{Path}, HDU {hdus.Count}";
            var bytes = Bytes(offset, (int)Math.Min(Length - offset, LongestHeader));
            if (hdus.Count == 0 && !bytes.StartsWith("SIMPLE  ="u8))
                throw new FitsException($"{Path} is no FITS file: it should begin with 'SIMPLE  =', but it begins with other bytes.");
            var header = FitsHeaderReader.Read(bytes, what, offset, out long headerLength);
            if (hdus.Count > 0)
                header.InheritFrom(hdus[0]);
            var hdu = FitsHdu.Create(this, hdus.Count, header, what, offset, offset + headerLength);
            hdus.Add(hdu);
            offset = hdu.End;
        }
        return hdus;
    }

    /// <summary>What follows the last HDU may be anything; an extension begins with XTENSION.</summary>
    private bool LooksLikeExtension(long offset) => offset + 80 <= Length && Bytes(offset, 9).SequenceEqual("XTENSION="u8);
}
