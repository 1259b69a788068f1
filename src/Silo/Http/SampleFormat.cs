using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.Silo.Http;

/// <summary>In what a sample is sent: as it is stored, or made from that on request.</summary>
/// <param name="Name">The parameter <c>format</c>, and how file names end.</param>
/// <param name="MediaType">Of the Accept header.</param>
/// <param name="Source">The stored file that it is made from.</param>
/// <param name="Make">From that file's path to what is sent.</param>
/// <param name="MakeSource">The same of the source alone.</param>
internal sealed record SampleFormat(string Name, string MediaType, string Source, Func<string, byte[]> Make, Func<SampleSource, byte[]> MakeSource)
{
    /// <summary>The first one is sent where nothing is asked for.</summary>
    public static IReadOnlyList<SampleFormat> All { get; } =
    [
        new("fits", "application/fits", StoredSamples.Fits, File.ReadAllBytes, source => source.Fits()),
        new("png", "image/png", StoredSamples.Png, File.ReadAllBytes, source => source.Png()),
        new("jpg", "image/jpeg", StoredSamples.Png, path => Picture.Jpeg(File.ReadAllBytes(path)), source => Picture.Jpeg(source.Png())),
        new("npy", "application/x-npy", StoredSamples.Fits, Npy, source => source.Npy()),
    ];

    /// <summary>By the parameter <c>format</c>, else the one that the Accept header likes best; null if it likes none.</summary>
    /// <exception cref="UserErrorException">The parameter names none.</exception>
    public static SampleFormat? Of(HttpRequest request, string? format)
    {
        if (format != null)
        {
            return All.FirstOrDefault(one => one.Name == format)
                ?? throw new UserErrorException(ErrorKind.Invalid, format, $"The parameter format should be {string.Join(", ", All.Select(one => one.Name))}, but it is '{format}'.");
        }
        var accepted = request.GetTypedHeaders().Accept;
        if (accepted.Count == 0)
            return All[0];
        return All.Select((one, i) => (Format: one, Quality: QualityOf(one, accepted), Place: i)).Where(one => one.Quality > 0)
            .OrderByDescending(one => one.Quality).ThenBy(one => one.Place).Select(one => one.Format).FirstOrDefault();
    }

    /// <summary>Of the most specific range that the format is in (RFC 9110, 12.5.1).</summary>
    private static double QualityOf(SampleFormat format, IList<MediaTypeHeaderValue> accepted)
    {
        var type = new MediaTypeHeaderValue(format.MediaType);
        return accepted.Where(type.IsSubsetOf).OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0).Select(range => range.Quality ?? 1).FirstOrDefault();
    }

    private static byte[] Npy(string path)
    {
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        int length = image.Width * image.Height, planes = (int)image.PlaneCount;
        float[] pixels = new float[length * planes];
        for (int plane = 0; plane < planes; plane++)
            image.ReadPixels(plane, 0, 0, image.Width, image.Height, pixels.AsSpan(plane * length, length));
        return planes == 1 ? NpyFile.Write(pixels, image.Height, image.Width) : NpyFile.Write(pixels, planes, image.Height, image.Width);
    }
}
