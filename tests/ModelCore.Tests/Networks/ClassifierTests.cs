using System.Runtime.InteropServices;
using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks;

/// <summary>The classifier against an independent forward pass (torchvision's resnet18), with weights from the formula in case.json.</summary>
[Trait("Category", "Golden")]
public class ClassifierTests
{
    private readonly GoldenCase _case = new("resnet-classifier");

    [Fact]
    public void Forward_WithTheWeightsOfTheFormula_GivesFeaturesAndLogits()
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        using var network = new Classifier(NetworkOptions.Preset("classifier"));
        FillByFormula(network);
        using var file = SafetensorsFile.Open(_case.File("io.safetensors"));
        var images = GoldenNetwork.Read(file, "images");
        var features = network.Features(images);
        GoldenNetwork.AssertClose(GoldenNetwork.Read(file, "features"), features, GoldenNetwork.Tolerance(_case.Json, "features"), "features");
        var logits = GoldenNetwork.Read(file, "logits_reading_1");
        double tolerance = GoldenNetwork.Tolerance(_case.Json, "logits_reading_1");
        GoldenNetwork.AssertClose(logits, network.forward(images), tolerance, "logits");
        GoldenNetwork.AssertClose(logits, network.Classify(features), tolerance, "logits of the features");
    }

    [Fact]
    public void Parameters_OfThePreset_HaveTheNamesShapesAndNumberOfTheCase()
    {
        using var network = new Classifier(NetworkOptions.Preset("classifier"));
        Assert.Equal(
            _case.Json.GetProperty("weights").GetProperty("tensors_reading_1").EnumerateArray().Select(tensor => $"{tensor.GetProperty("name")} {string.Join(',', tensor.GetProperty("shape").EnumerateArray())}").Order(StringComparer.Ordinal),
            network.named_parameters().Select(pair => $"{pair.name} {string.Join(',', pair.parameter.shape)}").Order(StringComparer.Ordinal));
        Assert.Equal(
            _case.Json.GetProperty("parameter_count").GetProperty("reading_1").GetProperty("total").GetInt64(),
            network.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()));
        Assert.All(network.named_parameters(), pair => Assert.Equal(!pair.name.Contains(".running_", StringComparison.Ordinal), pair.parameter.requires_grad));
    }

    /// <summary>The variance of He et al. is that of the fan-out; four standard errors of a deviation at 9,408 weights are 3 per cent.</summary>
    [Fact]
    public void CreateClassifier_TwiceWithOneSeed_GivesEqualBitsOfTheExpectedSpread()
    {
        using var scope = NewDisposeScope();
        var options = NetworkOptions.Preset("classifier-small");
        using var first = Initialisation.CreateClassifier(options, 1);
        using var second = Initialisation.CreateClassifier(options, 1);
        foreach (var ((name, parameter), (_, again)) in first.named_parameters().Zip(second.named_parameters()))
            Assert.True(parameter.bytes.SequenceEqual(again.bytes), name);
        double deviation = Math.Sqrt(2.0 / (32 * 9));
        Assert.Equal(deviation, first.get_parameter("encoder.layer2.0.conv2.weight")!.std().item<float>(), 0.03 * deviation);
        Assert.InRange(first.get_parameter("head.1.bias")!.abs().max().item<float>(), 1e-6, 1 / Math.Sqrt(64));
        Assert.Equal(1, first.get_parameter("norm.running_var")!.min().item<float>());
    }

    [Theory]
    [InlineData(1, 0, "ClassCount")]
    [InlineData(4, 1, "ContextDimension")]
    public void Check_OfAnImpossibleClassifier_NamesTheOption(int classes, int context, string option)
    {
        var options = NetworkOptions.Preset("classifier") with { ClassCount = classes, ContextDimension = context };
        Assert.Contains(option, Assert.Throws<RadioDiffusionException>(options.Check).Message);
    }

    [Fact]
    public void Check_OfAnyImageSize_IsContent() => (NetworkOptions.Preset("classifier") with { ImageSize = 77, InitialChannels = 20 }).Check();

    /// <summary>What denoisers write is as it was before there were classifiers: identities of models are digests of it.</summary>
    [Fact]
    public void Json_OfADenoiser_HasNoKind()
    {
        Assert.DoesNotContain("Kind", JsonSerializer.Serialize(NetworkOptions.Preset("lofar")), StringComparison.Ordinal);
        Assert.Contains("\"Kind\":\"Classifier\"", JsonSerializer.Serialize(NetworkOptions.Preset("classifier")), StringComparison.Ordinal);
    }

    private void FillByFormula(Classifier network)
    {
        var weights = _case.Json.GetProperty("weights");
        uint seed = weights.GetProperty("seed").GetUInt32();
        foreach (var entry in weights.GetProperty("tensors_reading_1").EnumerateArray())
        {
            var values = MemoryMarshal.Cast<byte, float>(network.get_parameter(entry.GetProperty("name").GetString()!)!.bytes);
            double offset = entry.GetProperty("offset").GetDouble(), scale = entry.GetProperty("scale").GetDouble();
            uint k = entry.GetProperty("k").GetUInt32();
            for (int i = 0; i < values.Length; i++)
                values[i] = (float)(offset + scale * (2 * ((Hash((uint)i, k, seed) + 0.5) / 4294967296.0) - 1));
            float[] first = [.. entry.GetProperty("first_values").EnumerateArray().Select(value => value.GetSingle())];
            Assert.Equal(first, values[..first.Length].ToArray());
        }
    }

    private static uint Hash(uint i, uint k, uint seed)
    {
        uint x = unchecked(i * 0x9E3779B1 + k * 0x85EBCA77 + seed);
        x = unchecked((x ^ (x >> 16)) * 0x7FEB352D);
        x = unchecked((x ^ (x >> 15)) * 0x846CA68B);
        return x ^ (x >> 16);
    }
}
