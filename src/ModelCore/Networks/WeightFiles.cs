using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Artifacts;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Weights in safetensors files, under the names of the published state dict, readable from Python.</summary>
internal static class WeightFiles
{
    /// <summary>Reads the network's parameters from a file that must hold exactly these names and shapes, in float32.</summary>
    /// <exception cref="RadioDiffusionException">The file is cut off or holds another architecture.</exception>
    public static void Load(EdmPreconditioning network, string path)
    {
        using var noGradient = no_grad();
        Load([.. network.named_parameters().Select(pair => (pair.name, (Tensor)pair.parameter))], path);
    }

    /// <inheritdoc cref="Load(EdmPreconditioning, string)"/>
    public static void Load(IReadOnlyList<(string Name, Tensor Tensor)> tensors, string path)
    {
        if (!File.Exists(path))
            throw new RadioDiffusionException($"The weights {path} do not exist.");
        using var file = SafetensorsFile.Open(path);
        Check(tensors, file);
        foreach (var (name, destination) in tensors)
        {
            using var source = destination.dtype == ScalarType.Float64
                ? tensor(file.Values<double>(name).ToArray(), destination.shape)
                : tensor(file.Values<float>(name).ToArray(), destination.shape);
            destination.copy_(source);
        }
    }

    public static void Save(EdmPreconditioning network, string path, IReadOnlyDictionary<string, string>? metadata = null) =>
        Save([.. network.named_parameters().Select(pair => (pair.name, (Tensor)pair.parameter))], path, metadata);

    /// <summary>Writes tensors (float32, or float64 where they are); the file is there whole or not at all.</summary>
    public static void Save(IReadOnlyList<(string Name, Tensor Tensor)> tensors, string path, IReadOnlyDictionary<string, string>? metadata = null) =>
        DurableFiles.Replace(path, stream =>
        {
            using var writer = new SafetensorsWriter(stream, tensors.Select(t => (t.Name, t.Tensor.dtype == ScalarType.Float64 ? "F64" : "F32", t.Tensor.shape)), metadata, leaveOpen: true);
            foreach (var (_, tensor) in tensors)
            {
                using var scope = NewDisposeScope();
                writer.Write<byte>(tensor.detach().cpu().contiguous().bytes);
            }
            writer.Complete();
        });

    private static void Check(IReadOnlyList<(string Name, Tensor Tensor)> tensors, SafetensorsFile file)
    {
        foreach (var (name, expected) in tensors)
        {
            if (!file.Entries.TryGetValue(name, out var found))
                throw OfAnotherArchitecture(file, $"tensor '{name}' should have shape {Text(expected.shape)}, but the file does not have it");
            if (!found.Shape.SequenceEqual(expected.shape))
                throw OfAnotherArchitecture(file, $"tensor '{name}' should have shape {Text(expected.shape)}, but it has {Text(found.Shape)}");
        }
        if (file.Entries.Count == tensors.Count)
            return;
        var known = tensors.Select(t => t.Name).ToHashSet();
        var extra = file.Entries.Values.First(entry => !known.Contains(entry.Name));
        throw OfAnotherArchitecture(file, $"the network has no tensor '{extra.Name}', but the file does, of shape {Text(extra.Shape)}");
    }

    private static RadioDiffusionException OfAnotherArchitecture(SafetensorsFile file, string difference) =>
        new($"{file.Path} holds weights of another architecture: {difference}. Is the preset or configuration the one these weights were trained with?");

    private static string Text(long[] shape) => $"({string.Join(", ", shape)})";
}
