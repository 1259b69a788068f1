using System.IO.Compression;
using System.Text;
using RadioDiffusion.ModelCore.Interchange;

namespace RadioDiffusion.ModelCore.Tests.Interchange;

/// <summary>Small .pt files: whole ones by the project's writer, and others with any pickle, packed by .NET's own zip writer.</summary>
internal static class PtFiles
{
    /// <summary>GLOBAL, MARK ... TUPLE and so on, written out by hand: opcodes are characters of Latin-1.</summary>
    public static byte[] Pickle(string opcodes) => Encoding.Latin1.GetBytes("\x80\x02" + opcodes + ".");

    public static void Write(string path, byte[] pickle, params (string Name, byte[] Content)[] entries) =>
        Write(path, CompressionLevel.NoCompression, [("small/data.pkl", pickle), .. entries.Select(entry => ($"small/{entry.Name}", entry.Content)), ("small/version", "3\n"u8.ToArray())]);

    public static void Write(string path, CompressionLevel level, params (string Name, byte[] Content)[] entries)
    {
        using var stream = File.Create(path);
        using var zip = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach (var (name, content) in entries)
        {
            using var entry = zip.CreateEntry(name, level).Open();
            entry.Write(content);
        }
    }

    public static PtTensor Tensor(float[] values, params long[] shape) => PtTensor.Of(Storage(values), shape);

    public static PtStorage Storage(params float[] values)
    {
        byte[] bytes = new byte[4 * values.Length];
        Buffer.BlockCopy(values, 0, bytes, 0, bytes.Length);
        return new PtStorage(PtType.Float32, values.Length, () => bytes);
    }

    public static PickledDictionary Dictionary(bool isOrderedDict, params (object Key, object? Value)[] entries)
    {
        var dictionary = new PickledDictionary(isOrderedDict);
        foreach (var (key, value) in entries)
            dictionary[key] = value;
        return dictionary;
    }

    /// <summary>A checkpoint with all kinds of values.</summary>
    public static PickledDictionary SmallCheckpoint()
    {
        var shared = Storage(1, 2, 3, 4, 5, 6);
        var model = Dictionary(true, ("a.weight", PtTensor.Of(shared, [2, 3])), ("a.bias", Tensor([7, 8], 2)));
        model.Attributes = Dictionary(false, ("_metadata", Dictionary(true, ("", Dictionary(false, ("version", 1L))))));
        return Dictionary(false,
            ("model", model),
            ("ema_model", Dictionary(true, ("n_averaged", PtTensor.Of(new PtStorage(PtType.Int64, 1, () => BitConverter.GetBytes(3L)), [])),
                ("module.a.weight", Tensor([2, 3, 4, 5, 6, 7], 2, 3)), ("module.a.bias", Tensor([9, 10], 2)))),
            ("optimizer", Dictionary(false,
                ("state", Dictionary(false, (0L, Dictionary(false, ("step", Tensor([1234], [])))))),
                ("param_groups", new List<object?> { Dictionary(false, ("lr", 2e-5), ("betas", new object?[] { 0.9, 0.999 }), ("amsgrad", false), ("foreach", null), ("params", new List<object?> { 0L, 300L, 70_000L, -1L, 1L << 40 })) }))),
            ("transposed", PtTensor.Of(shared, 0, [3, 2], [1, 3])));
    }

    /// <summary>Every tensor under the dictionary path that leads to it, joined by '/'.</summary>
    public static IEnumerable<(string Name, PtTensor Tensor)> Tensors(object? value, string name = "") => value switch
    {
        PtTensor tensor => [(name, tensor)],
        PickledDictionary dictionary => dictionary.SelectMany(entry => Tensors(entry.Value, name.Length == 0 ? $"{entry.Key}" : $"{name}/{entry.Key}")),
        List<object?> list => list.SelectMany((item, i) => Tensors(item, $"{name}/{i}")),
        object?[] tuple => tuple.SelectMany((item, i) => Tensors(item, $"{name}/{i}")),
        _ => [],
    };

    public static byte[] PickleOf(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        using var stream = zip.Entries.Single(entry => entry.FullName.EndsWith("/data.pkl", StringComparison.Ordinal)).Open();
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
