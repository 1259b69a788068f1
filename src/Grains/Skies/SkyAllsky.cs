using System.Text;
using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Grains.Skies;

/// <summary>The file Allsky of the HiPS of a sky, as an artifact <c>allsky-DIGEST-AREA</c> with Allsky.fits and Allsky.png: joined once its tiles of order 0 are stored.</summary>
public sealed class SkyAllsky(IArtifactStore store, IDeviceSlots devices, KnownSkies skies)
{
    public const string Fits = "Allsky.fits", Png = "Allsky.png";

    /// <summary>Counted up when equal tiles give other bytes than before.</summary>
    private const int AlgorithmVersion = 1;

    private const int DigestLength = 8;

    /// <summary>The artifact, whether it is there or not.</summary>
    /// <param name="digest">Of the sky.</param>
    /// <param name="area">What is shown of it.</param>
    public static string ArtifactOf(string digest, Moc area) => $"allsky-{digest}-{Digests.Hex(Encoding.UTF8.GetBytes(area.InCellsOf(SkyAllskyImage.Order).ToString()))[..DigestLength]}";

    /// <summary>Stores it unless it is there.</summary>
    public async Task<string> PutAsync(string digest, Moc area, CancellationToken cancellationToken)
    {
        string id = ArtifactOf(digest, area);
        if (await store.FindAsync(id, cancellationToken) != null)
            return id;
        var sky = await skies.GetAsync(digest, cancellationToken);
        var files = new Dictionary<int, string>();
        foreach (var cell in area.CellsOverlapping(0))
            files[(int)cell.Pixel] = Path.Combine(await store.GetDirectoryAsync(SkyTiles.ArtifactOf(digest, 0, cell.Pixel), cancellationToken), SkyTiles.File);
        using var scratch = store.CreateScratchDirectory();
        await devices.Cpu.RunInBulkAsync(() => Write(scratch.Path, sky.Recipe, digest, area, files), cancellationToken);
        await store.PutAsync(id, RecipeOf(digest, area), scratch.Path, cancellationToken);
        return id;
    }

    private static bool Write(string directory, SkyRecipe recipe, string digest, Moc area, Dictionary<int, string> files)
    {
        float[] image = SkyAllskyImage.Join(face => files.TryGetValue(face, out string? file) ? SkyFiles.PixelsOf(file) : null, area.Overlaps);
        using (var stream = File.Create(Path.Combine(directory, Fits)))
        using (var writer = FitsFileWriter.To(stream))
        {
            var header = new FitsHeader();
            header.Set("OBJECT", "SIMULATED", "synthetic sky");
            header.Set("BUNIT", "JY/BEAM", "unit of the pixels");
            header.Set("SKYDIGST", digest, "digest of the sky's recipe");
            header.AddComment("HiPS Allsky: tiles of order 3, 27 in a row, the first at the top left.");
            writer.AddImage(image, FitsPixelFormat.Float32, [SkyAllskyImage.Width, SkyAllskyImage.Height], header);
            writer.Complete();
        }
        var (low, high) = SkyFiles.CutsOf(recipe);
        File.WriteAllBytes(Path.Combine(directory, Png), Picture.PngOverNothing(image, SkyAllskyImage.Width, SkyAllskyImage.Height, low, high));
        return true;
    }

    private static Recipe RecipeOf(string digest, Moc area) => new()
    {
        Kind = "sky-allsky",
        AlgorithmVersion = AlgorithmVersion,
        Inputs = new() { ["sky"] = digest },
        Parameters = new JsonObject { ["area"] = area.InCellsOf(SkyAllskyImage.Order).ToString() },
    };
}
