using System.Text.Json;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>Small JSON files; one that is written is there whole or not at all.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <exception cref="RadioDiffusionException">The file is cut off or not of this kind.</exception>
    public static T Read<T>(string path) => Parse<T>(File.ReadAllBytes(path), path);

    /// <exception cref="RadioDiffusionException">The text is cut off or not of this kind.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, string what)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(json, Options)
                ?? throw new RadioDiffusionException($"{what} should hold a JSON object, but it holds null.");
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"{what} cannot be read as JSON: {error.Message}", error);
        }
    }

    public static void Write<T>(string path, T value) =>
        DurableFiles.Replace(path, JsonSerializer.SerializeToUtf8Bytes(value, Options));
}
