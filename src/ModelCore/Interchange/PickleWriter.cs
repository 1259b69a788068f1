using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>Writes pickles as torch.save does: protocol 2, the same opcodes in the same order, the same memo.</summary>
/// <remarks>
/// Objects that are the same are written once and recalled, as Python does it. What was read by <see cref="PickleReader"/> is written again
/// byte for byte, which the tests hold against files of PyTorch itself.
/// </remarks>
internal sealed class PickleWriter
{
    /// <summary>Entries that one opcode sets at most, as in Python.</summary>
    private const int LargestGroup = 1000;

    private readonly MemoryStream _out = new();
    private readonly Dictionary<object, int> _memo = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _globals = [];
    private readonly Dictionary<PtStorage, int> _keys = new(ReferenceEqualityComparer.Instance);
    private readonly List<string> _keyTexts = [];
    private readonly List<PtStorage> _storages = [];
    private int _memoised;

    private PickleWriter()
    {
    }

    /// <summary>The pickle, and the storages that it names as 0, 1 and so on.</summary>
    public static (byte[] Pickle, IReadOnlyList<PtStorage> Storages) Write(object? root)
    {
        var writer = new PickleWriter();
        writer.Put(0x80, 2);
        writer.WriteValue(root);
        writer.Put('.');
        return (writer._out.ToArray(), writer._storages);
    }

    private void WriteValue(object? value)
    {
        if (value is not (null or bool or long or double) && _memo.TryGetValue(value, out int known))
        {
            Recall(known);
            return;
        }
        switch (value)
        {
            case null: Put('N'); break;
            case bool truth: Put(truth ? 0x88 : 0x89); break;
            case long number: WriteNumber(number); break;
            case double number: WriteNumber(number); break;
            case string text: WriteText(text); break;
            case PickledDictionary dictionary: WriteDictionary(dictionary); break;
            case List<object?> list: WriteList(list); break;
            case object?[] tuple: WriteTuple(tuple); break;
            case PtTensor tensor: WriteTensor(tensor); break;
            default: throw new ArgumentException($"A checkpoint cannot hold a {value.GetType().Name}.", nameof(value));
        }
    }

    private void WriteNumber(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        switch (number)
        {
            case >= 0 and <= byte.MaxValue: Put('K'); _out.Write(bytes[..1]); break;
            case >= 0 and <= ushort.MaxValue: Put('M'); _out.Write(bytes[..2]); break;
            case >= int.MinValue and <= int.MaxValue: Put('J'); _out.Write(bytes[..4]); break;
            default: Put(0x8a, 8); _out.Write(bytes); break;
        }
    }

    private void WriteNumber(double number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
        Put('G');
        _out.Write(bytes);
    }

    private void WriteText(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        Put('X');
        _out.Write(length);
        _out.Write(bytes);
        Remember(text);
    }

    private void WriteDictionary(PickledDictionary dictionary)
    {
        if (dictionary.IsOrderedDict)
            WriteCall("collections", "OrderedDict", []);
        else
            Put('}');
        Remember(dictionary);
        foreach (var group in dictionary.Chunk(LargestGroup))
        {
            WriteGroup(group, 's', 'u', entry =>
            {
                WriteValue(entry.Key);
                WriteValue(entry.Value);
            });
        }
        if (dictionary.Attributes is not { } attributes)
            return;
        WriteValue(attributes);
        Put('b');
    }

    private void WriteList(List<object?> list)
    {
        Put(']');
        Remember(list);
        foreach (var group in list.Chunk(LargestGroup))
            WriteGroup(group, 'a', 'e', WriteValue);
    }

    private void WriteGroup<T>(T[] group, char forOne, char forMany, Action<T> write)
    {
        if (group.Length > 1)
            Put('(');
        foreach (var item in group)
            write(item);
        Put(group.Length > 1 ? forMany : forOne);
    }

    private void WriteTuple(object?[] tuple)
    {
        WriteItems(tuple.Length, () =>
        {
            foreach (object? item in tuple)
                WriteValue(item);
        });
        if (tuple.Length > 0)
            Remember(tuple);
    }

    private void WriteItems(int count, Action write)
    {
        if (count > 3)
            Put('(');
        write();
        Put(count switch { 0 => ')', 1 => 0x85, 2 => 0x86, 3 => 0x87, _ => 't' });
    }

    private void WriteTensor(PtTensor tensor)
    {
        WriteGlobal("torch._utils", "_rebuild_tensor_v2");
        WriteItems(6, () =>
        {
            WriteStorage(tensor.Storage);
            WriteNumber(tensor.Offset);
            WriteTuple([.. tensor.Shape]);
            WriteTuple([.. tensor.Strides]);
            WriteValue(false);                               // requires_grad
            WriteValue(new PickledDictionary(isOrderedDict: true));          // hooks
        });
        PutMemo();
        Put('R');
        Remember(tensor);
    }

    private void WriteStorage(PtStorage storage)
    {
        if (!_keys.TryGetValue(storage, out int key))
        {
            _keys[storage] = key = _storages.Count;
            _storages.Add(storage);
            _keyTexts.Add(key.ToString(CultureInfo.InvariantCulture));
        }
        WriteItems(5, () =>
        {
            WriteValue("storage");
            WriteGlobal("torch", storage.Type.StorageClass);
            WriteValue(_keyTexts[key]);
            WriteValue("cpu");
            WriteNumber(storage.Count);
        });
        PutMemo();
        Put('Q');
    }

    private void WriteCall(string module, string name, object?[] arguments)
    {
        WriteGlobal(module, name);
        WriteTuple(arguments);
        Put('R');
    }

    private void WriteGlobal(string module, string name)
    {
        string key = $"{module}\n{name}\n";
        if (_globals.TryGetValue(key, out int known))
        {
            Recall(known);
            return;
        }
        Put('c');
        _out.Write(Encoding.UTF8.GetBytes(key));
        _globals[key] = _memoised;
        PutMemo();
    }

    private void Remember(object value)
    {
        _memo[value] = _memoised;
        PutMemo();
    }

    private void PutMemo() => PutIndex('q', 'r', _memoised++);

    private void Recall(int number) => PutIndex('h', 'j', number);

    private void PutIndex(char small, char large, int number)
    {
        if (number <= byte.MaxValue)
        {
            Put(small, number);
            return;
        }
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        Put(large);
        _out.Write(bytes);
    }

    private void Put(params ReadOnlySpan<int> bytes)
    {
        foreach (int value in bytes)
            _out.WriteByte((byte)value);
    }
}
