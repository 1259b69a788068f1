using System.Text.Json;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>Small JSON files, written to a temporary name, flushed and renamed.</summary>
internal static class JsonFile
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <exception cref="RadioDiffusionException">The file is cut off or not of this kind.</exception>
    public static T Read<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Options)
                ?? throw new RadioDiffusionException($"{path} should hold a JSON object, but it holds null.");
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException($"{path} cannot be read as JSON: {error.Message}", error);
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
