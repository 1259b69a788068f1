using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>Sources of a sky as users see them.</summary>
public static class SkySources
{
    /// <summary>The brightest of some sources, the brightest first.</summary>
    /// <param name="recipe">Of the sky.</param>
    /// <param name="sources">In any order.</param>
    /// <param name="faintest">mJy: fainter ones were not looked at.</param>
    /// <param name="most">How many are listed at most.</param>
    public static SkySourceList Brightest(SkyRecipe recipe, IEnumerable<SkySource> sources, double faintest, int most)
    {
        SkySource[] all = [.. sources.OrderByDescending(source => source.Flux)];
        return new SkySourceList { Count = all.Length, Faintest = faintest, Sources = [.. all.Take(most).Select(source => EntryOf(recipe, source))] };
    }

    private static SkySourceEntry EntryOf(SkyRecipe recipe, in SkySource source) => new()
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
