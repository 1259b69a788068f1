using System.Text.Json.Nodes;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>Users' maps under skies, as artifacts <c>map-...</c> with map.fits. The ID is a digest of the content, so that a recipe that names it is the same sky everywhere.</summary>
public static class SkyMaps
{
    private const string File = "map.fits";

    /// <param name="store">Where it is.</param>
    /// <param name="id">Of the artifact.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public static async Task<SkyBackgroundMap> OpenAsync(IArtifactStore store, string id, CancellationToken cancellationToken) =>
        SkyBackgroundMap.Open(Path.Combine(await store.GetDirectoryAsync(id, cancellationToken), File));

    /// <summary>Stores a map unless it is there, and returns its artifact's ID.</summary>
    /// <param name="store">Where.</param>
    /// <param name="path">FITS, Jy/beam.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelCore.RadioDiffusionException">It is no such map.</exception>
    public static async Task<string> PutAsync(IArtifactStore store, string path, CancellationToken cancellationToken)
    {
        SkyBackgroundMap.Open(path).Dispose();
        var recipe = new Recipe { Kind = "map", AlgorithmVersion = 1, Inputs = new() { ["file"] = Digests.OfFile(path) }, Parameters = new JsonObject() };
        if (await store.FindAsync(recipe.Id, cancellationToken) != null)
            return recipe.Id;
        using var scratch = store.CreateScratchDirectory();
        System.IO.File.Copy(path, Path.Combine(scratch.Path, File));
        return (await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken)).Id;
    }
}
