using System.Runtime.InteropServices;
using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Interchange;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Tests.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Tests.Interchange;

/// <summary>
/// A checkpoint that PyTorch 1.13 wrote through the published code, and the same repacked with the entries of later versions (golden case pt-import): the
/// safetensors file beside them has the expected values.
/// </summary>
[Trait("Category", "Golden")]
public sealed class PtFileGoldenTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static string Folder => TestFiles.LargeGolden("pt-import");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("checkpoint.pt", true)]
    [InlineData("checkpoint_torch2.pt", false)]
    public void Tensors_OfACheckpoint_AreThoseExpectedToTheLastBit(string name, bool isWhole)
    {
        using var file = PtFile.Open(Path.Combine(Folder, name));
        using var expected = SafetensorsFile.Open(Path.Combine(Folder, "tensors.safetensors"));
        var expectedSums = GoldenNetwork.Json(Folder).GetProperty("expected");
        var found = PtFiles.Tensors(file.Root).ToList();
        Assert.True(found.Count > 300);
        foreach (var (key, tensor) in found)
        {
            var entry = expected.Entry(key);
            Assert.Equal(entry.DataType, tensor.Storage.Type.Name);
            Assert.Equal(entry.Shape, tensor.Shape);
            Assert.Equal(expected.Bytes(key), tensor.ToBytes());
            Assert.Equal(expectedSums.GetProperty(key).GetProperty("sum_float64").GetDouble(), Sum(tensor), 1e-9);
        }
        if (isWhole)
            Assert.Equal(expected.Entries.Keys.Order(StringComparer.Ordinal), found.Select(pair => pair.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Checkpoint_BesideItsTensors_HasTheKeysAndOptionsOfTheOptimiser()
    {
        using var file = PtFile.Open(Path.Combine(Folder, "checkpoint.pt"));
        var json = GoldenNetwork.Json(Folder);
        var root = Assert.IsType<PickledDictionary>(file.Root);
        Assert.Equal(json.GetProperty("top_level_keys").EnumerateArray().Select(key => key.GetString()), root.Keys);
        var group = (PickledDictionary)((List<object?>)((PickledDictionary)root["optimizer"]!)["param_groups"]!)[0]!;
        foreach (var option in json.GetProperty("optimizer_param_groups")[0].EnumerateObject())
            AssertEqual(option.Value, group[option.Name]);
    }

    /// <summary>Opcode for opcode: what PyTorch's pickler wrote comes out of ours again.</summary>
    [Theory]
    [InlineData("checkpoint.pt")]
    [InlineData("checkpoint_torch2.pt")]
    public void Checkpoint_ReadAndWritten_HasTheSamePickleAndNumbers(string name)
    {
        string copy = _folder.File(name);
        using var file = PtFile.Open(Path.Combine(Folder, name));
        PtWriter.Write(copy, file.Root);
        Assert.Equal(PtFiles.PickleOf(file.Path), PtFiles.PickleOf(copy));
        using var back = PtFile.Open(copy);
        foreach (var (expected, found) in PtFiles.Tensors(file.Root).Zip(PtFiles.Tensors(back.Root)))
            Assert.Equal(expected.Tensor.ToBytes(), found.Tensor.ToBytes());
    }

    [Theory]
    [InlineData("auto", "ema_model", "ema_model/module.")]
    [InlineData("ema", "ema_model", "ema_model/module.")]
    [InlineData("model", "model", "model/")]
    public void Network_OfTheCase_TakesTheWeightsThatAreAskedFor(string weights, string key, string prefix)
    {
        var options = GoldenNetwork.Options(GoldenNetwork.Json(Folder).GetProperty("config"));
        var result = ModelImport.Write(_folder.Path, Path.Combine(Folder, "checkpoint.pt"), weights, NetworkTensor.AllOf(options), new SnapshotDescription { Network = options });
        Assert.Equal(key, result.Weights);
        Assert.Empty(result.Notes);
        using var network = new EdmPreconditioning(options);
        WeightFiles.Load(network, _folder.File(SnapshotDescription.WeightsFileName));
        using var expected = SafetensorsFile.Open(Path.Combine(Folder, "tensors.safetensors"));
        foreach (var (name, parameter) in network.named_parameters())
            Assert.Equal(expected.Bytes(prefix + name), parameter.detach().bytes);
        long steps = (long)expected.Values<float>("optimizer/state/0/step")[0];
        Assert.Equal(steps, SnapshotDescription.Read(_folder.Path).Iterations);
    }

    private static double Sum(PtTensor tensor) => tensor.Storage.Type.Name switch
    {
        "F32" => MemoryMarshal.Cast<byte, float>(tensor.ToBytes()).ToArray().Sum(value => (double)value),
        _ => MemoryMarshal.Cast<byte, long>(tensor.ToBytes()).ToArray().Sum(),
    };

    private static void AssertEqual(JsonElement expected, object? found)
    {
        switch (expected.ValueKind)
        {
            case JsonValueKind.Null: Assert.Null(found); break;
            case JsonValueKind.True or JsonValueKind.False: Assert.Equal(expected.GetBoolean(), found); break;
            case JsonValueKind.Number: Assert.Equal(expected.GetDouble(), Convert.ToDouble(found)); break;
            default:
                var items = (found as object?[])?.ToList() ?? Assert.IsType<List<object?>>(found);
                Assert.Equal(expected.GetArrayLength(), items.Count);
                foreach (var (item, value) in expected.EnumerateArray().Zip(items))
                    AssertEqual(item, value);
                break;
        }
    }
}
