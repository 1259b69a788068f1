using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks;

/// <summary>The network against the published code's outputs, gradients and names. Tolerances are those of each case.json.</summary>
[Trait("Category", "Golden")]
public partial class PublishedNetworkTests
{
    public static TheoryData<string> Denoisers => TestFiles.GoldenCases("inner_modules", "unet-flux", "unet-class");

    public static TheoryData<string> Configurations => TestFiles.GoldenCases("models", "unet-paper-config");

    [Theory]
    [MemberData(nameof(Denoisers))]
    public void Denoise_WithPublishedWeights_GivesThePublishedOutputs(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var root = GoldenNetwork.Json(folder);
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        using var network = GoldenNetwork.Load(folder);
        using var file = SafetensorsFile.Open(Path.Combine(folder, "io.safetensors"));
        var x = GoldenNetwork.Read(file, "x");
        var sigma = GoldenNetwork.Read(file, "sigma");
        var conditions = GoldenNetwork.ReadConditions(file, network.Options.ClassCount);

        AssertDenoised("denoised_conditional", conditions);
        AssertDenoised("denoised_unconditional", Conditions.None);
        AssertRawOutput();
        network.PrepareForSampling();
        AssertDenoised("denoised_conditional", conditions);

        void AssertDenoised(string name, Conditions given) => GoldenNetwork.AssertClose(GoldenNetwork.Read(file, name),
            network.forward(x, sigma, given), GoldenNetwork.Tolerance(root, name), name);

        // F(c_in x; c_noise), of which D = c_skip x + c_out F is made.
        void AssertRawOutput()
        {
            var (_, _, cIn, cNoise) = EdmPreconditioning.Coefficients(sigma, network.Options.SigmaData);
            var unet = (UNet)network.named_children().Single(child => child.name == "model").module;
            const string name = "F_conditional";
            GoldenNetwork.AssertClose(GoldenNetwork.Read(file, name), unet.forward(cIn * x, cNoise, conditions, null), GoldenNetwork.Tolerance(root, name), name);
        }
    }

    [Theory]
    [MemberData(nameof(Denoisers))]
    public void InnerModules_FedWithTheRecordedInputs_GiveTheRecordedOutputs(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var root = GoldenNetwork.Json(folder);
        using var scope = NewDisposeScope();
        using var inference = inference_mode(true);
        using var network = GoldenNetwork.Load(folder);
        using var file = SafetensorsFile.Open(Path.Combine(folder, "inner.safetensors"));
        var modules = network.named_modules().ToDictionary(pair => pair.name, pair => pair.module);
        foreach (var inner in root.GetProperty("inner_modules").EnumerateObject())
        {
            var input = GoldenNetwork.Read(file, inner.Name + ".input0");
            var output = modules[inner.Value.GetString()!] switch
            {
                nn.Module<Tensor, Tensor, IDropoutMasks?, Tensor> block =>
                    block.forward(input, GoldenNetwork.Read(file, inner.Name + ".input1"), null),
                nn.Module<Tensor, Tensor> module => module.forward(input),
                ModuleList<nn.Module<Tensor, Tensor>> sequence => sequence.Aggregate(input, (x, module) => module.forward(x)),
                var other => throw new InvalidOperationException($"{inner.Name} is a {other.GetType()}"),
            };
            string name = inner.Name + ".output";
            GoldenNetwork.AssertClose(GoldenNetwork.Read(file, name), output, GoldenNetwork.Tolerance(root, name, "atol_alone"), name);
        }
    }

    [Theory]
    [MemberData(nameof(Denoisers))]
    public void LossAndGradients_WithPublishedWeights_AreThePublishedOnes(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        var root = GoldenNetwork.Json(folder);
        using var scope = NewDisposeScope();
        using var network = GoldenNetwork.Load(folder);
        using var file = SafetensorsFile.Open(Path.Combine(folder, "gradient.safetensors"));
        var images = GoldenNetwork.Read(file, "images");
        var sigma = GoldenNetwork.Read(file, "sigmas").reshape(-1);
        var conditions = GoldenNetwork.ReadConditions(file, network.Options.ClassCount);

        var denoised = network.forward(images + GoldenNetwork.Read(file, "noise"), sigma, conditions);
        var loss = EdmLoss.Mean(denoised, images, sigma, network.Options.SigmaData);
        loss.backward();

        GoldenNetwork.AssertClose(GoldenNetwork.Read(file, "denoised"), denoised, GoldenNetwork.Tolerance(root, "denoised"), "denoised");
        GoldenNetwork.AssertClose(GoldenNetwork.Read(file, "loss"), loss, GoldenNetwork.Tolerance(root, "loss"), "loss");
        var gradients = network.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter.grad!);
        Assert.Equal(root.GetProperty("loss_float64").GetDouble(), loss.item<float>(), GoldenNetwork.Tolerance(root, "loss"));
        Assert.Equal(root.GetProperty("parameters").GetInt64(), network.parameters().Sum(parameter => parameter.numel()));
        foreach (string name in file.Entries.Keys.Where(key => key.StartsWith("grad.", StringComparison.Ordinal)))
            GoldenNetwork.AssertClose(GoldenNetwork.Read(file, name), gradients[name["grad.".Length..]], GoldenNetwork.Tolerance(root, name), name);
        AssertNorms(root, gradients);
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void StateDict_OfEachPublishedConfiguration_HasItsNamesAndShapesInOrder(string caseName)
    {
        string folder = TestFiles.Golden(caseName);
        foreach (var model in GoldenNetwork.Json(folder).GetProperty("models").EnumerateObject())
        {
            using var network = new EdmPreconditioning(GoldenNetwork.Options(model.Value.GetProperty("config")));
            var found = network.state_dict().Select(pair => Describe(pair.Key, pair.Value.shape)).ToArray();
            using var list = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, model.Value.GetProperty("state_dict_file").GetString()!)));
            var expected = list.RootElement.EnumerateArray()
                .Select(entry => Describe(entry[0].GetString()!, [.. entry[1].EnumerateArray().Select(length => length.GetInt64())])).ToArray();
            Assert.Equal(expected, found);
            Assert.Equal(model.Value.GetProperty("parameters").GetInt64(), network.parameters().Sum(parameter => parameter.numel()));
        }
    }

    [Theory]
    [InlineData("lofar", "LOFAR_Model")]
    [InlineData("first", "FIRST_Model")]
    public void Preset_OfAPublishedModel_EqualsItsConfiguration(string preset, string model)
    {
        bool isThere = GoldenNetwork.Json(TestFiles.Golden("unet-paper-config")).GetProperty("models").TryGetProperty(model, out var published);
        Assert.SkipUnless(isThere, $"The golden case 'unet-paper-config' has no {model}.");
        var config = published.GetProperty("config");
        var expected = GoldenNetwork.Options(config);
        var found = NetworkOptions.Preset(preset);
        Assert.Equal(expected.ChannelMultipliers, found.ChannelMultipliers);
        Assert.Equal(expected with { ChannelMultipliers = [] }, found with { ChannelMultipliers = [] });
        Assert.Equal(config.GetProperty("dropout").GetDouble(), found.Dropout);
    }

    private static string Describe(string name, long[] shape) => $"{name} ({string.Join(", ", shape)})";

    /// <summary>Norms of all gradients, to the relative tolerance that the case's note gives, above the norm from which it holds.</summary>
    private static void AssertNorms(JsonElement root, Dictionary<string, Tensor> gradients)
    {
        var note = NormTolerance().Match(root.GetProperty("gradient_norms_note").GetString()!);
        Assert.True(note.Success, "The case's note on gradient norms should say: accept TOLERANCE for norms above LIMIT.");
        double tolerance = double.Parse(note.Groups["tolerance"].Value, CultureInfo.InvariantCulture);
        double limit = double.Parse(note.Groups["limit"].Value, CultureInfo.InvariantCulture);
        foreach (var norm in root.GetProperty("gradient_norms_float64").EnumerateObject())
        {
            double expected = norm.Value.GetDouble();
            if (expected <= limit)
                continue;
            double found = gradients[norm.Name].to_type(ScalarType.Float64).norm().item<double>();
            Assert.True(Math.Abs(found - expected) <= tolerance * expected, $"norm of the gradient of {norm.Name}: {found}, expected {expected}");
        }
    }

    [GeneratedRegex("accept (?<tolerance>[0-9.e+-]+) for norms above (?<limit>[0-9.e+-]*[0-9])")]
    private static partial Regex NormTolerance();
}
