using System.Text.Json;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>Small JSON files, written to a temporary name, flushed and renamed.</summary>
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

    public static void Write<T>(string path, T value)
    {
        string temporary = path + ".tmp";
        using (var stream = File.Create(temporary))
        {
            JsonSerializer.Serialize(stream, value, Options);
            stream.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }
}
