using System.Globalization;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>What the header of any image of a sky says: its WCS, what it was seen with, and what it was made of.</summary>
public static class SkyHeader
{
    private const string OfRecipe = "Made by this recipe:";

    /// <summary>Of a tile in Jy/beam.</summary>
    public static FitsHeader Of(SkyRecipe recipe, HipsTile tile)
    {
        var header = Of(recipe, "JY/BEAM", tile.AddWorldCoordinates);
        header.Set("HPXORDER", (long)tile.Order, "order of the HiPS tile");
        header.Set("HPXPIXEL", tile.Pixel, "its HEALPix pixel (nested)");
        return header;
    }

    /// <summary>Of an image on any grid.</summary>
    /// <param name="recipe">What sky.</param>
    /// <param name="grid">Its pixels.</param>
    /// <param name="unit">BUNIT; null for none.</param>
    public static FitsHeader Of(SkyRecipe recipe, SkyGrid grid, string? unit) => Of(recipe, unit, grid.Coordinates.AddTo);

    private static FitsHeader Of(SkyRecipe recipe, string? unit, Action<FitsHeader> addCoordinates)
    {
        var (survey, header) = (recipe.Survey, new FitsHeader());
        header.Set("OBJECT", "SIMULATED", "synthetic sky");
        header.Set("ORIGIN", "RadioDiffusion");
        if (unit != null)
            header.Set("BUNIT", unit, "unit of the pixels");
        addCoordinates(header);
        header.Set("BMAJ", survey.BeamMajorArcsec / 3600, "restoring beam [deg]");
        header.Set("BMIN", (survey.BeamMinorArcsec ?? survey.BeamMajorArcsec) / 3600, "restoring beam [deg]");
        header.Set("BPA", survey.BeamAngleDegrees, "[deg]");
        header.Set("RESTFRQ", survey.FrequencyMegahertz * 1e6, "[Hz]");
        header.Set("BANDWID", survey.BandwidthMegahertz * 1e6, "[Hz]");
        header.Set("SKYDIGST", recipe.Digest, "digest of the sky's recipe");
        header.Set("SEED", recipe.Seed.ToString(CultureInfo.InvariantCulture), "seed of everything random");
        if (recipe.Images is { } images)
            header.Set("MODEL", images.Model, "digest of the model of its sources");
        header.AddComment("Synthetic sky; not an observation.");
        header.AddHistory(OfRecipe);
        header.AddHistory((recipe with { Area = SkyArea.All }).ToLine());
        return header;
    }
}
