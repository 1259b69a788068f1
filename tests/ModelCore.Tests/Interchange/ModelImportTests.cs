using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Interchange;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Tests.Training;
using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Interchange;

public sealed class ModelImportTests : IDisposable
{
    private static readonly NetworkOptions _tiny = TinyTraining.Network;
    private readonly TemporaryFolder _folder = new();

    private string Pt => _folder.File("parameters_test.pt");

    public void Dispose() => _folder.Dispose();

    /// <summary>As large as the published file without its optimiser: 31 million numbers twice.</summary>
    [Fact]
    public void Checkpoint_OfThePublishedSize_IsImportedToTheLastBit()
    {
        var options = NetworkOptions.Preset("lofar");
        using var network = new EdmPreconditioning(options);
        var average = Weights(network, 1);
        PtWriter.Write(Pt, Checkpoint(Weights(network, 2), average));
        var result = Import(options);
        Assert.Equal("ema_model", result.Weights);
        AssertSnapshotHas(average);
        var description = SnapshotDescription.Read(_folder.Path);
        Assert.Equal(30_850_369, description.Parameters);
        Assert.Equal(2000, description.Iterations);
    }

    [Theory]
    [InlineData("auto", "ema_model", 1)]
    [InlineData("ema", "ema_model", 1)]
    [InlineData("model", "model", 2)]
    [InlineData("power_ema_6.94", "power_ema_6.94", 3)]
    public void Weights_ThatAreAskedFor_AreTaken(string asked, string key, int seed)
    {
        using var network = new EdmPreconditioning(_tiny);
        var checkpoint = Checkpoint(Weights(network, 2), Weights(network, 1));
        checkpoint["power_ema_6.94"] = State(Weights(network, 3), "module.");
        PtWriter.Write(Pt, checkpoint);
        Assert.Equal(key, Import(_tiny, asked).Weights);
        AssertSnapshotHas(Weights(network, seed));
    }

    [Fact]
    public void Checkpoint_OfTheFirstIterations_GivesTheModelAndSaysSo()
    {
        using var network = new EdmPreconditioning(_tiny);
        var checkpoint = Checkpoint(Weights(network, 2), Weights(network, 1));
        checkpoint["ema_model"] = null;
        PtWriter.Write(Pt, checkpoint);
        var result = Import(_tiny);
        Assert.Equal("model", result.Weights);
        Assert.Contains("no averaged weights", Assert.Single(result.Notes), StringComparison.Ordinal);
        AssertSnapshotHas(Weights(network, 2));
        Assert.Contains("--weights model", Assert.Throws<PtFileException>(() => Import(_tiny, "ema")).Message, StringComparison.Ordinal);
        Assert.Contains("'model', 'ema_model', 'optimizer'", Assert.Throws<PtFileException>(() => Import(_tiny, "other")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void StateDict_AlongsideNothing_IsImported(bool isAverage)
    {
        using var network = new EdmPreconditioning(_tiny);
        var state = State(Weights(network, 4), isAverage ? "module." : "");
        if (isAverage)
            state["n_averaged"] = PtTensor.Of(new PtStorage(PtType.Int64, 1, () => new byte[8]), []);
        PtWriter.Write(Pt, state);
        Assert.Equal("", Import(_tiny).Weights);
        AssertSnapshotHas(Weights(network, 4));
    }

    [Fact]
    public void Safetensors_OfAnExport_GivesTheSameSnapshot()
    {
        using var network = new EdmPreconditioning(_tiny);
        PtWriter.Write(Pt, Checkpoint(Weights(network, 2), Weights(network, 1)));
        Import(_tiny);
        string weights = _folder.File("exported.safetensors"), again = _folder.File("again");
        File.Move(_folder.File(SnapshotDescription.WeightsFileName), weights);
        Directory.CreateDirectory(again);
        ModelImport.Write(again, weights, "auto", NetworkTensor.AllOf(_tiny), SnapshotDescription.Read(_folder.Path));
        Assert.Equal(File.ReadAllBytes(weights), File.ReadAllBytes(Path.Combine(again, SnapshotDescription.WeightsFileName)));
        Assert.Equal(File.ReadAllBytes(_folder.File(SnapshotDescription.FileName)), File.ReadAllBytes(Path.Combine(again, SnapshotDescription.FileName)));
        Assert.Contains("Leave --weights out", Assert.Throws<RadioDiffusionException>(() => ModelImport.Write(again, weights, "ema", NetworkTensor.AllOf(_tiny), new())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_OfAnotherNetwork_AreRefusedWithAllDifferencesAtOnce()
    {
        using var network = new EdmPreconditioning(_tiny);
        var weights = Weights(network, 1);
        string gone = weights.Keys.First(), reshaped = weights.Keys.ElementAt(5), retyped = weights.Keys.ElementAt(7);
        var state = State(weights, "");
        state.Remove(gone);
        state[reshaped] = PtFiles.Tensor([1, 2, 3], 3);
        state[retyped] = PtTensor.Of(new PtStorage(new PtType("F64", 8, "DoubleStorage"), weights[retyped].Count, () => new byte[8 * weights[retyped].Count]), weights[retyped].Shape);
        state["stranger"] = PtFiles.Tensor([1], 1);
        PtWriter.Write(Pt, PtFiles.Dictionary(false, ("model", state)));
        string message = Assert.Throws<RadioDiffusionException>(() => Import(_tiny)).Message;
        foreach (string difference in new[] { $"1 missing ({gone} (", "1 unexpected (stranger (1))", $"1 of another shape ({reshaped} (3) instead of (", $"1 of another type than F32 ({retyped} F64)", Pt })
            Assert.Contains(difference, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_ThatAreNotNumbers_AreRefused()
    {
        using var network = new EdmPreconditioning(_tiny);
        var state = State(Weights(network, 1), "");
        var (name, shape) = (network.named_parameters().First().name, network.named_parameters().First().parameter.shape);
        float[] values = new float[shape.Aggregate(1L, (product, length) => product * length)];
        values[1] = float.NaN;
        state[name] = PtFiles.Tensor(values, shape);
        PtWriter.Write(Pt, state);
        string message = Assert.Throws<RadioDiffusionException>(() => Import(_tiny)).Message;
        Assert.Contains($"1 of {values.Length} numbers of tensor '{name}'", message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File(SnapshotDescription.WeightsFileName)));
    }

    [Fact]
    public void Export_ForThePublishedCode_HasItsKeysAndIsImportedAgain()
    {
        using var network = new EdmPreconditioning(_tiny);
        PtWriter.Write(Pt, Checkpoint(Weights(network, 2), Weights(network, 1)));
        Import(_tiny);
        string exported = _folder.File("exported");
        Directory.CreateDirectory(exported);
        var files = ModelExport.WritePublished(_folder.Path, exported, "exported");
        Assert.Equal(["parameters_exported.pt", "config_exported.json"], files.Select(Path.GetFileName));
        using (var file = PtFile.Open(files[0]))
        {
            var root = Assert.IsType<PickledDictionary>(file.Root);
            Assert.Equal(["model", "ema_model", "optimizer"], root.Keys);
            var names = network.state_dict().Keys;
            Assert.Equal(names, ((PickledDictionary)root["model"]!).Keys);
            Assert.Equal(names.Select(name => "module." + name).Prepend("n_averaged"), ((PickledDictionary)root["ema_model"]!).Keys);
            Assert.Null(root["optimizer"]);
        }
        using (var config = JsonDocument.Parse(File.ReadAllBytes(files[1])))
        {
            var options = Networks.GoldenNetwork.Options(config.RootElement);
            Assert.Equal(_tiny.ChannelMultipliers, options.ChannelMultipliers);
            Assert.Equal(_tiny with { ChannelMultipliers = [] }, options with { ChannelMultipliers = [] });
        }
        foreach (string weights in new[] { "model", "ema" })
        {
            ModelImport.Write(_folder.Path, files[0], weights, NetworkTensor.AllOf(_tiny), new SnapshotDescription { Network = _tiny });
            AssertSnapshotHas(Weights(network, 1));
        }
    }

    private ModelImportResult Import(NetworkOptions options, string weights = "auto") =>
        ModelImport.Write(_folder.Path, Pt, weights, NetworkTensor.AllOf(options), new SnapshotDescription { Network = options });

    private void AssertSnapshotHas(Dictionary<string, PtTensor> expected)
    {
        using var file = SafetensorsFile.Open(_folder.File(SnapshotDescription.WeightsFileName));
        Assert.Equal(expected.Keys, file.Entries.Values.OrderBy(entry => entry.Begin).Select(entry => entry.Name));
        foreach (var (name, tensor) in expected)
        {
            Assert.Equal(tensor.Shape, file.Entry(name).Shape);
            Assert.True(file.Bytes(name).SequenceEqual(tensor.ToBytes()), name);
        }
    }

    private static Dictionary<string, PtTensor> Weights(EdmPreconditioning network, int seed)
    {
        var random = new Random(seed);
        return network.named_parameters().ToDictionary(pair => pair.name, pair =>
        {
            float[] values = new float[pair.parameter.numel()];
            for (int i = 0; i < values.Length; i++)
                values[i] = random.NextSingle() - 0.5f;
            return PtFiles.Tensor(values, pair.parameter.shape);
        });
    }

    private static PickledDictionary State(Dictionary<string, PtTensor> weights, string prefix) =>
        PtFiles.Dictionary(true, [.. weights.Select(pair => ((object)(prefix + pair.Key), (object?)pair.Value))]);

    private static PickledDictionary Checkpoint(Dictionary<string, PtTensor> model, Dictionary<string, PtTensor> average)
    {
        var ema = State(average, "module.");
        ema["n_averaged"] = PtTensor.Of(new PtStorage(PtType.Int64, 1, () => BitConverter.GetBytes(1500L)), []);
        return PtFiles.Dictionary(false, ("model", State(model, "")), ("ema_model", ema),
            ("optimizer", PtFiles.Dictionary(false, ("state", PtFiles.Dictionary(false, (0L, PtFiles.Dictionary(false, ("step", PtFiles.Tensor([2000])))))))));
    }
}
