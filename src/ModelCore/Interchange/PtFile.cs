using System.Text;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>
/// A file of torch.save (PyTorch 1.6 and later), read as data: dictionaries, lists, numbers, texts and tensors. Tensors are read
/// from the file when their bytes are asked for.
/// </summary>
/// <remarks>
/// Layout: a zip archive of stored entries in one folder. data.pkl is a pickle whose persistent IDs ('storage', class, key, location, count)
/// name the entries data/KEY, raw numbers; byteorder (since PyTorch 2.1) says little or big.
/// </remarks>
internal sealed class PtFile : IDisposable
{
    private const string PickleName = "/data.pkl";
    private const int LongestNote = 1000;

    /// <summary>The first bytes of a file of torch.save before PyTorch 1.6: a pickle of its magic number.</summary>
    private static readonly byte[] _legacy = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

    private readonly StoredZip _zip;
    private readonly string _folder;
    private readonly Dictionary<string, PtStorage> _storages = new(StringComparer.Ordinal);
    private (PtStorage Storage, byte[] Bytes)? _last;

    private PtFile(StoredZip zip, string folder)
    {
        _zip = zip;
        _folder = folder;
    }

    public string Path => _zip.Path;

    /// <summary>What was saved: see <see cref="PickledDictionary"/> for the kinds of values.</summary>
    public object? Root { get; private set; }

    /// <exception cref="PtFileException">It is damaged, of another format, or names what no checkpoint needs.</exception>
    public static PtFile Open(string path)
    {
        RefuseLegacy(path);
        var zip = StoredZip.Open(path);
        try
        {
            string[] pickles = [.. zip.Entries.Keys.Where(name => name.IndexOf('/') == name.Length - PickleName.Length && name.EndsWith(PickleName, StringComparison.Ordinal))];
            if (pickles is not [var pickle])
                throw zip.Fault($"it should have one entry FOLDER{PickleName}, as torch.save writes it, but it has {pickles.Length}");
            var file = new PtFile(zip, pickle[..^PickleName.Length]);
            file.Read(zip.Entries[pickle]);
            return file;
        }
        catch
        {
            zip.Dispose();
            throw;
        }
    }

    public PtFileException Fault(string what) => _zip.Fault(what);

    public void Dispose() => _zip.Dispose();

    private static void RefuseLegacy(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        byte[] start = new byte[_legacy.Length];
        if (stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(_legacy))
            throw new PtFileException($"{path}: it is of the format that torch.save wrote before PyTorch 1.6, which is not read. Write it anew with a later PyTorch: torch.save(torch.load(FILE, map_location='cpu'), NEW).");
    }

    private void Read(StoredEntry pickle)
    {
        if (_zip.Entries.ContainsKey($"{_folder}/constants.pkl"))
            throw Fault("it is a TorchScript program and no checkpoint: save the state dict with torch.save");
        if (_zip.Entries.TryGetValue($"{_folder}/byteorder", out var order) && Encoding.ASCII.GetString(_zip.Read(order, LongestNote)) is var text and not "little")
            throw Fault($"its byte order should be little, but it is '{PickleReader.Printable(text)}': save it on a machine with a usual processor");
        Root = PickleReader.Read(_zip.Read(pickle, PickleReader.Longest), $"{Path}: entry '{pickle.Name}'", _globals, StorageOf);
    }

    /// <summary>('storage', class, key, location, count).</summary>
    private PtStorage StorageOf(object?[] id)
    {
        if (id is not ["storage", PickledGlobal global, string key, string, long count] || _types.GetValueOrDefault(global) is not { } type)
            throw new FormatException($"a persistent ID should be ('storage', a class of storage, key, location, count), but it is a tuple of {id.Length} of other values");
        string name = $"{_folder}/data/{key}";
        if (!_zip.Entries.TryGetValue(name, out var entry))
            throw new FormatException($"entry '{PickleReader.Printable(name)}' should hold a storage of {count} numbers, but it is not there");
        if (count < 0 || count > long.MaxValue / type.Width || entry.Length != count * type.Width)
            throw new FormatException($"entry '{entry.Name}' should hold {count} numbers of {type.Width} bytes ({type.StorageClass}), but it has {entry.Length} bytes");
        if (_storages.TryGetValue(key, out var known))
            return known.Type == type ? known : throw new FormatException($"entry '{entry.Name}' should be {known.Type.StorageClass} as before, but it is {type.StorageClass}");
        PtStorage storage = null!;
        storage = new PtStorage(type, count, () => BytesOf(storage, entry));
        return _storages[key] = storage;
    }

    /// <summary>The last one is kept: tensors that share a storage mostly follow each other.</summary>
    private byte[] BytesOf(PtStorage storage, StoredEntry entry)
    {
        if (_last?.Storage != storage)
        {
            _last = null;
            _last = (storage, _zip.Read(entry, Array.MaxLength));
        }
        return _last!.Value.Bytes;
    }

    private static readonly Dictionary<PickledGlobal, PtType> _types = PtType.All.ToDictionary(type => new PickledGlobal($"torch.{type.StorageClass}"));

    /// <summary>All that a checkpoint may name. Each stands for what is done here with its arguments.</summary>
    private static readonly Dictionary<string, PickledGlobal> _globals = new PickledGlobal[]
    {
        new("collections.OrderedDict", NewOrderedDict),
        new("torch._utils._rebuild_tensor_v2", RebuildTensor),
        new("torch._utils._rebuild_parameter", RebuildParameter),
        new("torch.Size", NewSize),
    }.Concat(_types.Keys).ToDictionary(global => global.Name);

    private static PickledDictionary NewOrderedDict(object?[] arguments) => arguments is []
        ? new PickledDictionary(isOrderedDict: true)
        : throw new FormatException($"it should have no arguments, but it has {arguments.Length}");

    /// <summary>(storage, offset, shape, strides, requires_grad, hooks) and perhaps metadata, of which the first four count.</summary>
    private static PtTensor RebuildTensor(object?[] arguments) =>
        arguments is [PtStorage storage, long offset, object?[] shape, object?[] strides, bool, ..] && arguments.Length is 6 or 7
            ? PtTensor.Of(storage, offset, Numbers(shape), Numbers(strides))
            : throw new FormatException("its arguments should be (storage, offset, shape, strides, requires_grad, hooks), but they are not");

    private static PtTensor RebuildParameter(object?[] arguments) => arguments is [PtTensor tensor, bool, _]
        ? tensor
        : throw new FormatException("its arguments should be (tensor, requires_grad, hooks), but they are not");

    private static object?[] NewSize(object?[] arguments) => arguments is [object?[] lengths]
        ? [.. Numbers(lengths).Select(length => (object?)length)]
        : throw new FormatException("its argument should be a tuple of whole numbers, but it is not");

    private static long[] Numbers(object?[] values) => [.. values.Select(value => value as long? ?? throw new FormatException("a shape should consist of whole numbers, but it does not"))];
}
