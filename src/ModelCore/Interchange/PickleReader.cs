using System.Buffers.Binary;
using System.Text;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>
/// Reads the pickles that torch.save writes, as data. It knows the opcodes for containers, numbers and texts, looks every global up in
/// a fixed list, and refuses all others: there is nothing that a file could make it run.
/// </summary>
/// <remarks>
/// Opcodes as described in Python's pickletools module: those of protocol 2, and of protocol 4 the short texts, the memo without number and the frames.
/// Time and memory are bounded by the limits below, whatever the file says.
/// </remarks>
internal sealed class PickleReader
{
    /// <summary>Bytes of a pickle. That of the published model has 0.4 MB, since the numbers lie outside of it.</summary>
    public const int Longest = 16 << 20;

    private const int MostOperations = 2_000_000;
    private const int MostContainers = 250_000;
    private const int LongestName = 200;
    private const int Deepest = 32;

    private readonly byte[] _bytes;
    private readonly string _where;
    private readonly IReadOnlyDictionary<string, PickledGlobal> _globals;
    private readonly Func<object?[], object> _persistent;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly List<object?> _memo = [];
    private int _at;
    private int _start;
    private int _operations;
    private int _containers;

    private PickleReader(byte[] bytes, string where, IReadOnlyDictionary<string, PickledGlobal> globals, Func<object?[], object> persistent)
    {
        _bytes = bytes;
        _where = where;
        _globals = globals;
        _persistent = persistent;
    }

    /// <param name="bytes">The pickle.</param>
    /// <param name="where">File and entry, for errors.</param>
    /// <param name="globals">All that it may name, by module and name with a dot.</param>
    /// <param name="persistent">What a persistent ID stands for; throws <see cref="FormatException"/> with what is wrong.</param>
    /// <exception cref="PtFileException">It is cut off, damaged, too large, or names something else.</exception>
    public static object? Read(byte[] bytes, string where, IReadOnlyDictionary<string, PickledGlobal> globals, Func<object?[], object> persistent)
    {
        var reader = new PickleReader(bytes, where, globals, persistent);
        object? root = reader.Run();
        reader.CheckDepth(root);
        return root;
    }

    private object? Run()
    {
        while (true)
        {
            _start = _at;
            if (++_operations > MostOperations)
                throw Fault($"it has more than {MostOperations} operations, which no checkpoint needs");
            byte opcode = Next();
            if (opcode == '.')
                break;
            Execute(opcode);
        }
        if (_at != _bytes.Length)
            throw Fault($"the pickle should end here, but {_bytes.Length - _at} bytes follow");
        return _stack.Count == 1 && _marks.Count == 0 ? _stack[0] : throw Fault($"one value should be left at the end, but there are {_stack.Count}");
    }

    private void Execute(byte opcode)
    {
        switch ((char)opcode)
        {
            case '\x80': CheckProtocol(Next()); break;
            case '\x95': Take(8); break;                                            // FRAME: how much to read ahead
            case '(': _marks.Add(_stack.Count); break;
            case '0': Pop(); break;
            case '1': PopToMark(); break;
            case '2': Push(Top()); break;
            case 'N': Push(null); break;
            case '\x88': Push(true); break;
            case '\x89': Push(false); break;
            case 'J': Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
            case 'K': Push((long)Next()); break;
            case 'M': Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
            case '\x8a': Push(Whole(Next())); break;
            case '\x8b': Push(Whole(BinaryPrimitives.ReadInt32LittleEndian(Take(4)))); break;
            case 'G': Push(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
            case 'X': Push(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;
            case '\x8c': Push(Text(Next())); break;
            case ']': Push(Counted(new List<object?>())); break;
            case 'a': Append([Pop()]); break;
            case 'e': Append(PopToMark()); break;
            case ')': Push(Array.Empty<object?>()); break;
            case '\x85': PushTuple(1); break;
            case '\x86': PushTuple(2); break;
            case '\x87': PushTuple(3); break;
            case 't': Push(Counted(PopToMark())); break;
            case '}': Push(Counted(new PickledDictionary(isOrderedDict: false))); break;
            case 's': SetItems(Pop(2)); break;
            case 'u': SetItems(PopToMark()); break;
            case 'q': Remember(Next()); break;
            case 'r': Remember(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
            case '\x94': Remember((uint)_memo.Count); break;
            case 'h': Recall(Next()); break;
            case 'j': Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;
            case 'c': PushGlobal(Line(), Line()); break;
            case '\x93': PushStackGlobal(); break;
            case 'R': Reduce(); break;
            case 'b': Build(); break;
            case 'Q': PushPersistent(); break;
            default: throw Fault($"opcode 0x{opcode:x2}{NameOf(opcode)} should not be in a checkpoint: it is refused");
        }
    }

    private void CheckProtocol(byte protocol)
    {
        if (protocol is < 2 or > 5)
            throw Fault($"its pickle protocol should be 2 to 5, but it is {protocol}");
    }

    private long Whole(int length)
    {
        if (length is < 0 or > 8)
            throw Fault($"a whole number should have at most 8 bytes, but it has {length}");
        var bytes = Take(length);
        long number = length > 0 && (bytes[^1] & 0x80) != 0 ? -1 : 0;
        for (int i = length - 1; i >= 0; i--)
            number = number << 8 | bytes[i];
        return number;
    }

    private string Text(uint length)
    {
        var bytes = Take(length);
        try
        {
            return _strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw Fault("a text should be UTF-8, but it is not");
        }
    }

    private string Line()
    {
        int length = _bytes.AsSpan(_at).IndexOf((byte)'\n');
        if (length is < 0 or > LongestName)
            throw Fault($"the name of a global should end within {LongestName} bytes, but it does not");
        string line = Text((uint)length);
        _at++;
        return line;
    }

    private void Append(ReadOnlySpan<object?> items)
    {
        if (Top() is not List<object?> list)
            throw Fault($"values should be appended to a list, but to {Describe(Top())} they are");
        list.AddRange(items);
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not PickledDictionary dictionary)
            throw Fault($"entries should be set in a dictionary, but in {Describe(Top())} they are");
        if (items.Length % 2 != 0)
            throw Fault($"a dictionary takes keys and values, but {items.Length} values are there");
        for (int i = 0; i < items.Length; i += 2)
        {
            if (items[i] is not (string or long))
                throw Fault($"a key should be a text or a whole number, but it is {Describe(items[i])}");
            dictionary[items[i]!] = items[i + 1];
        }
    }

    private void Remember(uint index)
    {
        object? value = Top();
        if (index > _memo.Count)
            throw Fault($"the memo has {_memo.Count} values and is filled in order, but number {index} is set");
        if (index == _memo.Count)
            _memo.Add(value);
        else
            _memo[(int)index] = value;
    }

    private void Recall(uint index)
    {
        if (index >= _memo.Count)
            throw Fault($"the memo has {_memo.Count} values, but number {index} is asked for");
        Push(_memo[(int)index]);
    }

    private void PushStackGlobal()
    {
        object?[] names = Pop(2);
        if (names is not [string module, string name])
            throw Fault($"a global should be named by two texts, but they are {Describe(names[0])} and {Describe(names[1])}");
        PushGlobal(module, name);
    }

    private void PushGlobal(string module, string name)
    {
        if (!_globals.TryGetValue($"{module}.{name}", out var global))
            throw Fault($"it names '{Printable(module)}.{Printable(name)}', which no checkpoint of the published code needs: it is refused, and nothing of it was run");
        Push(global);
    }

    private void Reduce()
    {
        object?[] operands = Pop(2);
        if (operands is not [PickledGlobal { Make: { } make } global, object?[] arguments])
            throw Fault($"{Describe(operands[0])} should not be called with {Describe(operands[1])}");
        try
        {
            Push(Counted(make(arguments)));
        }
        catch (FormatException error)
        {
            throw Fault($"{global.Name}: {error.Message}");
        }
    }

    /// <summary>The attributes of an OrderedDict: nothing else has any here.</summary>
    private void Build()
    {
        object? attributes = Pop();
        if (Top() is not PickledDictionary { IsOrderedDict: true } dictionary || attributes is not PickledDictionary)
            throw Fault($"attributes ({Describe(attributes)}) should be set on an OrderedDict, but on {Describe(Top())} they are");
        dictionary.Attributes = attributes;
    }

    private void PushPersistent()
    {
        object? id = Pop();
        if (id is not object?[] fields)
            throw Fault($"a persistent ID should be a tuple, but it is {Describe(id)}");
        try
        {
            Push(_persistent(fields));
        }
        catch (FormatException error)
        {
            throw Fault(error.Message);
        }
    }

    private void PushTuple(int length) => Push(Counted(Pop(length)));

    private void Push(object? value) => _stack.Add(value);

    private object? Top() => _stack.Count > Floor ? _stack[^1] : throw Fault("a value should be on the stack, but it is empty");

    private object? Pop()
    {
        object? value = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] Pop(int count)
    {
        if (_stack.Count - Floor < count)
            throw Fault($"{count} values should be on the stack, but {_stack.Count - Floor} are");
        object?[] values = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
            throw Fault("a mark should be on the stack, but there is none");
        object?[] values = Pop(_stack.Count - Floor);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    /// <summary>What lies below the last mark cannot be reached.</summary>
    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    private object? Counted(object? container) => ++_containers <= MostContainers
        ? container
        : throw Fault($"it has more than {MostContainers} containers, which no checkpoint needs");

    private byte Next() => Take(1)[0];

    private ReadOnlySpan<byte> Take(long length)
    {
        if (length > _bytes.Length - _at)
            throw Fault($"{length} bytes should follow, but {_bytes.Length - _at} are left");
        var taken = _bytes.AsSpan(_at, (int)length);
        _at += (int)length;
        return taken;
    }

    /// <summary>Containers may be shared, but not contain themselves, so that whoever walks the values comes to an end.</summary>
    private void CheckDepth(object? root)
    {
        var heights = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        Height(root, 0);

        int Height(object? value, int depth)
        {
            if (value is not (PickledDictionary or List<object?> or object?[]))
                return 0;
            if (depth > Deepest)
                throw TooDeep();
            if (heights.TryGetValue(value, out int known))
                return known;
            int height = 1 + ItemsOf(value).Select(item => Height(item, depth + 1)).DefaultIfEmpty().Max();
            if (depth + height > Deepest + 1)
                throw TooDeep();
            heights[value] = height;
            return height;
        }

        PtFileException TooDeep() => new($"{_where}: containers lie in each other more than {Deepest} deep, or contain themselves, which no checkpoint does.");
    }

    private static IEnumerable<object?> ItemsOf(object container) => container switch
    {
        PickledDictionary dictionary => dictionary.Values.Append(dictionary.Attributes),
        List<object?> list => list,
        _ => (object?[])container,
    };

    private PtFileException Fault(string what) => new($"{_where}, byte {_start}: {what}.");

    private static string Describe(object? value) => value switch
    {
        null => "None",
        bool => "a truth value",
        long number => $"the number {number}",
        double => "a number",
        string text => $"the text '{Printable(text)}'",
        PickledGlobal global => global.Name,
        PickledDictionary => "a dictionary",
        List<object?> => "a list",
        object?[] items => $"a tuple of {items.Length}",
        PtTensor => "a tensor",
        PtStorage => "a storage",
        _ => "a value",
    };

    /// <summary>Texts of a hostile file may be long and full of control characters.</summary>
    internal static string Printable(string text)
    {
        string shown = string.Concat(text.Take(LongestName).Select(letter => char.IsControl(letter) ? '?' : letter));
        return text.Length > LongestName ? shown + "..." : shown;
    }

    private static string NameOf(byte opcode) => _refused.TryGetValue((char)opcode, out string? name) ? $" ({name})" : "";

    private static readonly UTF8Encoding _strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Opcodes that make Python call or look up something, or that torch.save does not write.</summary>
    private static readonly Dictionary<char, string> _refused = new()
    {
        ['i'] = "INST",
        ['o'] = "OBJ",
        ['\x81'] = "NEWOBJ",
        ['\x92'] = "NEWOBJ_EX",
        ['\x82'] = "EXT1",
        ['\x83'] = "EXT2",
        ['\x84'] = "EXT4",
        ['P'] = "PERSID",
        ['I'] = "INT",
        ['L'] = "LONG",
        ['F'] = "FLOAT",
        ['S'] = "STRING",
        ['T'] = "BINSTRING",
        ['U'] = "SHORT_BINSTRING",
        ['V'] = "UNICODE",
        ['B'] = "BINBYTES",
        ['C'] = "SHORT_BINBYTES",
        ['\x8e'] = "BINBYTES8",
        ['\x8d'] = "BINUNICODE8",
        ['\x96'] = "BYTEARRAY8",
        ['\x8f'] = "EMPTY_SET",
        ['\x90'] = "ADDITEMS",
        ['\x91'] = "FROZENSET",
        ['d'] = "DICT",
        ['l'] = "LIST",
        ['p'] = "PUT",
        ['g'] = "GET",
        ['\x97'] = "NEXT_BUFFER",
        ['\x98'] = "READONLY_BUFFER",
    };
}
