using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The cut-outs and measurements of one tile on disk: images.safetensors {images: F32 (n, size, size), Jy/beam} and the <see cref="MeasurementTable"/>.</summary>
public sealed class TileShard : IDisposable
{
    private const string ImagesFile = "images.safetensors";
    private const string Images = "images";
    private const int ImageBuffer = 1 << 20;
    private readonly SafetensorsFile _file;

    private TileShard(SafetensorsFile file, IReadOnlyList<CutoutMeasurement> measurements)
    {
        _file = file;
        Measurements = measurements;
        Size = checked((int)file.Entry(Images).Shape[1]);
    }

    /// <summary>Side of the cut-outs in pixels.</summary>
    public int Size { get; }

    public IReadOnlyList<CutoutMeasurement> Measurements { get; }

    /// <summary>Cuts and measures rows of a mosaic into both files; equal cut-outs give equal bytes.</summary>
    /// <exception cref="Fits.FitsException">The mosaic cannot be read.</exception>
    public static void Write(string directory, Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, CutoutOptions options, CancellationToken ct = default)
    {
        SafetensorsWriter? writer = null;
        CutoutMeasurement[] measurements;
        try
        {
            measurements = CutoutExtractor.Extract(mosaic, rows, options, count =>
            {
                writer = new SafetensorsWriter(File.Create(Path.Combine(directory, ImagesFile), ImageBuffer), [(Images, "F32", [count, options.StoredSize, options.StoredSize])]);
                return pixels => writer.Write(pixels);
            }, null, ct);
            writer!.Complete();
        }
        finally
        {
            writer?.Dispose();
        }
        MeasurementTable.Write(directory, measurements);
    }

    public static TileShard Open(string directory)
    {
        return new TileShard(SafetensorsFile.Open(Path.Combine(directory, ImagesFile)), MeasurementTable.Read(directory));
    }

    /// <summary>(size, size), in place.</summary>
    public ReadOnlySpan<float> Image(int imageIndex) => _file.Values<float>(Images, (long)imageIndex * Size * Size, Size * Size);

    public void Dispose() => _file.Dispose();
}
