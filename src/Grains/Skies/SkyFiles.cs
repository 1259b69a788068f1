using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>Skies and their tiles as artifacts: <c>sky-DIGEST</c> with recipe.json, by which any silo can make tiles, and <c>tile-DIGEST-ORDER-PIXEL</c> with tile.fits.</summary>
public static class SkyFiles
{
    internal const string RecipeFile = "recipe.json";

    private const double CutBelow = 2, CutAbove = 10;        // in sigma

    internal static string RecipeArtifact(string digest) => $"sky-{digest}";

    /// <summary>16 hexadecimal digits of a digest such as sha256:0123...</summary>
    internal static string ShortDigest(string digest) => digest[(digest.IndexOf(':', StringComparison.Ordinal) + 1)..][..16];

    internal static async Task PutRecipeAsync(IArtifactStore store, SkyRecipe recipe, CancellationToken cancellationToken)
    {
        string id = RecipeArtifact(recipe.Digest);
        if (await store.FindAsync(id, cancellationToken) != null)
            return;
        string json = (recipe with { Area = SkyArea.All }).ToJson();
        using var scratch = store.CreateScratchDirectory();
        await File.WriteAllTextAsync(Path.Combine(scratch.Path, RecipeFile), json, cancellationToken);
        await store.PutAsync(id, new Recipe { Kind = "sky", AlgorithmVersion = SkyRecipe.AlgorithmVersion, Parameters = JsonNode.Parse(json)!.AsObject() }, scratch.Path, cancellationToken);
    }

    internal static Recipe RecipeOf(string digest, HealpixCell cell) => new()
    {
        Kind = "sky-tile",
        AlgorithmVersion = SkyRecipe.AlgorithmVersion,
        Inputs = new() { ["sky"] = digest },
        Parameters = new JsonObject { ["order"] = cell.Order, ["pixel"] = cell.Pixel },
    };

    internal static void WriteTile(string directory, SkyRecipe recipe, HipsTile tile, float[] pixels)
    {
        using var stream = File.Create(Path.Combine(directory, SkyTiles.File));
        using var writer = FitsFileWriter.To(stream);
        writer.AddImage(pixels, FitsPixelFormat.Float32, [tile.Width, tile.Width], SkyHeader.Of(recipe, tile));
        writer.Complete();
    }

    /// <summary>Jy/beam from which on a tile's picture is black, and from which on it is brightest: -2 and 10 sigma, in all orders, so that a viewer that changes from one to another changes no brightness.</summary>
    public static (double Low, double High) CutsOf(SkyRecipe recipe)
    {
        double sigma = recipe.Survey.RmsMicroJansky > 0 ? recipe.Survey.RmsMicroJansky * 1e-6 : recipe.Population.FaintestMilliJansky * 1e-3 / CutAbove;
        return (-CutBelow * sigma, CutAbove * sigma);
    }

    /// <summary>(512, 512), Jy/beam, row 0 first, of a tile's FITS file.</summary>
    public static float[] PixelsOf(string path)
    {
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        float[] pixels = new float[image.Width * image.Height];
        image.ReadPixels(0, 0, 0, image.Width, image.Height, pixels);
        return pixels;
    }

    /// <summary>A tile's FITS file as a picture: linear between the cuts, the last row at the top, as HiPS has it.</summary>
    public static byte[] PngOf(string path, SkyRecipe recipe)
    {
        float[] pixels = PixelsOf(path);
        int side = (int)Math.Sqrt(pixels.Length);
        var (low, high) = CutsOf(recipe);
        return Picture.Png(pixels, side, side, low, high);
    }
}
