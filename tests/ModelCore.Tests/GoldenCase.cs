using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Tests;

/// <summary>A golden case: its folder, its case.json and its tensors.</summary>
internal sealed class GoldenCase(string name, bool isLarge = false)
{
    private JsonElement? _json;

    public string Folder { get; } = isLarge ? TestFiles.LargeGolden(name) : TestFiles.Golden(name);

    public JsonElement Json => _json ??= JsonDocument.Parse(System.IO.File.ReadAllBytes(File("case.json"))).RootElement;

    public string File(string file) => Path.Combine(Folder, file);

    /// <summary>A tensor as doubles, whatever its type.</summary>
    public double[] Doubles(string file, string tensor)
    {
        using var safetensors = SafetensorsFile.Open(File(file));
        return safetensors.Entry(tensor).DataType switch
        {
            "F64" => safetensors.Values<double>(tensor).ToArray(),
            "F32" => [.. safetensors.Values<float>(tensor).ToArray().Select(value => (double)value)],
            "I64" => [.. safetensors.Values<long>(tensor).ToArray().Select(value => (double)value)],
            "BOOL" => [.. safetensors.Bytes(tensor).ToArray().Select(value => (double)value)],
            var type => throw new NotSupportedException($"{file}: tensor {tensor} is {type}."),
        };
    }

    public IReadOnlyList<string> Tensors(string file)
    {
        using var safetensors = SafetensorsFile.Open(File(file));
        return [.. safetensors.Entries.Keys];
    }

    public T[] Values<T>(string file, string tensor)
        where T : unmanaged
    {
        using var safetensors = SafetensorsFile.Open(File(file));
        return safetensors.Values<T>(tensor).ToArray();
    }

    public string TypeOf(string file, string tensor)
    {
        using var safetensors = SafetensorsFile.Open(File(file));
        return safetensors.Entry(tensor).DataType;
    }
}
