using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>Samples that are in the store: what is there needs no grain.</summary>
public static class StoredSamples
{
    public const string Fits = "image.fits";
    public const string Png = "image.png";

    /// <summary>A file of a sample; null if the sample is not stored.</summary>
    /// <exception cref="ModelCore.RadioDiffusionException">It is damaged.</exception>
    public static async Task<byte[]?> FindFileAsync(this IArtifactStore store, string id, string file, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) == null ? null : await store.ReadFileAsync(id, file, cancellationToken);

    /// <summary>(side, side): the first channel of a sample's FITS file, in the unit of its pixels.</summary>
    public static float[] Pixels(byte[] fits, int side) => Read(fits, path =>
    {
        using var file = FitsFile.Open(path);
        float[] pixels = new float[side * side];
        file.FirstImage().ReadPixels(0, 0, side, side, pixels);
        return pixels;
    });

    internal static T Read<T>(byte[] fits, Func<string, T> read)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, fits);
            return read(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    internal static async Task<byte[]> ReadFileAsync(this IArtifactStore store, string id, string file, CancellationToken cancellationToken)
    {
        await using var stream = await store.OpenReadAsync(id, file, cancellationToken);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}
