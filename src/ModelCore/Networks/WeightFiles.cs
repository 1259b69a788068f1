using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Artifacts;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Networks;

/// <summary>Weights in safetensors files, under the names of the published state dict, readable from Python.</summary>
internal static class WeightFiles
{
    /// <summary>Reads the network's parameters from a file that must hold exactly these names and shapes, in float32.</summary>
    /// <exception cref="RadioDiffusionException">The file is cut off or holds another architecture.</exception>
    public static void Load(Network network, string path)
    {
        using var noGradient = no_grad();
        Load([.. network.named_parameters().Select(pair => (pair.name, (Tensor)pair.parameter))], path);
    }

    /// <summary>Reads what the network begins its training with: all but the embeddings of conditions that the file's network does not have, or has in another number. These stay as they are.</summary>
    /// <exception cref="RadioDiffusionException">The file is cut off or holds another architecture.</exception>
    public static void LoadWarmStart(Network network, string path)
    {
        using var noGradient = no_grad();
        using var file = Open(path);
        var tensors = network.named_parameters().Select(pair => (Name: pair.name, Tensor: (Tensor)pair.parameter)).ToList();
        string[] kept = [.. UNet.ConditionPrefixes.Where(prefix => tensors.Exists(one => IsOther(one.Name, one.Tensor, prefix)) || !tensors.Exists(one => one.Name.StartsWith(prefix, StringComparison.Ordinal)))];
        Load([.. tensors.Where(one => !IsKept(one.Name))], file, IsKept);

        bool IsKept(string name) => kept.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        bool IsOther(string name, Tensor tensor, string prefix) =>
            name.StartsWith(prefix, StringComparison.Ordinal) && !(file.Entries.TryGetValue(name, out var found) && found.Shape.SequenceEqual(tensor.shape));
    }

    /// <inheritdoc cref="Load(Network, string)"/>
    public static void Load(IReadOnlyList<(string Name, Tensor Tensor)> tensors, string path)
    {
        using var file = Open(path);
        Load(tensors, file, _ => false);
    }

    private static SafetensorsFile Open(string path) =>
        File.Exists(path) ? SafetensorsFile.Open(path) : throw new RadioDiffusionException($"The weights {path} do not exist.");

    private static void Load(IReadOnlyList<(string Name, Tensor Tensor)> tensors, SafetensorsFile file, Predicate<string> isIgnored)
    {
        Check(tensors, file, isIgnored);
        foreach (var (name, destination) in tensors)
        {
            using var source = destination.dtype == ScalarType.Float64
                ? tensor(file.Values<double>(name).ToArray(), destination.shape)
                : tensor(file.Values<float>(name).ToArray(), destination.shape);
            destination.copy_(source);
        }
    }

    public static void Save(Network network, string path, IReadOnlyDictionary<string, string>? metadata = null) =>
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

    private static void Check(IReadOnlyList<(string Name, Tensor Tensor)> tensors, SafetensorsFile file, Predicate<string> isIgnored)
    {
        foreach (var (name, expected) in tensors)
        {
            if (!file.Entries.TryGetValue(name, out var found))
                throw OfAnotherArchitecture(file, $"tensor '{name}' should have shape {Text(expected.shape)}, but the file does not have it");
            if (!found.Shape.SequenceEqual(expected.shape))
                throw OfAnotherArchitecture(file, $"tensor '{name}' should have shape {Text(expected.shape)}, but it has {Text(found.Shape)}");
        }
        var known = tensors.Select(t => t.Name).ToHashSet();
        if (file.Entries.Values.FirstOrDefault(entry => !known.Contains(entry.Name) && !isIgnored(entry.Name)) is { } extra)
            throw OfAnotherArchitecture(file, $"the network has no tensor '{extra.Name}', but the file does, of shape {Text(extra.Shape)}");
    }

    private static RadioDiffusionException OfAnotherArchitecture(SafetensorsFile file, string difference) =>
        new($"{file.Path} holds weights of another architecture: {difference}. Is the preset or configuration the one these weights were trained with?");

    private static string Text(long[] shape) => $"({string.Join(", ", shape)})";
}
