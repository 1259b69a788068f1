using System.Text.Json;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The cut-outs and measurements of one tile on disk: images.safetensors {images: F32 (n, size, size), Jy/beam} and measurements.json.</summary>
public sealed class TileShard : IDisposable
{
    private const string ImagesFile = "images.safetensors";
    private const string MeasurementsFile = "measurements.json";
    private const string Images = "images";
    private const int ImageBuffer = 1 << 20;
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
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
    public static void Write(string directory, Mosaic mosaic, IReadOnlyList<CatalogueRow> rows, int size, CancellationToken ct = default)
    {
        SafetensorsWriter? writer = null;
        CutoutMeasurement[] measurements;
        try
        {
            measurements = CutoutExtractor.Extract(mosaic, rows, size, count =>
            {
                writer = new SafetensorsWriter(File.Create(Path.Combine(directory, ImagesFile), ImageBuffer), [(Images, "F32", [count, size, size])]);
                return pixels => writer.Write(pixels);
            }, null, ct);
            writer!.Complete();
        }
        finally
        {
            writer?.Dispose();
        }
        using var stream = File.Create(Path.Combine(directory, MeasurementsFile));
        JsonSerializer.Serialize(stream, measurements, _json);
    }

    public static TileShard Open(string directory)
    {
        using var stream = File.OpenRead(Path.Combine(directory, MeasurementsFile));
        var measurements = JsonSerializer.Deserialize<List<CutoutMeasurement>>(stream, _json) ?? [];
        return new TileShard(SafetensorsFile.Open(Path.Combine(directory, ImagesFile)), measurements);
    }

    /// <summary>(size, size), in place.</summary>
    public ReadOnlySpan<float> Image(int imageIndex) => _file.Values<float>(Images, (long)imageIndex * Size * Size, Size * Size);

    public void Dispose() => _file.Dispose();
}
