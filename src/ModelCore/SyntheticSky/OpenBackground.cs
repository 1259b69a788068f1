namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>What a recipe's <see cref="SkyBackground"/> names, opened.</summary>
/// <param name="Map">The user's map, or null.</param>
/// <param name="Noise">What the noise is made of; null for noise that is drawn.</param>
public sealed record OpenBackground(SkyBackgroundMap? Map = null, NoiseImages? Noise = null)
{
    /// <exception cref="RadioDiffusionException">The recipe names something that is not here.</exception>
    internal static void Check(SkyRecipe recipe, OpenBackground? open)
    {
        if (recipe.Background?.Map is { } map && open?.Map == null)
            throw new RadioDiffusionException($"The sky lies on the map {map}, which is needed to draw it.");
        if (recipe.Background?.Library is { } library && open?.Noise == null)
            throw new RadioDiffusionException($"The noise of the sky is made of the data set {library}, which is needed to draw it.");
    }
}
