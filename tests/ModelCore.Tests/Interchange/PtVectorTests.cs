using RadioDiffusion.ModelCore.Interchange;

namespace RadioDiffusion.ModelCore.Tests.Interchange;

/// <summary>Small files that PyTorch wrote, with the calls that made them: tests/Vectors/pt.</summary>
public sealed class PtVectorTests
{
    [Theory]
    [InlineData("kinds.pt")]
    [InlineData("kinds_protocol4.pt")]
    public void Tensors_ThatAreViewsOfOneStorage_AreReadRowByRow(string name)
    {
        using var file = PtFile.Open(Vector(name));
        var root = Assert.IsType<PickledDictionary>(file.Root);
        var state = Assert.IsType<PickledDictionary>(root["state"]);
        Assert.Equal(["weight", "bias"], state.Keys);
        AssertTensor([3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], state["weight"]);
        AssertTensor([2], [0, 1], state["bias"]);
        AssertTensor([4, 3], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], root["transposed"]);
        AssertTensor([2, 2], [5, 6, 9, 10], root["part"]);
        AssertTensor([4], [1, 4, 7, 10], root["every third"]);
        AssertTensor([0, 5], [], root["empty"]);
        Assert.Same(((PtTensor)state["weight"]!).Storage, ((PtTensor)root["every third"]!).Storage);
        var scalar = Assert.IsType<PtTensor>(root["scalar"]);
        Assert.Empty(scalar.Shape);
        Assert.Equal(BitConverter.GetBytes(7L), scalar.ToBytes());
    }

    [Theory]
    [InlineData("kinds.pt")]
    [InlineData("kinds_protocol4.pt")]
    public void Values_OfAllKinds_AreRead(string name)
    {
        using var file = PtFile.Open(Vector(name));
        var root = Assert.IsType<PickledDictionary>(file.Root);
        var types = Assert.IsType<List<object?>>(root["types"]).Cast<PtTensor>().ToList();
        Assert.Equal(["F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "BOOL"], types.Select(tensor => tensor.Storage.Type.Name));
        Assert.Equal([0, 0, 0x80, 0x3f, 0, 0x40], types[2].ToBytes());        // 0, 1, 2 in bfloat16
        Assert.Equal([0, 0, 0, 0x3c, 0, 0x40], types[1].ToBytes());           // and in float16
        Assert.Equal([0, 1, 1], types[8].ToBytes());
        Assert.Equal(new object?[] { 3L, 4L }, root["size"]);
        object?[] expected =
        [
            null, true, false, 0L, 255L, 65535L, -1L, 1L << 40, -(1L << 40), 0.5, "text \u03b1",
            Array.Empty<object?>(), new object?[] { 1L }, new object?[] { 1L, 2L }, new object?[] { 1L, 2L, 3L, 4L },
        ];
        Assert.Equal(expected, Assert.IsType<List<object?>>(root["values"]));
    }

    [Theory]
    [InlineData("hostile.pt", "posix.system")]
    [InlineData("module.pt", "torch.nn.modules.linear.Linear")]
    [InlineData("expanded.pt", ".contiguous()")]
    [InlineData("complex.pt", "torch.ComplexFloatStorage")]
    [InlineData("legacy.pt", "before PyTorch 1.6")]
    [InlineData("script.pt", "TorchScript")]
    public void File_ThatIsNoCheckpoint_IsRefusedByName(string name, string named)
    {
        var error = Assert.Throws<PtFileException>(() => PtFile.Open(Vector(name)).Dispose());
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists("executed"));
    }

    private static void AssertTensor(long[] shape, float[] expected, object? value)
    {
        var tensor = Assert.IsType<PtTensor>(value);
        Assert.Equal(shape, tensor.Shape);
        byte[] bytes = tensor.ToBytes();
        Assert.Equal(expected, Enumerable.Range(0, bytes.Length / 4).Select(i => BitConverter.ToSingle(bytes, 4 * i)));
    }

    private static string Vector(string name) => Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "pt", name);
}
