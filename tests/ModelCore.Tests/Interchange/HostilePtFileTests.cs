using System.IO.Compression;
using System.Text;
using RadioDiffusion.ModelCore.Interchange;

namespace RadioDiffusion.ModelCore.Tests.Interchange;

/// <summary>Files that want to run something, or are damaged: they are refused by name, within bounds of time and memory.</summary>
public sealed class HostilePtFileTests : IDisposable
{
    private const string Storage = "((X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQ";
    private const string RebuildTensor = "ctorch._utils\n_rebuild_tensor_v2\n";

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("file.pt");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("cos\nsystem\n(X\u0007\0\0\0touch xtR", "os.system")]
    [InlineData("cposix\nsystem\n(X\u0007\0\0\0touch xtR", "posix.system")]
    [InlineData("c__builtin__\neval\n(X\u0001\0\0\01tR", "__builtin__.eval")]
    [InlineData("cbuiltins\nexec\n(X\u0001\0\0\01tR", "builtins.exec")]
    [InlineData("cbuiltins\ngetattr\n", "builtins.getattr")]
    [InlineData("ctorch\nload\n", "torch.load")]
    [InlineData("ctorch._utils\n_rebuild_tensor\n", "torch._utils._rebuild_tensor")]
    [InlineData("ctorch._utils\n_rebuild_tensor_v2.__globals__\n", "__globals__")]
    [InlineData("ccollections\nOrderedDict.__class__\n", "__class__")]
    [InlineData("ccollections.OrderedDict\n\n", "collections.OrderedDict.")]
    [InlineData("\u008c\u0002os\u008c\u0006system\u0093", "os.system")]
    [InlineData("X\u0001\0\0\0aK\u0001\u0093", "two texts")]
    [InlineData("cos\u0007\nsystem\n", "os?.system")]
    [InlineData("(cos\nsystem\nX\u0001\0\0\0xo", "os.system")]
    [InlineData("(X\u0001\0\0\0xios\nsystem\n", "INST")]
    [InlineData("(ccollections\nOrderedDict\no", "OBJ")]
    [InlineData("ccollections\nOrderedDict\n)\u0081", "NEWOBJ")]
    [InlineData("ccollections\nOrderedDict\n)}\u0092", "NEWOBJ_EX")]
    [InlineData("\u0082\u0001", "EXT1")]
    [InlineData("\u0083\u0001\0", "EXT2")]
    [InlineData("\u0084\u0001\0\0\0", "EXT4")]
    [InlineData("P0\n", "PERSID")]
    [InlineData("I1\n", "INT")]
    [InlineData("S'a'\n", "STRING")]
    [InlineData("\u00ff", "0xff")]
    public void Pickle_ThatNamesOrCallsAnythingElse_IsRefusedByName(string opcodes, string named) => AssertRefused(opcodes, named);

    [Theory]
    [InlineData("X\u0001\0\0\0a)R", "the text 'a' should not be called")]
    [InlineData("ctorch\nFloatStorage\n)R", "torch.FloatStorage should not be called")]
    [InlineData("ccollections\nOrderedDict\n)R)R", "a dictionary should not be called")]
    [InlineData("ccollections\nOrderedDict\n]R", "with a list")]
    [InlineData("ccollections\nOrderedDict\nK\u0001\u0085R", "no arguments")]
    [InlineData("}}b", "OrderedDict")]
    [InlineData("]}b", "OrderedDict")]
    [InlineData("ccollections\nOrderedDict\n}b", "OrderedDict")]
    [InlineData("ccollections\nOrderedDict\n)R)b", "attributes")]
    [InlineData(RebuildTensor + ")R", "arguments should be")]
    [InlineData(RebuildTensor + "(K\u0001K\0K\u0001\u0085K\u0001\u0085\u0089NtR", "arguments should be")]
    public void Pickle_ThatUsesItsValuesInAnotherWay_IsRefused(string opcodes, string named) => AssertRefused(opcodes, named);

    [Theory]
    [InlineData("K\0Q", "should be a tuple")]
    [InlineData(")Q", "a tuple of 0")]
    [InlineData("(X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\09X\u0003\0\0\0cpuK\u0004tQ", "small/data/9")]
    [InlineData("(X\a\0\0\0storagectorch\nFloatStorage\nX\u000b\0\0\0../data.pklX\u0003\0\0\0cpuK\u0004tQ", "../data.pkl")]
    [InlineData("(X\a\0\0\0storagectorch\nDoubleStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQ", "should hold 4 numbers of 8 bytes")]
    [InlineData("(X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0005tQ", "should hold 5 numbers")]
    [InlineData("(X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuJ\u00ff\u00ff\u00ff\u00fftQ", "should hold -1 numbers")]
    [InlineData("(X\a\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpu\u008a\b\0\0\0\0\0\0\0\u0040tQ", "should hold 4611686018427387904 numbers")]
    [InlineData("(X\a\0\0\0storageccollections\nOrderedDict\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQ", "persistent ID")]
    [InlineData("(X\u0006\0\0\0modulectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0004tQ", "persistent ID")]
    public void PersistentId_OfAnotherShape_IsRefused(string opcodes, string named) => AssertRefused(opcodes, named);

    [Theory]
    [InlineData("K\u0001K\u0004\u0085K\u0001\u0085", "needs 5 elements")]
    [InlineData("K\0K\u0002K\u0003\u0086K\u0003K\u0001\u0086", "needs 6 elements")]
    [InlineData("K\0K\u0002\u0085K\u0004\u0085", "needs 5 elements")]
    [InlineData("K\0K\u0064\u0085K\0\u0085", "expanded")]
    [InlineData("K\0K\u0004\u0085)", "as many strides")]
    [InlineData("J\u00ff\u00ff\u00ff\u00ffK\u0001\u0085K\u0001\u0085", "negative")]
    [InlineData("K\0J\u00ff\u00ff\u00ff\u00ff\u0085K\u0001\u0085", "negative")]
    [InlineData("K\0\u008a\b\0\0\0\0\0\0\0\u0040\u008a\b\0\0\0\0\0\0\0\u0040\u0086K\0K\0\u0086", "beyond any storage")]
    [InlineData("\u008a\b\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007fK\u0001\u0085K\u0001\u0085", "beyond any storage")]
    [InlineData("K\0K\u0002\u0085\u008a\b\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u00ff\u007f\u0085", "beyond any storage")]
    [InlineData("K\0X\u0001\0\0\04\u0085K\u0001\u0085", "whole numbers")]
    public void Tensor_BeyondItsStorage_IsRefused(string view, string named) => AssertRefused(RebuildTensor + Storage + view + "\u0089NtR", named);

    [Theory]
    [InlineData("X\u00ff\u00ff\u00ff\u00ffabc", "4294967295 bytes should follow")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u007f", "at most 8 bytes")]
    [InlineData("\u008b\u00ff\u00ff\u00ff\u00ff", "at most 8 bytes")]
    [InlineData("\u008a\u00ff", "at most 8 bytes")]
    [InlineData("X\u0002\0\0\0\u00ff\u00fe", "UTF-8")]
    [InlineData("h\u0005", "number 5 is asked for")]
    [InlineData("Kar\u00ff\u00ff\u00ff\u00ff", "number 4294967295 is set")]
    [InlineData("t", "a mark should be")]
    [InlineData("K\u0001a", "empty")]
    [InlineData("K\u0001K\u0002s", "a value should be")]
    [InlineData("}(K\u0001u", "keys and values")]
    [InlineData("})K\u0001s", "a key should be")]
    [InlineData("}}K\u0001s", "a key should be")]
    [InlineData("0", "empty")]
    [InlineData("(0", "empty")]
    [InlineData("K\u0001(K\u0002", "one value should be left")]
    [InlineData("K\u0001K\u0002", "one value should be left")]
    [InlineData("", "one value should be left")]
    [InlineData("N.N", "2 bytes follow")]
    [InlineData("cx", "should end within")]
    [InlineData("\u0080\u0007N", "protocol")]
    public void Pickle_ThatIsNotWhole_IsRefused(string opcodes, string named) => AssertRefused(opcodes, named);

    [Theory]
    [InlineData("]q\0h\0a")]                                                // a list in itself
    [InlineData("}q\0K\u0001h\0s")]                                          // a dictionary in itself
    [InlineData("ccollections\nOrderedDict\n)Rq\0}q\u0001K\u0001h\0sb")]   // an OrderedDict in its attributes
    [InlineData("]q\0(]q\u0001h\0ae")]                                      // a list in a list in itself
    public void Container_InItself_IsRefused(string opcodes) => AssertRefused(opcodes, "contain themselves");

    [Fact]
    public void Containers_NestedDeeply_AreRefusedAndSharedOnesAreNot()
    {
        AssertRefused(string.Concat(Enumerable.Repeat("]", 100_000)) + new string('a', 99_999), "deep");
        AssertRefused(")" + string.Concat(Enumerable.Repeat("\u0085", 100_000)), "deep");
        // Each list holds the one before it twice: 2^20 paths through 20 lists.
        Write("(" + string.Concat(Enumerable.Range(0, 20).Select(i => i == 0 ? "]q\0" : $"](h{(char)(i - 1)}h{(char)(i - 1)}eq{(char)i}")) + "t");
        using var file = PtFile.Open(Path);
        Assert.Equal(20, Assert.IsType<object?[]>(file.Root).Length);
    }

    [Theory]
    [InlineData("}")]
    [InlineData("N")]
    [InlineData("(")]
    [InlineData("]\u0085")]
    [InlineData("K\u0001K\u0001\u0086")]
    [InlineData("N2")]
    public void Pickle_OfMillionsOfOperations_IsRefusedInBoundedMemory(string operation)
    {
        Write(string.Concat(Enumerable.Repeat(operation, 5_000_000 / operation.Length)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<PtFileException>(() => PtFile.Open(Path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300 << 20);
    }

    [Fact]
    public void Pickle_OfSixteenMegabytesAndMore_IsNotRead()
    {
        PtFiles.Write(Path, new byte[PickleReader.Longest + 1]);
        Assert.Contains("at most", Assert.Throws<PtFileException>(() => PtFile.Open(Path)).Message, StringComparison.Ordinal);
    }

    /// <summary>Keys that are chosen to fall into one bucket would take hours.</summary>
    [Fact]
    public void Dictionary_OfManyNumbersWithOneHash_IsReadAtOnce()
    {
        var opcodes = new StringBuilder("}(");
        for (long i = 0; i < 200_000; i++)
        {
            opcodes.Append("\u008a\b");
            foreach (byte value in BitConverter.GetBytes(i << 32 | i))   // the halves of a long are its hash, one upon the other: 0
                opcodes.Append((char)value);
            opcodes.Append('N');
        }
        Write(opcodes.Append('u').ToString());
        using var file = PtFile.Open(Path);
        Assert.Equal(200_000, Assert.IsType<PickledDictionary>(file.Root).Count);
    }

    [Fact]
    public void Archive_OfAnotherKind_IsRefusedWithAdvice()
    {
        File.WriteAllBytes(Path, [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e, 0x80, 0x02]);
        AssertRefused("before PyTorch 1.6");
        File.WriteAllText(Path, "not a checkpoint at all, only some words");
        AssertRefused("no zip directory");
        File.WriteAllBytes(Path, []);
        AssertRefused("0 bytes");
        PtFiles.Write(Path, CompressionLevel.SmallestSize, ("small/data.pkl", [.. Enumerable.Repeat((byte)'N', 1000)]));
        AssertRefused("compressed");
        PtFiles.Write(Path, CompressionLevel.NoCompression, ("small/other", [1]));
        AssertRefused("data.pkl");
        PtFiles.Write(Path, CompressionLevel.NoCompression, ("a/data.pkl", PtFiles.Pickle("N")), ("b/data.pkl", PtFiles.Pickle("N")));
        AssertRefused("it has 2");
        PtFiles.Write(Path, CompressionLevel.NoCompression, ("a/data.pkl", PtFiles.Pickle("N")), ("a/data.pkl", PtFiles.Pickle("N")));
        AssertRefused("twice");
        PtFiles.Write(Path, PtFiles.Pickle("N"), ("byteorder", "big"u8.ToArray()));
        AssertRefused("byte order");
        PtFiles.Write(Path, PtFiles.Pickle("N"), ("constants.pkl", PtFiles.Pickle("N")));
        AssertRefused("TorchScript");
    }

    /// <summary>PyTorch 1.13 reads what lies behind a storage that is too short; here it is an error.</summary>
    [Fact]
    public void Storage_ShorterThanDeclared_IsRefused()
    {
        PtFiles.Write(Path, PtFiles.Pickle(Storage[1..]), ("data/0", new byte[12]));
        AssertRefused("should hold 4 numbers of 4 bytes (FloatStorage), but it has 12 bytes");
    }

    [Fact]
    public void Entries_ThatOverlap_AreRefused()
    {
        PtFiles.Write(Path, PtFiles.Pickle("N"), ("data/0", new byte[16]));
        byte[] bytes = File.ReadAllBytes(Path);
        int directory = bytes.AsSpan().IndexOf("PK\u0001\u0002"u8);
        int second = directory + 4 + bytes.AsSpan(directory + 4).IndexOf("PK\u0001\u0002"u8);
        bytes.AsSpan(second + 42, 4).Clear();                            // the second entry lies where the first one is
        File.WriteAllBytes(Path, bytes);
        AssertRefused("should begin between");
    }

    [Fact]
    public void File_CutAnywhere_IsRefused()
    {
        PtWriter.Write(Path, PtFiles.SmallCheckpoint());
        byte[] whole = File.ReadAllBytes(Path);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Path, whole.AsSpan(0, length));
            Assert.Throws<PtFileException>(() => PtFile.Open(Path).Dispose());
        }
    }

    [Fact]
    public void CheckpointOfPyTorch_CutAtManyPlaces_IsRefused()
    {
        byte[] whole = File.ReadAllBytes(System.IO.Path.Combine(TestFiles.LargeGolden("pt-import"), "checkpoint.pt"));
        var random = new Random(5);
        for (int i = 0; i < 150; i++)
        {
            File.WriteAllBytes(Path, whole.AsSpan(0, random.Next(whole.Length)));
            Assert.Throws<PtFileException>(() => PtFile.Open(Path).Dispose());
        }
    }

    /// <summary>The pickle is damaged and packed again, so that its checksum is right.</summary>
    [Fact]
    public void Pickle_WithRandomDamage_IsReadOrRefusedByName()
    {
        PtWriter.Write(Path, PtFiles.SmallCheckpoint());
        byte[] whole = PtFiles.PickleOf(Path);
        var storages = StoragesOf(Path);
        var random = new Random(6);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] pickle = [.. whole];
            for (int k = random.Next(1, 4); k > 0; k--)
                pickle[random.Next(pickle.Length)] = random.Next(4) == 0 ? (byte)random.Next(256) : pickle[random.Next(pickle.Length)];
            PtFiles.Write(Path, pickle, storages);
            refused += ReadAll() ? 0 : 1;
        }
        Assert.InRange(refused, 1000, 2999);
    }

    [Fact]
    public void File_WithRandomDamage_IsReadOrRefusedByName()
    {
        PtWriter.Write(Path, PtFiles.SmallCheckpoint());
        byte[] whole = File.ReadAllBytes(Path);
        var random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] bytes = [.. whole];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(Path, bytes);
            refused += ReadAll() ? 0 : 1;
        }
        Assert.InRange(refused, 1000, 2999);                             // the rest met padding, dates and the like
    }

    private static (string Name, byte[] Content)[] StoragesOf(string path)
    {
        using var zip = ZipFile.OpenRead(path);
        return
        [
            .. zip.Entries.Where(entry => entry.FullName.Contains("/data/", StringComparison.Ordinal)).Select(entry =>
            {
                using var stream = entry.Open();
                byte[] content = new byte[entry.Length];
                stream.ReadExactly(content);
                return (entry.FullName[(entry.FullName.IndexOf('/') + 1)..], content);
            }),
        ];
    }

    /// <summary>Whether the file and every tensor in it can be read; anything but our own error fails the test, and so does much memory.</summary>
    private bool ReadAll()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            using var file = PtFile.Open(Path);
            foreach (var (_, tensor) in PtFiles.Tensors(file.Root))
                Assert.Equal(tensor.Count * tensor.Storage.Type.Width, tensor.ToBytes().Length);
            return true;
        }
        catch (PtFileException)
        {
            return false;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        }
    }

    private void Write(string opcodes) => PtFiles.Write(Path, PtFiles.Pickle(opcodes), ("data/0", new byte[16]));

    private void AssertRefused(string opcodes, string named)
    {
        Write(opcodes);
        AssertRefused(named);
    }

    private void AssertRefused(string named)
    {
        var error = Assert.Throws<PtFileException>(() => PtFile.Open(Path).Dispose());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(Path, error.Message, StringComparison.Ordinal);
        Assert.InRange(error.Message.Length, 1, 2000);
    }
}
