using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Interchange;

/// <summary>A tensor of weights in a file, read when asked for.</summary>
/// <param name="Name">As the network calls it, without the prefix of averages.</param>
/// <param name="DataType">F32, F64, ...</param>
/// <param name="Shape">Lengths of its axes.</param>
/// <param name="Read">The values in row-major order, if it is F32.</param>
internal sealed record StoredWeight(string Name, string DataType, long[] Shape, Func<float[]> Read);

/// <summary>The weights in a checkpoint of the published code (.pt), in a bare state dict (.pt), or in a safetensors file.</summary>
internal sealed class WeightSource : IDisposable
{
    /// <summary>Takes the averaged weights where there are any.</summary>
    public const string Auto = "auto";

    private const string Model = "model";
    private const string Average = "ema_model";
    private const string AveragePrefix = "module.";
    private const string AverageCount = "n_averaged";

    private readonly IDisposable _file;

    private WeightSource(string path, IDisposable file, string key, IReadOnlyList<StoredWeight> weights)
    {
        Path = path;
        _file = file;
        Key = key;
        Weights = weights;
    }

    public string Path { get; }

    /// <summary>Which weights of the file these are: a key of the checkpoint, or empty where there is no choice.</summary>
    public string Key { get; }

    public IReadOnlyList<StoredWeight> Weights { get; }

    /// <summary>Training steps that the optimiser counted; 0 where the file does not say.</summary>
    public long Iterations { get; private init; }

    /// <summary>What the user should know about the choice.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <param name="path">The file; what it is shows in its first bytes.</param>
    /// <param name="weights">auto (the average where there is one), ema, model, or any key of the checkpoint, such as power_ema_6.94.</param>
    /// <exception cref="RadioDiffusionException">The file cannot be read or has no such weights.</exception>
    public static WeightSource Open(string path, string weights = Auto)
    {
        if (!File.Exists(path))
            throw new RadioDiffusionException($"The file {path} does not exist.");
        return IsSafetensors(path) ? OpenSafetensors(path, weights) : OpenCheckpoint(path, weights);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>A safetensors file begins with the length of a JSON object.</summary>
    private static bool IsSafetensors(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        byte[] start = new byte[9];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start[8] == '{' && BinaryPrimitives.ReadInt64LittleEndian(start) is > 0 and < int.MaxValue;
    }

    private static WeightSource OpenSafetensors(string path, string weights)
    {
        if (weights != Auto)
            throw new RadioDiffusionException($"{path} is a safetensors file with one set of weights: '{weights}' cannot be chosen there. Leave --weights out.");
        var file = SafetensorsFile.Open(path);
        return new WeightSource(path, file, "",
            [.. file.Entries.Values.Select(entry => new StoredWeight(WithoutPrefix(entry.Name), entry.DataType, entry.Shape, () => file.Values<float>(entry.Name).ToArray()))
                .Where(weight => weight.Name != AverageCount)]);
    }

    private static WeightSource OpenCheckpoint(string path, string weights)
    {
        var file = PtFile.Open(path);
        try
        {
            if (file.Root is not PickledDictionary root)
                throw file.Fault("it should hold a dictionary, the checkpoint or the state dict of a model, but it holds something else");
            if (weights == Auto && root.Count > 0 && root.Values.All(value => value is PtTensor))
                return new WeightSource(path, file, "", WeightsOf(root));
            string key = weights switch
            {
                Auto => root.GetValueOrDefault(Average) is PickledDictionary ? Average : Model,
                "ema" => Average,
                _ => weights,
            };
            if (root.GetValueOrDefault(key) is not PickledDictionary state)
                throw file.Fault($"it should hold a state dict '{key}', but {(root.ContainsKey(key) ? "there is none under this name" + (key == Average ? " (the published code begins to average after 500 iterations): take --weights model" : "") : "it holds " + KeysOf(root))}");
            return new WeightSource(path, file, key, WeightsOf(state))
            {
                Iterations = IterationsOf(root),
                Notes = weights == Auto && key == Model ? ["The file has no averaged weights (ema_model): those of the last training step were taken."] : [],
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The tensors of a state dict. An average has a counter beside its tensors and a prefix before their names.</summary>
    private static IReadOnlyList<StoredWeight> WeightsOf(PickledDictionary state) =>
    [
        .. state.Where(entry => entry.Key is string and not AverageCount && entry.Value is PtTensor).Select(entry =>
        {
            var tensor = (PtTensor)entry.Value!;
            return new StoredWeight(WithoutPrefix((string)entry.Key), tensor.Storage.Type.Name, tensor.Shape, () => MemoryMarshal.Cast<byte, float>(tensor.ToBytes()).ToArray());
        }),
    ];

    /// <summary>Adam counts its steps with each parameter.</summary>
    private static long IterationsOf(PickledDictionary root)
    {
        if (root.GetValueOrDefault("optimizer") is not PickledDictionary optimizer || optimizer.GetValueOrDefault("state") is not PickledDictionary { Count: > 0 } state
            || state.GetAt(0).Value is not PickledDictionary first)
        {
            return 0;
        }
        double steps = first.GetValueOrDefault("step") switch
        {
            long number => number,
            PtTensor { Count: 1 } tensor when tensor.Storage.Type == PtType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(tensor.ToBytes()),
            _ => 0,
        };
        return steps is > 0 and < 1e15 ? (long)steps : 0;
    }

    private static string WithoutPrefix(string name) => name.StartsWith(AveragePrefix, StringComparison.Ordinal) ? name[AveragePrefix.Length..] : name;

    private static string KeysOf(PickledDictionary root) =>
        root.Count == 0 ? "nothing" : string.Join(", ", root.Keys.Take(12).Select(key => $"'{PickleReader.Printable(key.ToString()!)}'"));
}
