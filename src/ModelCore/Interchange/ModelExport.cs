using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>Writes a snapshot as the published code stores a model, parameters_NAME.pt and config_NAME.json in a folder NAME, and beside them the model.json by which it is imported again.</summary>
public static class ModelExport
{
    private static readonly JsonSerializerOptions _json = new() { WriteIndented = true };

    /// <summary>
    /// Writes the files. The weights stand under 'model' and, with the prefix of averages, under 'ema_model', where the published code looks
    /// first; both are the same numbers, since a snapshot has one set. There is no optimiser state to go on training from. Names and
    /// transforms of the conditions, classes, pixels and beam stand in model.json alone, which the published code does not read.
    /// </summary>
    /// <param name="snapshotDirectory">Holds model.json and weights.safetensors.</param>
    /// <param name="directory">Where to write; the published code wants its name to be that of the model.</param>
    /// <param name="name">Name of the model.</param>
    /// <returns>The paths of the files.</returns>
    /// <exception cref="RadioDiffusionException">The folder holds another model, whose model.json would be lost; or the model is a classifier.</exception>
    public static IReadOnlyList<string> WritePublished(string snapshotDirectory, string directory, string name)
    {
        var description = SnapshotDescription.Read(snapshotDirectory);
        if (description.Network.Kind != NetworkKind.Denoiser)
            throw new RadioDiffusionException($"Model '{name}' is a classifier, which the published code does not know: it can be exported as safetensors.");
        byte[] model = File.ReadAllBytes(Path.Combine(snapshotDirectory, SnapshotDescription.FileName));
        string parameters = Path.Combine(directory, $"parameters_{name}.pt"), config = Path.Combine(directory, $"config_{name}.json"), described = Path.Combine(directory, SnapshotDescription.FileName);
        RefuseAnothersFolder(described, model, parameters);
        using (var weights = SafetensorsFile.Open(Path.Combine(snapshotDirectory, SnapshotDescription.WeightsFileName)))
            PtWriter.Write(parameters, CheckpointOf(weights, description.Iterations));
        DurableFiles.Replace(config, JsonSerializer.SerializeToUtf8Bytes(ConfigOf(description, name), _json));
        DurableFiles.Replace(described, model);
        return [parameters, config, described];
    }

    /// <summary>Weights beside the description of another model could be imported with its transforms, and nothing would tell.</summary>
    private static void RefuseAnothersFolder(string described, byte[] model, string parameters)
    {
        string directory = Path.GetDirectoryName(described)!;
        if (!File.Exists(described) || File.ReadAllBytes(described).AsSpan().SequenceEqual(model))
            return;
        if (Directory.EnumerateFiles(directory, "parameters_*.pt").FirstOrDefault(file => Path.GetFileName(file) != Path.GetFileName(parameters)) is { } other)
            throw new RadioDiffusionException($"Each exported model should have a folder of its own, with its {SnapshotDescription.FileName}, but {directory} holds {Path.GetFileName(other)} with another one.");
    }

    private static PickledDictionary CheckpointOf(SafetensorsFile weights, long iterations)
    {
        byte[] averaged = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(averaged, iterations);
        var model = new PickledDictionary(isOrderedDict: true);
        var average = new PickledDictionary(isOrderedDict: true) { ["n_averaged"] = PtTensor.Of(new PtStorage(PtType.Int64, 1, () => averaged), []) };
        foreach (var entry in weights.Entries.Values.OrderBy(entry => entry.Begin))
        {
            var storage = new PtStorage(PtType.Float32, entry.ElementCount, () => weights.Bytes(entry.Name).ToArray());
            var tensor = PtTensor.Of(storage, entry.Shape);
            model[entry.Name] = tensor;
            average["module." + entry.Name] = PtTensor.Of(storage, entry.Shape);
        }
        return new PickledDictionary(isOrderedDict: false) { ["model"] = model, ["ema_model"] = average, ["optimizer"] = null };
    }

    /// <summary>What the published code calls a value of the context: the peak flux by its column in the training file, others by their name here.</summary>
    private static string ColumnOf(SnapshotDescription description, int index) =>
        description.Conditions?[index].Name is { } name and not ConditionDescription.PeakFlux ? name : "max_values_tr";

    /// <summary>The keys from which the published code builds its network.</summary>
    private static JsonObject ConfigOf(SnapshotDescription description, string name)
    {
        var network = description.Network;
        var config = new JsonObject
        {
            ["model_name"] = name,
            ["model_type"] = "EDMPrecond",
            ["image_size"] = network.ImageSize,
            ["image_channels"] = network.ImageChannels,
            ["init_channels"] = network.InitialChannels,
            ["channel_mults"] = new JsonArray([.. network.ChannelMultipliers.Select(multiplier => (JsonNode)multiplier)]),
            ["num_res_blocks"] = network.ResidualBlocks,
            ["norm_groups"] = network.NormGroups,
            ["attention_levels"] = network.AttentionLevels,
            ["attention_heads"] = network.AttentionHeads,
            ["attention_head_channels"] = network.AttentionHeadChannels,
            ["dropout"] = network.Dropout,
            ["sigma_data"] = network.SigmaData,
            ["iterations"] = description.Iterations,
        };
        if (network.ContextDimension > 0)
        {
            config["context"] = new JsonArray([.. Enumerable.Range(0, network.ContextDimension).Select(i => (JsonNode)ColumnOf(description, i))]);   // their number decides
            config["context_dim"] = network.ContextDimension;
        }
        if (network.ClassCount > 0)
            config["n_labels"] = network.ClassCount;
        return config;
    }
}
