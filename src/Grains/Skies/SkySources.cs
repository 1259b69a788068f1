using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>Sources of a sky as users see them.</summary>
public static class SkySources
{
    public static SkySourceEntry EntryOf(SkyRecipe recipe, in SkySource source) => new()
    {
        Id = SkySourceId.Unpack(source.Id).ToString(),
        RightAscension = source.Position.RightAscension,
        Declination = source.Position.Declination,
        Flux = source.Flux,
        Size = source.Size,
        Angle = source.Angle,
        SpectralIndex = source.SpectralIndex,
        Class = source.Class,
        Sample = source.IsResolved && recipe.Images != null ? SkySamples.IdOf(recipe, source, 0) : null,
    };
}
