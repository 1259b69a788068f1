using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Surveys;

/// <summary>The catalogue rows of one mosaic as a JSON file of the plan artifact, written equally for equal rows.</summary>
internal static class TilePlanFile
{
    private static readonly JsonSerializerOptions _options = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static string NameFor(string mosaicId) => $"rows-{mosaicId}.json";

    public static void Write(string path, IReadOnlyList<CatalogueRow> rows)
    {
        using var stream = File.Create(path);
        JsonSerializer.Serialize(stream, rows, _options);
    }

    public static IReadOnlyList<CatalogueRow> Read(string path)
    {
        using var stream = File.OpenRead(path);
        return JsonSerializer.Deserialize<List<CatalogueRow>>(stream, _options)!;
    }
}
