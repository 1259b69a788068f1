using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>Where an entry's bytes lie in a zip archive.</summary>
internal sealed record StoredEntry(string Name, long Header, long Length, uint Checksum)
{
    /// <summary>First byte of the content.</summary>
    public long Offset { get; init; }
}

/// <summary>
/// A zip archive whose entries are not compressed: the container of torch.save. Opening it reads the directory and checks that
/// every entry lies inside the file, under the name that the directory says, and overlaps no other; so an archive can hold no more than its own length.
/// </summary>
/// <remarks>Format: PKWARE's APPNOTE 6.3, sections 4.3.6 to 4.3.16, with the 64-bit extensions.</remarks>
internal sealed class StoredZip : IDisposable
{
    internal const uint LocalSignature = 0x04034b50;
    internal const uint DirectorySignature = 0x02014b50;
    internal const uint EndSignature = 0x06054b50;
    internal const int LocalLength = 30;
    internal const int DirectoryLength = 46;
    internal const int EndLength = 22;
    private const uint End64Signature = 0x06064b50;
    private const uint Locator64Signature = 0x07064b50;
    private const int Locator64Length = 20;
    private const int End64Length = 56;
    private const int LongestComment = ushort.MaxValue;
    private const int MostEntries = 100_000;
    private const int LongestDirectory = 64 << 20;
    private const ushort Extra64 = 1;

    private readonly SafeFileHandle _file;
    private readonly Dictionary<string, StoredEntry> _entries = new(StringComparer.Ordinal);

    private StoredZip(string path, SafeFileHandle file)
    {
        Path = path;
        _file = file;
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, StoredEntry> Entries => _entries;

    /// <exception cref="PtFileException">It is no such archive; the message says what is wrong where.</exception>
    public static StoredZip Open(string path)
    {
        var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var zip = new StoredZip(path, file);
        try
        {
            zip.ReadDirectory();
            return zip;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    /// <summary>All of an entry, held against its checksum.</summary>
    /// <param name="entry">One of <see cref="Entries"/>.</param>
    /// <param name="longest">More bytes than these are refused before they are read.</param>
    public byte[] Read(StoredEntry entry, int longest)
    {
        if (entry.Length > longest)
            throw Fault($"entry '{entry.Name}' has {entry.Length} bytes, but at most {longest} are read");
        byte[] bytes = ReadAt(entry.Offset, (int)entry.Length, $"entry '{entry.Name}'");
        uint found = Crc32.HashToUInt32(bytes);
        return found == entry.Checksum
            ? bytes
            : throw Fault($"entry '{entry.Name}' should have the checksum {entry.Checksum:x8}, but it has {found:x8}: the file is damaged. Copy or fetch it again");
    }

    public PtFileException Fault(string what) => new($"{Path}: {what}.");

    public void Dispose() => _file.Dispose();

    private void ReadDirectory()
    {
        long length = RandomAccess.GetLength(_file);
        var (count, size, offset) = ReadEnd(length);
        if (count > MostEntries || size > LongestDirectory)
            throw Fault($"its zip directory has {count} entries in {size} bytes, but at most {MostEntries} in {LongestDirectory} are read");
        if (offset < 0 || size < 0 || offset > length - size)
            throw Fault($"its zip directory should lie at bytes {offset} to {offset + (decimal)size}, but the file has {length}");
        byte[] directory = ReadAt(offset, (int)size, "the zip directory");
        int at = 0;
        for (int i = 0; i < count; i++)
        {
            var entry = ReadEntry(directory, ref at, offset);
            if (!_entries.TryAdd(entry.Name, entry))
                throw Fault($"entry '{entry.Name}' is there twice");
        }
        CheckLocalHeaders(offset);
    }

    private (long Count, long Size, long Offset) ReadEnd(long length)
    {
        if (length < EndLength)
            throw Fault($"it has {length} bytes, which is no whole zip archive as torch.save writes it");
        int tailLength = (int)Math.Min(length, EndLength + LongestComment);
        byte[] tail = ReadAt(length - tailLength, tailLength, "the end");
        for (int at = tailLength - EndLength; at >= 0; at--)
        {
            var end = tail.AsSpan(at);
            if (U32(end, 0) != EndSignature || at + EndLength + U16(end, 20) != tailLength)
                continue;
            long position = length - tailLength + at;
            bool is64 = U16(end, 10) == ushort.MaxValue || U32(end, 12) == uint.MaxValue || U32(end, 16) == uint.MaxValue;
            return is64 ? ReadEnd64(position) : (U16(end, 10), U32(end, 12), U32(end, 16));
        }
        throw Fault("it has no zip directory at its end: it is cut off, or no file that torch.save wrote");
    }

    private (long Count, long Size, long Offset) ReadEnd64(long end)
    {
        if (end < Locator64Length + End64Length)
            throw Fault("its zip directory should have a 64-bit end record, but there is no room for one");
        byte[] locator = ReadAt(end - Locator64Length, Locator64Length, "the locator of the zip directory");
        long position = I64(locator, 8);
        if (U32(locator, 0) != Locator64Signature || position < 0 || position > end - Locator64Length - End64Length)
            throw Fault($"its zip directory should have a 64-bit end record before byte {end}, but it has none");
        byte[] record = ReadAt(position, End64Length, "the 64-bit end record");
        return U32(record, 0) == End64Signature
            ? (I64(record, 32), I64(record, 40), I64(record, 48))
            : throw Fault($"byte {position} should begin the 64-bit end record of the zip directory, but it does not");
    }

    private StoredEntry ReadEntry(byte[] directory, ref int at, long directoryOffset)
    {
        if (directory.Length - at < DirectoryLength || U32(directory.AsSpan(at), 0) != DirectorySignature)
            throw Fault($"byte {directoryOffset + at} should begin an entry of the zip directory, but it does not");
        var fields = directory.AsSpan(at);
        int nameLength = U16(fields, 28), extraLength = U16(fields, 30), commentLength = U16(fields, 32);
        int whole = DirectoryLength + nameLength + extraLength + commentLength;
        if (whole > fields.Length)
            throw Fault($"the entry of the zip directory at byte {directoryOffset + at} should have {whole} bytes, but {fields.Length} are left");
        string name = Encoding.UTF8.GetString(fields.Slice(DirectoryLength, nameLength));
        if ((U16(fields, 8) & 1) != 0)
            throw Fault($"entry '{name}' is encrypted, which torch.save never does");
        if (U16(fields, 10) != 0)
            throw Fault($"entry '{name}' is compressed (method {U16(fields, 10)}), but torch.save stores entries as they are: it is a TorchScript program, which is not read, or was packed again by another program");
        long packed = U32(fields, 20), length = U32(fields, 24), header = U32(fields, 42);
        ReadExtra64(fields.Slice(DirectoryLength + nameLength, extraLength), name, ref length, ref packed, ref header);
        if (packed != length)
            throw Fault($"entry '{name}' should have {length} bytes, but {packed} are stored");
        at += whole;
        return new StoredEntry(name, header, length, U32(fields, 16));
    }

    /// <summary>Fields that are all ones stand as 64-bit numbers in the extra field, in this order.</summary>
    private void ReadExtra64(ReadOnlySpan<byte> extra, string name, ref long length, ref long packed, ref long header)
    {
        if (length != uint.MaxValue && packed != uint.MaxValue && header != uint.MaxValue)
            return;
        for (int at = 0; at + 4 <= extra.Length; at += 4 + U16(extra, at + 2))
        {
            if (U16(extra, at) != Extra64)
                continue;
            var numbers = extra[(at + 4)..Math.Min(extra.Length, at + 4 + U16(extra, at + 2))];
            if (Take(ref length, ref numbers) && Take(ref packed, ref numbers) && Take(ref header, ref numbers))
                return;
            break;
        }
        throw Fault($"entry '{name}' should have its length and place as 64-bit numbers, but it has none");

        static bool Take(ref long field, ref ReadOnlySpan<byte> numbers)
        {
            if (field != uint.MaxValue)
                return true;
            if (numbers.Length < 8)
                return false;
            field = I64(numbers, 0);
            numbers = numbers[8..];
            return true;
        }
    }

    private void CheckLocalHeaders(long directoryOffset)
    {
        long end = 0;
        foreach (var entry in _entries.Values.OrderBy(entry => entry.Header).ToList())
        {
            if (entry.Header < end || entry.Header > directoryOffset - LocalLength)
                throw Fault($"entry '{entry.Name}' should begin between bytes {end} and {directoryOffset}, but it begins at {entry.Header}");
            byte[] header = ReadAt(entry.Header, LocalLength, $"the header of entry '{entry.Name}'");
            if (U32(header, 0) != LocalSignature || U16(header, 8) != 0)
                throw Fault($"byte {entry.Header} should begin the stored entry '{entry.Name}', but it does not");
            int nameLength = U16(header, 26);
            long offset = entry.Header + LocalLength + nameLength + U16(header, 28);
            if (entry.Length < 0 || offset > directoryOffset || entry.Length > directoryOffset - offset)
                throw Fault($"entry '{entry.Name}' should have {entry.Length} bytes from byte {offset}, but the directory begins at {directoryOffset}");
            if (Encoding.UTF8.GetString(ReadAt(entry.Header + LocalLength, nameLength, $"the name of entry '{entry.Name}'")) != entry.Name)
                throw Fault($"the entry at byte {entry.Header} should be '{entry.Name}', as the directory says, but it has another name");
            _entries[entry.Name] = entry with { Offset = offset };
            end = offset + entry.Length;
        }
    }

    private byte[] ReadAt(long offset, int length, string what)
    {
        byte[] bytes = new byte[length];
        int read = 0;
        while (read < length)
        {
            int now = RandomAccess.Read(_file, bytes.AsSpan(read), offset + read);
            if (now == 0)
                throw Fault($"{what} should have {length} bytes from byte {offset}, but the file ends at {offset + read}");
            read += now;
        }
        return bytes;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long I64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
}
