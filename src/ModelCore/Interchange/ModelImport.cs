using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Networks;
using RadioDiffusion.ModelCore.Training;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>Name and shape of a tensor that a network needs.</summary>
public sealed record NetworkTensor(string Name, IReadOnlyList<long> Shape)
{
    /// <summary>All tensors of a network in the order of its state dict. Needs libtorch.</summary>
    /// <exception cref="RadioDiffusionException">No network can have this shape.</exception>
    public static IReadOnlyList<NetworkTensor> AllOf(NetworkOptions options)
    {
        options.Check();
        using var network = new EdmPreconditioning(options);
        return [.. network.named_parameters().Select(pair => new NetworkTensor(pair.name, pair.parameter.shape))];
    }
}

/// <summary>What an import took.</summary>
/// <param name="Weights">The checkpoint's key of the weights; empty where the file has one set only.</param>
/// <param name="Notes">What the user should know.</param>
public sealed record ModelImportResult(string Weights, IReadOnlyList<string> Notes);

/// <summary>Makes a snapshot of weights that were trained elsewhere: by the published code (.pt), or exported as safetensors.</summary>
public static class ModelImport
{
    private const int MostNamed = 10;

    /// <summary>Writes weights.safetensors and model.json; equal weights and descriptions give equal bytes.</summary>
    /// <param name="directory">An empty folder.</param>
    /// <param name="path">The file with the weights.</param>
    /// <param name="weights">auto, ema, model, or a key of the checkpoint.</param>
    /// <param name="tensors">What the network needs (<see cref="NetworkTensor.AllOf"/>): exactly these must be there.</param>
    /// <param name="description">What the weights are for. Its count of parameters is filled in, and its iterations where the file says them.</param>
    /// <exception cref="RadioDiffusionException">The file is damaged, or its weights are not those of this network: all differences are named at once.</exception>
    public static ModelImportResult Write(string directory, string path, string weights, IReadOnlyList<NetworkTensor> tensors, SnapshotDescription description)
    {
        using var source = WeightSource.Open(path, weights);
        var found = InOrder(source, tensors);
        DurableFiles.Replace(Path.Combine(directory, SnapshotDescription.WeightsFileName), stream =>
        {
            using var writer = new SafetensorsWriter(stream, found.Select(weight => (weight.Name, weight.DataType, weight.Shape)), leaveOpen: true);
            foreach (var weight in found)
                writer.Write<float>(Finite(weight, source));
            writer.Complete();
        });
        (description with
        {
            Iterations = source.Iterations > 0 ? source.Iterations : description.Iterations,
            Parameters = tensors.Sum(tensor => tensor.Shape.Aggregate(1L, (product, length) => product * length)),
        }).Write(directory);
        return new ModelImportResult(source.Key, source.Notes);
    }

    /// <summary>The file's weights in the order of the network.</summary>
    internal static IReadOnlyList<StoredWeight> InOrder(WeightSource source, IReadOnlyList<NetworkTensor> tensors)
    {
        var found = new Dictionary<string, StoredWeight>(StringComparer.Ordinal);
        foreach (var weight in source.Weights)
        {
            if (!found.TryAdd(weight.Name, weight))
                throw new RadioDiffusionException($"{source.Path} has the tensor '{weight.Name}' twice: with and without a prefix.");
        }
        var expected = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        string[] differences =
        [
            .. Listed("missing", tensors.Where(tensor => !found.ContainsKey(tensor.Name)).Select(tensor => $"{tensor.Name} {Text(tensor.Shape)}")),
            .. Listed("unexpected", source.Weights.Where(weight => !expected.ContainsKey(weight.Name)).Select(weight => $"{PickleReader.Printable(weight.Name)} {Text(weight.Shape)}")),
            .. Listed("of another shape", Both().Where(pair => !pair.Tensor.Shape.SequenceEqual(pair.Weight.Shape))
                .Select(pair => $"{pair.Tensor.Name} {Text(pair.Weight.Shape)} instead of {Text(pair.Tensor.Shape)}")),
            .. Listed("of another type than F32", Both().Where(pair => pair.Weight.DataType != "F32").Select(pair => $"{pair.Tensor.Name} {pair.Weight.DataType}")),
        ];
        return differences.Length == 0
            ? [.. tensors.Select(tensor => found[tensor.Name])]
            : throw new RadioDiffusionException(
                $"{source.Path} holds {(source.Key.Length > 0 ? $"under '{PickleReader.Printable(source.Key)}' " : "")}weights of another network than expected: {string.Join("; ", differences)}. Is the preset the one these weights were trained with?");

        IEnumerable<(NetworkTensor Tensor, StoredWeight Weight)> Both() =>
            tensors.Where(tensor => found.ContainsKey(tensor.Name)).Select(tensor => (tensor, found[tensor.Name]));
    }

    private static float[] Finite(StoredWeight weight, WeightSource source)
    {
        float[] values = weight.Read();
        int bad = values.Count(value => !float.IsFinite(value));
        return bad == 0 ? values : throw new RadioDiffusionException($"{source.Path}: {bad} of {values.Length} numbers of tensor '{weight.Name}' are infinite or NaN: no image could come of them.");
    }

    private static IEnumerable<string> Listed(string what, IEnumerable<string> items)
    {
        string[] all = [.. items];
        if (all.Length > 0)
            yield return $"{all.Length} {what} ({string.Join(", ", all.Take(MostNamed))}{(all.Length > MostNamed ? ", ..." : "")})";
    }

    private static string Text(IEnumerable<long> shape) => $"({string.Join(", ", shape)})";
}
