using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>
/// What skies lie on: users' maps, as artifacts <c>map-...</c> with map.fits, whose ID is a digest of the content, and data sets of images without a source. A recipe names either by its content, so that it is the
/// same sky everywhere.
/// </summary>
public static class SkyBackgrounds
{
    private const string MapFile = "map.fits";

    /// <summary>Opens what a recipe names; null if it names nothing.</summary>
    /// <param name="store">Where it is.</param>
    /// <param name="recipe">Of the sky.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="UserErrorException">It is not there, or has other content than the recipe says.</exception>
    public static async Task<OpenBackground?> OpenAsync(IArtifactStore store, SkyRecipe recipe, CancellationToken cancellationToken)
    {
        if (recipe.Background is not { } background)
            return null;
        var noise = background.Library is { } library ? NoiseImages.Open(await DirectoryAsync(store, library, background.LibraryDigest, cancellationToken), library, recipe.Seed) : null;
        return new OpenBackground(background.Map is { } map ? SkyBackgroundMap.Open(Path.Combine(await store.GetDirectoryAsync(map, cancellationToken), MapFile)) : null, noise);
    }

    /// <summary>The directory of a data set that a recipe names by artifact and digest.</summary>
    /// <exception cref="UserErrorException">It is not there, or is another one.</exception>
    public static async Task<string> DirectoryAsync(IArtifactStore store, string artifact, string? digest, CancellationToken cancellationToken)
    {
        var manifest = await store.FindAsync(artifact, cancellationToken);
        if (manifest == null || SkyFiles.ShortDigest(manifest.ContentDigest) != digest)
        {
            throw new UserErrorException(ErrorKind.NotFound, artifact,
                $"The images of the sky are those of the data set {artifact} with the digest {digest}, which {(manifest == null ? "is not" : $"is another one ({SkyFiles.ShortDigest(manifest.ContentDigest)})")} in {store.Describe()}.");
        }
        return await store.GetDirectoryAsync(artifact, cancellationToken);
    }

    /// <summary>Stores a map unless it is there, and returns its artifact's ID.</summary>
    /// <param name="store">Where.</param>
    /// <param name="path">FITS, Jy/beam.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelCore.RadioDiffusionException">It is no such map.</exception>
    public static async Task<string> PutMapAsync(IArtifactStore store, string path, CancellationToken cancellationToken)
    {
        SkyBackgroundMap.Open(path).Dispose();
        var recipe = new Recipe { Kind = "map", AlgorithmVersion = 1, Inputs = new() { ["file"] = Digests.OfFile(path) }, Parameters = new JsonObject() };
        if (await store.FindAsync(recipe.Id, cancellationToken) != null)
            return recipe.Id;
        using var scratch = store.CreateScratchDirectory();
        File.Copy(path, Path.Combine(scratch.Path, MapFile));
        return (await store.PutAsync(recipe.Id, recipe, scratch.Path, cancellationToken)).Id;
    }
}
