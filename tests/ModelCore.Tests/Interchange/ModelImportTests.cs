using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Interchange;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Tests.Training;
using RadioDiffusion.ModelCore.Training;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Interchange;

public sealed class ModelImportTests : IDisposable
{
    private static readonly NetworkOptions _tiny = TinyTraining.Network;

    /// <summary>One of each transform.</summary>
    private static readonly ConditionDescription[] _values =
    [
        ConditionDescription.Fit(new(ConditionDescription.PeakFlux), "Jy/beam", [0.001f, 0.002f, 0.007f, 0.03f]),
        ConditionDescription.Fit(new("snrSigma", ConditionTransform.Log), "", [5, 9, 40]),
        ConditionDescription.Fit(new("threshold", ConditionTransform.None), "Jy/beam", [-1, 2, 5]),
    ];

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
        Assert.Equal(["parameters_exported.pt", "config_exported.json", "model.json"], files.Select(Path.GetFileName));
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

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Export_OfSeveralValues_IsImportedAsTheSameModel(int classes)
    {
        var options = _tiny with { ContextDimension = _values.Length, ClassCount = classes };
        var files = ExportSeveralValues(options, seed: 6, "several");
        string again = _folder.File("again");
        Directory.CreateDirectory(again);
        var described = SnapshotDescription.Parse(File.ReadAllBytes(files[2]), files[2]);        // as an import without a preset takes it
        ModelImport.Write(again, files[0], "auto", NetworkTensor.AllOf(described.Network), described);

        foreach (string file in new[] { SnapshotDescription.FileName, SnapshotDescription.WeightsFileName })
            Assert.Equal(File.ReadAllBytes(_folder.File(file)), File.ReadAllBytes(Path.Combine(again, file)));
        var conditions = SnapshotDescription.Read(again).Values;
        Assert.Equal(["peakFlux", "snrSigma", "threshold"], conditions.Select(condition => condition.Name));
        Assert.Equal(_values.Select(value => value.Apply(3)), conditions.Select(condition => condition.Apply(3)));

        // A second value of 1.5 instead of -0.25, and another class: that equal images mean something.
        float[] before = Denoised(_folder.Path, options, [0.5f, -0.25f, 2], label: 1);
        Assert.All(before, pixel => Assert.True(float.IsFinite(pixel)));
        Assert.Equal(before, Denoised(again, options, [0.5f, -0.25f, 2], label: 1));
        Assert.NotEqual(before, Denoised(again, options, [0.5f, 1.5f, 2], label: 1));
        Assert.NotEqual(before, Denoised(again, options, [-0.25f, 0.5f, 2], label: 1));
        if (classes > 0)
            Assert.NotEqual(before, Denoised(again, options, [0.5f, -0.25f, 2], label: 0));
    }

    /// <summary>What the published code reads: its own column of the peak flux, other values by the names they have here, and a weight of (outputs, values) as PyTorch stores it.</summary>
    [Fact]
    public void Export_OfSeveralValuesAndClasses_NamesThemInTheConfiguration()
    {
        var options = _tiny with { ContextDimension = _values.Length };
        var files = ExportSeveralValues(options, seed: 6, "several");
        using var config = JsonDocument.Parse(File.ReadAllBytes(files[1]));
        Assert.Equal(["max_values_tr", "snrSigma", "threshold"], config.RootElement.GetProperty("context").EnumerateArray().Select(column => column.GetString()));
        Assert.Equal(3, config.RootElement.GetProperty("context_dim").GetInt32());
        Assert.Equal(2, config.RootElement.GetProperty("n_labels").GetInt32());
        using var network = new EdmPreconditioning(options);
        var expected = Weights(network, 6);
        using var file = PtFile.Open(files[0]);
        var model = (PickledDictionary)((PickledDictionary)file.Root!)["model"]!;
        foreach (var (name, shape) in new[] { ("model.context_emb.lin1.weight", new long[] { 128, 3 }), ("model.label_emb.weight", [128, 2]) })
        {
            var tensor = (PtTensor)model[name]!;
            Assert.Equal(shape, tensor.Shape);
            Assert.Equal(expected[name].ToBytes(), tensor.ToBytes());
        }
    }

    [Fact]
    public void Checkpoint_OfMoreValuesThanTheNetwork_IsRefused()
    {
        var files = ExportSeveralValues(_tiny with { ContextDimension = _values.Length }, seed: 6, "several");
        string message = Assert.Throws<RadioDiffusionException>(() => ModelImport.Write(_folder.File("again"), files[0], "auto", NetworkTensor.AllOf(_tiny), new SnapshotDescription { Network = _tiny })).Message;
        Assert.Contains("1 of another shape (model.context_emb.lin1.weight (128, 3) instead of (128, 1))", message, StringComparison.Ordinal);
    }

    /// <summary>Its weights would be left beside the transforms of a model that may have the same network.</summary>
    [Fact]
    public void Export_ToTheFolderOfAnotherModel_IsRefused()
    {
        var options = _tiny with { ContextDimension = _values.Length };
        ExportSeveralValues(options, seed: 6, "one");
        ExportSeveralValues(options, seed: 7, "one");
        string kept = _folder.File("exported/model.json"), before = File.ReadAllText(kept);
        ExportSeveralValues(options, seed: 6, "two");        // described alike: nothing is lost
        Assert.Equal(before, File.ReadAllText(kept));
        (SnapshotDescription.Read(_folder.Path) with { Conditions = [.. _values.Reverse()] }).Write(_folder.Path);
        string message = Assert.Throws<RadioDiffusionException>(() => ModelExport.WritePublished(_folder.Path, _folder.File("exported"), "three")).Message;
        Assert.Contains("a folder of its own", message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(kept));
        Assert.False(File.Exists(_folder.File("exported/parameters_three.pt")));
    }

    /// <summary>A snapshot in the test's folder, and its export in 'exported'.</summary>
    private IReadOnlyList<string> ExportSeveralValues(NetworkOptions options, int seed, string name)
    {
        using var network = new EdmPreconditioning(options);
        PtWriter.Write(Pt, Checkpoint(Weights(network, seed + 100), Weights(network, seed)));
        string[] classes = ["FRI", "FRII"];
        var description = new SnapshotDescription { Network = options, Conditions = _values, Classes = classes[..options.ClassCount], PixelScaleArcsec = 1.5, BeamArcsec = 6, Unit = "Jy/beam" };
        ModelImport.Write(_folder.Path, Pt, "auto", NetworkTensor.AllOf(options), description);
        AssertSnapshotHas(Weights(network, seed));
        Directory.CreateDirectory(_folder.File("exported"));
        return ModelExport.WritePublished(_folder.Path, _folder.File("exported"), name);
    }

    private static float[] Denoised(string snapshot, NetworkOptions options, float[] values, int label)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        using var network = new EdmPreconditioning(options);
        WeightFiles.Load(network, Path.Combine(snapshot, SnapshotDescription.WeightsFileName));
        float[] noisy = new float[options.ImageSize * options.ImageSize];
        new RandomStream(8, "noisy").FillNormal(noisy);
        var sample = new SampleConditions(0, values, options.ClassCount > 0 ? label : null, GuidanceStrength: 0.5);
        return new GuidedDenoiser(network, CPU).Denoise(tensor(noisy, [1, 1, options.ImageSize, options.ImageSize]), [sample], [0.7]).data<float>().ToArray();
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
