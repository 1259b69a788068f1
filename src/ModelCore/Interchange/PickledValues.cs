namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>
/// A Python dict, or an OrderedDict with its attributes. Keys are texts (string) and whole numbers (long). Values are null, bool, long, double,
/// string, <see cref="PickledDictionary"/>, List of values (a list), array of values (a tuple), <see cref="PtTensor"/>.
/// </summary>
internal sealed class PickledDictionary(bool isOrderedDict) : OrderedDictionary<object, object?>(KeyComparer.Instance)
{
    public bool IsOrderedDict { get; } = isOrderedDict;

    /// <summary>What Python keeps on the object beside its entries (a state dict's _metadata): not used here, but written again.</summary>
    public object? Attributes { get; set; }

    /// <summary>Numbers hash to themselves, which a hostile file could use to make one long chain of them.</summary>
    private sealed class KeyComparer : IEqualityComparer<object>
    {
        public static readonly KeyComparer Instance = new();

        public new bool Equals(object? x, object? y) => object.Equals(x, y);

        public int GetHashCode(object key) => key is long number ? HashCode.Combine((int)number, (int)(number >> 32)) : key.GetHashCode();
    }
}

/// <summary>What a GLOBAL of a pickle stands for: a name, never a piece of Python.</summary>
/// <param name="Name">Module and name, with a dot.</param>
/// <param name="Make">What REDUCE gives for its arguments; null for what cannot be called. Throws <see cref="FormatException"/> with what is wrong.</param>
internal sealed record PickledGlobal(string Name, Func<object?[], object?>? Make = null);

/// <summary>The numbers behind one or more tensors.</summary>
/// <param name="type">Their type.</param>
/// <param name="count">How many.</param>
/// <param name="read">Their bytes, little-endian.</param>
internal sealed class PtStorage(PtType type, long count, Func<byte[]> read)
{
    public PtType Type => type;

    public long Count => count;

    public byte[] Read() => read();
}

/// <summary>A type of numbers: its safetensors name and width, and the class that torch.save names for it.</summary>
internal sealed record PtType(string Name, int Width, string StorageClass)
{
    public static readonly PtType Float32 = new("F32", 4, "FloatStorage");
    public static readonly PtType Int64 = new("I64", 8, "LongStorage");

    public static IReadOnlyList<PtType> All { get; } =
    [
        Float32, new("F64", 8, "DoubleStorage"), new("F16", 2, "HalfStorage"), new("BF16", 2, "BFloat16Storage"),
        Int64, new("I32", 4, "IntStorage"), new("I16", 2, "ShortStorage"), new("I8", 1, "CharStorage"), new("U8", 1, "ByteStorage"), new("BOOL", 1, "BoolStorage"),
    ];
}

/// <summary>A tensor as a view of a storage. <see cref="Of"/> has checked that all of it lies inside.</summary>
internal sealed class PtTensor
{
    private const int MostDimensions = 64;

    private PtTensor(PtStorage storage, long offset, long[] shape, long[] strides, long count)
    {
        Storage = storage;
        Offset = offset;
        Shape = shape;
        Strides = strides;
        Count = count;
    }

    public PtStorage Storage { get; }

    /// <summary>The first element's place in the storage.</summary>
    public long Offset { get; }

    public long[] Shape { get; }

    /// <summary>Elements from one to the next along each axis.</summary>
    public long[] Strides { get; }

    /// <summary>Elements.</summary>
    public long Count { get; }

    private bool IsContiguous => Strides.SequenceEqual(RowMajor(Shape)) || Count <= 1;

    /// <exception cref="FormatException">It does not lie inside the storage.</exception>
    public static PtTensor Of(PtStorage storage, long offset, long[] shape, long[] strides)
    {
        string text = $"a tensor of shape ({string.Join(", ", shape)}) with strides ({string.Join(", ", strides)}) at element {offset}";
        if (shape.Length != strides.Length || shape.Length > MostDimensions)
            throw new FormatException($"{text} should have as many strides as axes, and at most {MostDimensions}");
        if (offset < 0 || shape.Any(length => length < 0) || strides.Any(stride => stride < 0))
            throw new FormatException($"{text} should have no negative numbers");
        try
        {
            long count = shape.Contains(0) ? 0 : shape.Aggregate(1L, (product, length) => checked(product * length));
            long end = offset;
            if (count > 0)
            {
                end = checked(end + 1);
                for (int axis = 0; axis < shape.Length; axis++)
                    end = checked(end + (shape[axis] - 1) * strides[axis]);
            }
            if (end > storage.Count)
                throw new FormatException($"{text} needs {end} elements of its storage, which has {storage.Count}");
            if (count > storage.Count)
                throw new FormatException($"{text} repeats the {storage.Count} elements of its storage: such an expanded tensor is not read. Save it after .contiguous()");
            return new PtTensor(storage, offset, shape, strides, count);
        }
        catch (OverflowException)
        {
            throw new FormatException($"{text} is beyond any storage");
        }
    }

    /// <summary>A whole storage, row by row.</summary>
    public static PtTensor Of(PtStorage storage, long[] shape) => Of(storage, 0, shape, RowMajor(shape));

    /// <summary>The elements in row-major order, little-endian.</summary>
    public byte[] ToBytes()
    {
        byte[] all = Storage.Read();
        int width = Storage.Type.Width;
        if (IsContiguous)
            return all.Length == Count * width ? all : all.AsSpan((int)(Offset * width), (int)(Count * width)).ToArray();
        byte[] bytes = new byte[Count * width];
        long[] index = new long[Shape.Length];
        long from = Offset;
        for (long to = 0; to < Count; to++)
        {
            all.AsSpan((int)(from * width), width).CopyTo(bytes.AsSpan((int)(to * width)));
            for (int axis = index.Length - 1; axis >= 0; axis--)
            {
                from += Strides[axis];
                if (++index[axis] < Shape[axis])
                    break;
                from -= index[axis] * Strides[axis];
                index[axis] = 0;
            }
        }
        return bytes;
    }

    private static long[] RowMajor(long[] shape)
    {
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(shape[axis], 1);
        }
        return strides;
    }
}
