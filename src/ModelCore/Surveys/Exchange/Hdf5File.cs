using System.Buffers.Binary;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>An HDF5 file for reading, whose errors name the file and the object in it.</summary>
/// <remarks>HDF5 File Format Specification, version 3. Sizes are compared with the file's length before anything is allocated.</remarks>
internal sealed class Hdf5File : IDisposable
{
    private const int SuperblockLength = 48;
    private const long LargestRatio = 1032;                  // of deflate: no compressed byte becomes more bytes than this
    private static readonly byte[] _signature = [0x89, (byte)'H', (byte)'D', (byte)'F', 0x0d, 0x0a, 0x1a, 0x0a];
    private readonly NativeFile _file;

    private Hdf5File(string path, long length, NativeFile file)
    {
        Path = path;
        Length = length;
        _file = file;
    }

    public string Path { get; }

    /// <summary>Bytes of the file.</summary>
    public long Length { get; }

    public IH5Group Root => _file;

    /// <summary>Whether the file begins as HDF5 files do.</summary>
    public static bool IsHdf5(string path)
    {
        Span<byte> start = stackalloc byte[8];
        using var stream = File.OpenRead(path);
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(_signature);
    }

    /// <exception cref="RadioDiffusionException">It is no HDF5 file, or it is cut off.</exception>
    public static Hdf5File Open(string path)
    {
        long length = CheckWhole(path);
        return new Hdf5File(path, length, Guard(path, "the root group", () => H5File.OpenRead(path)));
    }

    /// <summary>The objects of a group in the order of their names (by bytes), as h5py lists them.</summary>
    public IReadOnlyList<IH5Object> Children(IH5Group group) =>
        Guard(Path, $"group '{group.Name}'", () => group.Children().OrderBy(child => child.Name, StringComparer.Ordinal).ToList());

    /// <summary>A data set of a group; null if there is none of this name.</summary>
    public IH5Dataset? FindDataset(IH5Group group, string name) =>
        Guard(Path, $"data set '{name}'", () => group.LinkExists(name) ? group.Get(name) as IH5Dataset : null);

    /// <summary>The lengths of a data set's axes, checked against the length of the file.</summary>
    public int[] Shape(IH5Dataset dataset) => Guard(Path, $"the shape of data set '{dataset.Name}'", () =>
    {
        ulong bytes = (ulong)dataset.Type.Size;
        foreach (ulong axis in dataset.Space.Dimensions)
        {
            if (axis > int.MaxValue || (axis > 0 && bytes > long.MaxValue / axis))
                throw Error($"data set '{dataset.Name}' should have axes that fit into the file, but one has {axis} elements");
            bytes *= axis;
        }
        bool compressed = dataset.Layout.Class == H5DataLayoutClass.Chunked;
        if (bytes > (ulong)Length * (compressed ? (ulong)LargestRatio : 1))
            throw Error($"data set '{dataset.Name}' should have {bytes} bytes, but the whole file has {Length}: it is cut off, or damaged");
        return dataset.Space.Dimensions.Select(axis => (int)axis).ToArray();
    });

    /// <summary>Numbers of any real type as float32: the whole data set, or the slice at one position of its first axis.</summary>
    /// <param name="dataset">Numbers.</param>
    /// <param name="destination">As many values as the data set or the slice has.</param>
    /// <param name="slice">Position on the first axis; null for all.</param>
    public void ReadFloats(IH5Dataset dataset, Span<float> destination, int? slice = null)
    {
        int count = destination.Length;
        switch (TypeOf(dataset))
        {
            case "float32":
                Read<float>(dataset, count, slice).CopyTo(destination);
                break;
            case "float64":
                Convert(Read<double>(dataset, count, slice), destination, value => (float)value);
                break;
            case "uint8":
                Convert(Read<byte>(dataset, count, slice), destination, value => value);
                break;
            case "int16":
                Convert(Read<short>(dataset, count, slice), destination, value => value);
                break;
            case "uint16":
                Convert(Read<ushort>(dataset, count, slice), destination, value => value);
                break;
            case "int32":
                Convert(Read<int>(dataset, count, slice), destination, value => value);
                break;
            case "int64":
                Convert(Read<long>(dataset, count, slice), destination, value => value);
                break;
            case var type:
                throw Error($"data set '{dataset.Name}' should hold real numbers (float32, float64, uint8, int16, uint16, int32, int64), but it holds {type}");
        }
    }

    /// <summary>All numbers of a data set as float64, row by row; 8-bit bit fields (numpy's bool as PyTables writes it) are 0 or 1.</summary>
    public double[] ReadDoubles(IH5Dataset dataset)
    {
        int count = checked((int)Shape(dataset).Aggregate(1L, (product, axis) => product * axis));
        if (TypeOf(dataset) == "float64")
            return Read<double>(dataset, count, null);
        if (dataset.Type.Class is H5DataTypeClass.BitField or H5DataTypeClass.Enumerated && dataset.Type.Size == 1)
            return Array.ConvertAll(Read<byte>(dataset, count, null), value => (double)value);
        if (TypeOf(dataset) is "int64")
            return Array.ConvertAll(Read<long>(dataset, count, null), value => (double)value);
        float[] values = new float[count];
        ReadFloats(dataset, values);
        return Array.ConvertAll(values, value => (double)value);
    }

    /// <summary>All texts of a data set.</summary>
    public string[] ReadTexts(IH5Dataset dataset)
    {
        Shape(dataset);
        return IsText(dataset.Type)
            ? Guard(Path, $"data set '{dataset.Name}'", () => dataset.Space.Dimensions.Length == 0 ? [dataset.Read<string>()] : dataset.Read<string[]>())
            : throw Error($"data set '{dataset.Name}' should hold texts, but it holds {TypeOf(dataset)}");
    }

    /// <summary>A scalar number among an object's attributes; null if it is absent or no number.</summary>
    public double? NumberAttribute(IH5Object owner, string name) => Attribute<double?>(owner, name, attribute => attribute.Type.Class switch
    {
        H5DataTypeClass.FloatingPoint when attribute.Type.Size == 8 => attribute.Read<double>(),
        H5DataTypeClass.FloatingPoint when attribute.Type.Size == 4 => attribute.Read<float>(),
        H5DataTypeClass.FixedPoint when attribute.Type.Size == 8 => attribute.Read<long>(),
        H5DataTypeClass.FixedPoint when attribute.Type.Size == 4 => attribute.Read<int>(),
        _ => null,
    });

    /// <summary>A text among an object's attributes; null if it is absent or no text.</summary>
    public string? TextAttribute(IH5Object owner, string name) =>
        Attribute(owner, name, attribute => IsText(attribute.Type) ? attribute.Read<string>() : null);

    /// <summary>A list of texts among an object's attributes; empty if it is absent or no list of texts.</summary>
    public string[] TextsAttribute(IH5Object owner, string name) =>
        Guard(Path, $"attribute '{name}' of '{owner.Name}'", () =>
            owner.AttributeExists(name) && owner.Attribute(name) is var attribute && IsText(attribute.Type) && attribute.Space.Type == H5DataspaceType.Simple ? attribute.Read<string[]>() : []);

    /// <summary>An error about this file.</summary>
    public RadioDiffusionException Error(string what) => new($"{Path}: {what}.");

    public void Dispose() => _file.Dispose();

    private T? Attribute<T>(IH5Object owner, string name, Func<IH5Attribute, T?> read) =>
        Guard(Path, $"attribute '{name}' of '{owner.Name}'", () =>
            owner.AttributeExists(name) && owner.Attribute(name) is var attribute && attribute.Space.Type == H5DataspaceType.Scalar ? read(attribute) : default);

    private T[] Read<T>(IH5Dataset dataset, int count, int? slice)
        where T : unmanaged
    {
        int[] shape = Shape(dataset);
        long expected = shape.Skip(slice is null ? 0 : 1).Aggregate(1L, (product, axis) => product * axis);
        if (expected != count)
            throw Error($"data set '{dataset.Name}' of shape ({string.Join(", ", shape)}) should give {count} values, but it has {expected}");
        return Guard(Path, slice is { } at ? $"item {at} of data set '{dataset.Name}'" : $"data set '{dataset.Name}'", () =>
        {
            var values = new T[count];
            if (slice is { } position)
            {
                ulong[] start = [(ulong)position, .. shape.Skip(1).Select(_ => 0UL)];
                ulong[] block = [1, .. shape.Skip(1).Select(axis => (ulong)axis)];
                dataset.Read(values, fileSelection: new HyperslabSelection(shape.Length, start, block));
            }
            else
            {
                dataset.Read(values);
            }
            return values;
        });
    }

    private static void Convert<T>(T[] values, Span<float> destination, Func<T, float> convert)
    {
        for (int i = 0; i < values.Length; i++)
            destination[i] = convert(values[i]);
    }

    private static bool IsText(IH5DataType type) => type.Class is H5DataTypeClass.String or H5DataTypeClass.VariableLength;

    private static string TypeOf(IH5Dataset dataset) => dataset.Type.Class switch
    {
        H5DataTypeClass.FloatingPoint => $"float{8 * dataset.Type.Size}",
        H5DataTypeClass.FixedPoint => $"{(dataset.Type.FixedPoint.IsSigned ? "int" : "uint")}{8 * dataset.Type.Size}",
        var other => other.ToString(),
    };

    /// <summary>The superblock says where the file should end; compared here, since a cut-off file may still open.</summary>
    private static long CheckWhole(string path)
    {
        Span<byte> start = stackalloc byte[SuperblockLength];
        using var stream = File.OpenRead(path);
        if (stream.ReadAtLeast(start, SuperblockLength, throwOnEndOfStream: false) < SuperblockLength || !start.StartsWith(_signature))
            throw new RadioDiffusionException($"{path} should be an HDF5 file, but it has {stream.Length} bytes and does not begin as one (superblock of {SuperblockLength} bytes at byte 0).");
        int version = start[8];
        (int sizeAt, int endAt) = version switch
        {
            0 or 1 => (13, version == 0 ? 40 : 44),
            2 or 3 => (9, 28),
            _ => throw new RadioDiffusionException($"{path}: the superblock, byte 8, should be of version 0 to 3, but it is {version}."),
        };
        if (start[sizeAt] != 8 || endAt + 8 > SuperblockLength)
            return stream.Length;                            // other offset sizes are left to the reader
        ulong end = BinaryPrimitives.ReadUInt64LittleEndian(start[endAt..]);
        return end <= (ulong)stream.Length
            ? stream.Length
            : throw new RadioDiffusionException($"{path}: the file should have {end} bytes, as its superblock says at byte {endAt}, but it has {stream.Length}: it is cut off. Fetch it again.");
    }

    /// <summary>The reading library throws errors of any type on damaged files; all of them become one that names the file and the object.</summary>
    private static T Guard<T>(string path, string what, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not RadioDiffusionException)
        {
            string reason = (error as System.Reflection.TargetInvocationException)?.InnerException?.Message ?? error.Message;
            throw new RadioDiffusionException($"{path}: {what} cannot be read: {reason}", error);
        }
    }
}
