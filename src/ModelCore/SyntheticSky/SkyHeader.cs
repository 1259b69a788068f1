using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>What the header of an image of a sky says: its WCS, what it was seen with, and what it was made of.</summary>
internal static class SkyHeader
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        IgnoreReadOnlyProperties = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static FitsHeader Of(SkyRecipe recipe, SkyGrid grid)
    {
        var survey = recipe.Survey;
        var header = new FitsHeader();
        grid.Coordinates.AddTo(header);
        header.Set("BMAJ", survey.BeamMajorArcsec / 3600, "[deg]");
        header.Set("BMIN", (survey.BeamMinorArcsec ?? survey.BeamMajorArcsec) / 3600, "[deg]");
        header.Set("BPA", survey.BeamAngleDegrees, "[deg]");
        header.Set("RESTFRQ", survey.FrequencyMegahertz * 1e6, "[Hz]");
        header.Set("BANDWID", survey.BandwidthMegahertz * 1e6, "[Hz]");
        header.Set("OBJECT", "synthetic sky");
        header.Set("ORIGIN", "RadioDiffusion");
        header.Set("SKYSEED", $"{recipe.Seed}", "seed of everything random");
        header.AddHistory("Synthetic sky. The image is a function of this recipe and of its grid:");
        header.AddHistory(JsonSerializer.Serialize(recipe, _json));
        return header;
    }
}
