using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Tests.Networks;

/// <summary>Reads golden cases: case.json, tensors, and networks with the published code's weights.</summary>
internal static class GoldenNetwork
{
    public static JsonElement Json(string folder)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "case.json")));
        return document.RootElement.Clone();
    }

    /// <summary>The published code's configuration keys; the defaults are those of its classes. A list of context columns decides the context's dimension.</summary>
    public static NetworkOptions Options(JsonElement config) => new()
    {
        ImageSize = Integer(config, "image_size", 80),
        ImageChannels = Integer(config, "image_channels", 1),
        InitialChannels = Integer(config, "init_channels", 128),
        ChannelMultipliers = [.. config.GetProperty("channel_mults").EnumerateArray().Select(m => m.GetInt32())],
        ResidualBlocks = Integer(config, "num_res_blocks", 2),
        NormGroups = Integer(config, "norm_groups", 32),
        AttentionLevels = Integer(config, "attention_levels", 0),
        AttentionHeads = Integer(config, "attention_heads", 4),
        AttentionHeadChannels = Integer(config, "attention_head_channels", 32),
        ClassCount = Integer(config, "n_labels", 0),
        ContextDimension = config.TryGetProperty("context", out var context) && context.ValueKind == JsonValueKind.Array ? context.GetArrayLength() : Integer(config, "context_dim", 0),
        SigmaData = config.TryGetProperty("sigma_data", out var sigmaData) ? sigmaData.GetDouble() : 0.5,
    };

    public static EdmPreconditioning Load(string folder, string weights = "weights.safetensors")
    {
        var network = new EdmPreconditioning(Options(Json(folder).GetProperty("config")));
        WeightFiles.Load(network, Path.Combine(folder, weights));
        return network;
    }

    public static Tensor Read(SafetensorsFile file, string name)
    {
        var entry = file.Entry(name);
        return entry.DataType switch
        {
            "F32" => tensor(file.Values<float>(name).ToArray(), entry.Shape),
            "F64" => tensor(file.Values<double>(name).ToArray(), entry.Shape),
            "I64" => tensor(file.Values<long>(name).ToArray(), entry.Shape),
            _ => throw new InvalidDataException($"{file.Path}: '{name}' is {entry.DataType}"),
        };
    }

    /// <summary>The condition tensors of a case's file, under the names it uses.</summary>
    public static Conditions ReadConditions(SafetensorsFile file, int classes)
    {
        string? context = new[] { "context", "context_batch" }.FirstOrDefault(file.Entries.ContainsKey);
        string? labels = new[] { "class_labels", "label_batch" }.FirstOrDefault(file.Entries.ContainsKey);
        return new Conditions(
            context is null ? null : Read(file, context),
            Labels: labels is null ? null : nn.functional.one_hot(Read(file, labels), classes).to_type(ScalarType.Float32));
    }

    public static void AssertClose(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        double error = (expected.to_type(ScalarType.Float64) - actual.to_type(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(error <= tolerance, $"{what}: largest difference {error:g3}, tolerance {tolerance:g3}");
    }

    public static double Tolerance(JsonElement root, string name, string kind = "atol") =>
        root.GetProperty("tolerance").GetProperty(name).GetProperty(kind).GetDouble();

    private static int Integer(JsonElement config, string name, int otherwise) =>
        config.TryGetProperty(name, out var value) ? value.GetInt32() : otherwise;
}
