using System.Buffers.Binary;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>Where one tensor lies in a safetensors file: type name (F32, F64, I64, BOOL, ...), shape, and bytes after the header.</summary>
public sealed record SafetensorsEntry(string Name, string DataType, long[] Shape, long Begin, long End)
{
    public long ElementCount => Shape.Aggregate(1L, (product, length) => checked(product * length));
}

/// <summary>A safetensors file, memory-mapped for reading: the container of weights, images and measurements, readable from Python.</summary>
/// <remarks>
/// Format: 8-byte little-endian length, JSON header {name: {dtype, shape, data_offsets}}, raw little-endian data, row-major
/// (the safetensors format description, version 0.4).
/// </remarks>
public sealed unsafe class SafetensorsFile : IDisposable
{
    private const long LongestHeader = 100_000_000;
    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _data;

    private SafetensorsFile(string path, MemoryMappedFile map, MemoryMappedViewAccessor view, byte* data,
        IReadOnlyDictionary<string, SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        _map = map;
        _view = view;
        _data = data;
        Entries = entries;
        Metadata = metadata;
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    /// <summary>The texts under <c>__metadata__</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="RadioDiffusionException">The file is cut off or not a safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        long length = stream.Length;                         // of the file itself, if the path is a link
        if (length < 8)
            throw Damaged(path, $"it has {length} bytes, and at least 8 are needed for the length of the header");
        var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        try
        {
            view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
            start += view.PointerOffset;
            long headerLength = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(start, 8));
            if (headerLength is < 2 or > LongestHeader || headerLength > length - 8)
                throw Damaged(path, $"its header should have {headerLength} bytes, but the file has {length}");
            var (entries, metadata) = ReadHeader(path, new ReadOnlySpan<byte>(start + 8, (int)headerLength), length - 8 - headerLength);
            return new SafetensorsFile(path, map, view, start + 8 + headerLength, entries, metadata);
        }
        catch
        {
            if (start != null)
                view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>The raw little-endian bytes of a tensor, in place.</summary>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var entry = Entry(name);
        return new ReadOnlySpan<byte>(_data + entry.Begin, checked((int)(entry.End - entry.Begin)));
    }

    /// <summary>The values of a tensor in place; <typeparamref name="T"/> must be the C# type of its data type.</summary>
    public ReadOnlySpan<T> Values<T>(string name)
        where T : unmanaged
    {
        var entry = Entry(name);
        if (entry.DataType != NameOf<T>())
            throw Damaged(Path, $"tensor '{name}' should be {NameOf<T>()}, but it is {entry.DataType}");
        return new ReadOnlySpan<T>(_data + entry.Begin, checked((int)entry.ElementCount));
    }

    /// <summary>Part of a tensor, for tensors of more than 2 GiB: elements first to first + count - 1.</summary>
    public ReadOnlySpan<T> Values<T>(string name, long first, int count)
        where T : unmanaged
    {
        var entry = Entry(name);
        if (entry.DataType != NameOf<T>())
            throw Damaged(Path, $"tensor '{name}' should be {NameOf<T>()}, but it is {entry.DataType}");
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + count, entry.ElementCount, nameof(count));
        return new ReadOnlySpan<T>(_data + entry.Begin + first * sizeof(T), count);
    }

    public SafetensorsEntry Entry(string name) => Entries.TryGetValue(name, out var entry)
        ? entry
        : throw Damaged(Path, $"it has no tensor '{name}' (it has {string.Join(", ", Entries.Keys.Take(8))})");

    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _map.Dispose();
    }

    internal static string NameOf<T>() => Type.GetTypeCode(typeof(T)) switch
    {
        TypeCode.Single => "F32",
        TypeCode.Double => "F64",
        TypeCode.Int64 => "I64",
        TypeCode.Int32 => "I32",
        TypeCode.Int16 => "I16",
        TypeCode.Byte => "U8",
        TypeCode.Boolean => "BOOL",
        _ => throw new ArgumentException($"No safetensors type for {typeof(T)}."),
    };

    private static (Dictionary<string, SafetensorsEntry> Entries, Dictionary<string, string> Metadata) ReadHeader(
        string path, ReadOnlySpan<byte> json, long dataLength)
    {
        var entries = new Dictionary<string, SafetensorsEntry>();
        var metadata = new Dictionary<string, string>();
        try
        {
            using var document = JsonDocument.Parse(json.ToArray());
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (property.Name == "__metadata__")
                {
                    foreach (var text in property.Value.EnumerateObject())
                        metadata[text.Name] = text.Value.GetString() ?? "";
                    continue;
                }
                var offsets = property.Value.GetProperty("data_offsets");
                var entry = new SafetensorsEntry(property.Name, property.Value.GetProperty("dtype").GetString()!,
                    [.. property.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64())],
                    offsets[0].GetInt64(), offsets[1].GetInt64());
                if (entry.Begin < 0 || entry.End < entry.Begin || entry.End > dataLength || entry.Shape.Any(length => length < 0))
                    throw Damaged(path, $"tensor '{entry.Name}' should lie at bytes {entry.Begin} to {entry.End} of {dataLength}");
                if (SizeOf(entry.DataType) is int size && entry.ElementCount * size != entry.End - entry.Begin)
                    throw Damaged(path, $"tensor '{entry.Name}' has {entry.End - entry.Begin} bytes, but its shape needs {entry.ElementCount * size}");
                entries.Add(entry.Name, entry);
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or IndexOutOfRangeException or ArgumentException or OverflowException)
        {
            throw Damaged(path, $"its header cannot be read: {error.Message}");
        }
        return (entries, metadata);
    }

    private static int? SizeOf(string dataType) => dataType switch
    {
        "F64" or "I64" or "U64" => 8,
        "F32" or "I32" or "U32" => 4,
        "F16" or "BF16" or "I16" or "U16" => 2,
        "BOOL" or "U8" or "I8" => 1,
        _ => null,
    };

    private static RadioDiffusionException Damaged(string path, string what) => new($"{path} is not a whole safetensors file: {what}.");
}

/// <summary>Writes safetensors: announce the tensors, append their values in the same order, <see cref="Complete"/>.</summary>
public sealed class SafetensorsWriter : IDisposable
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly long _expectedLength;
    private long _written;

    /// <param name="stream">Where to write.</param>
    /// <param name="tensors">Name, data type (F32 and so on), shape; values follow in this order.</param>
    /// <param name="metadata">Texts kept in the header.</param>
    /// <param name="leaveOpen">Whether the stream stays open.</param>
    public SafetensorsWriter(Stream stream, IEnumerable<(string Name, string DataType, long[] Shape)> tensors,
        IReadOnlyDictionary<string, string>? metadata = null, bool leaveOpen = false)
    {
        _stream = stream;
        _leaveOpen = leaveOpen;
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, text) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                    json.WriteString(key, text);
                json.WriteEndObject();
            }
            foreach (var (name, dataType, shape) in tensors)
            {
                long begin = _expectedLength;
                _expectedLength += shape.Aggregate(Width(dataType), (product, length) => checked(product * length));
                json.WriteStartObject(name);
                json.WriteString("dtype", dataType);
                json.WriteStartArray("shape");
                foreach (long length in shape)
                    json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(begin);
                json.WriteNumberValue(_expectedLength);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)                       // so that the data is aligned
            buffer.WriteByte((byte)' ');
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, buffer.Length);
        _stream.Write(prefix);
        buffer.WriteTo(_stream);
    }

    /// <summary>Appends values of the next tensor (or a part of it).</summary>
    public void Write<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(values);
        _stream.Write(bytes);
        _written += bytes.Length;
    }

    /// <summary>Ends the file: all that was announced has been written.</summary>
    /// <exception cref="InvalidOperationException">It has not.</exception>
    public void Complete()
    {
        if (_written != _expectedLength)
            throw new InvalidOperationException($"The header of this safetensors file announces {_expectedLength} bytes, but {_written} were written.");
        _stream.Flush();
    }

    public void Dispose()
    {
        if (!_leaveOpen)
            _stream.Dispose();
    }

    private static long Width(string dataType) => dataType switch
    {
        "F64" or "I64" => 8,
        "F32" or "I32" => 4,
        "I16" => 2,
        "U8" or "BOOL" => 1,
        _ => throw new ArgumentException($"Unknown safetensors type {dataType}."),
    };
}
