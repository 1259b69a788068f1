using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The cut-outs and measurements of one tile on disk: images.safetensors {images: F32 (n, size, size), or (n, channels, size, size) with several; Jy/beam} and the <see cref="MeasurementTable"/>.</summary>
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
        var shape = file.Entry(Images).Shape;
        Size = checked((int)shape[^1]);
        Channels = shape.Length == 4 ? checked((int)shape[1]) : 1;
    }

    /// <summary>Side of the cut-outs in pixels.</summary>
    public int Size { get; }

    public int Channels { get; }

    public IReadOnlyList<CutoutMeasurement> Measurements { get; }

    /// <summary>Cuts and measures rows of a mosaic into both files; equal cut-outs give equal bytes.</summary>
    /// <exception cref="Fits.FitsException">A mosaic cannot be read.</exception>
    public static void Write(string directory, Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, CutoutOptions options, CancellationToken ct = default) =>
        Write(directory, mosaic, rows, options, [], ct);

    /// <inheritdoc cref="Write(string, Mosaic, IReadOnlyList{CatalogueRow}, CutoutOptions, CancellationToken)"/>
    /// <param name="directory">Where to write.</param>
    /// <param name="mosaic">The mosaic of the first channel.</param>
    /// <param name="rows">Catalogue rows to cut.</param>
    /// <param name="options">How.</param>
    /// <param name="channels">Further channels.</param>
    /// <param name="ct">Stops it.</param>
    public static void Write(string directory, Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, CutoutOptions options, IReadOnlyList<MosaicChannel> channels, CancellationToken ct)
    {
        int further = channels.Count, size = options.StoredSize;
        SafetensorsWriter? writer = null;
        CutoutMeasurement[] measurements;
        try
        {
            measurements = CutoutExtractor.Extract(mosaic, rows, options, count =>
            {
                writer = new SafetensorsWriter(CreateImages(directory, (long)count * (1 + further) * size * size * sizeof(float)), [(Images, "F32", further == 0 ? [count, size, size] : [count, 1 + further, size, size])]);
                return pixels => writer.Write(pixels);
            }, channels, null, ct);
            writer!.Complete();
        }
        finally
        {
            writer?.Dispose();
        }
        MeasurementTable.Write(directory, measurements, further > 0);
    }

    /// <summary>With its room taken at once: the disk says so before the work if it has none, and writing is cheaper.</summary>
    private static FileStream CreateImages(string directory, long bytes) => new(Path.Combine(directory, ImagesFile),
        new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = ImageBuffer, PreallocationSize = bytes });

    public static TileShard Open(string directory)
    {
        return new TileShard(SafetensorsFile.Open(Path.Combine(directory, ImagesFile)), MeasurementTable.Read(directory));
    }

    /// <summary>(size, size) or (channels, size, size), in place.</summary>
    public ReadOnlySpan<float> Image(int imageIndex) => _file.Values<float>(Images, (long)imageIndex * Channels * Size * Size, Channels * Size * Size);

    public void Dispose() => _file.Dispose();
}
