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

    /// <summary>Writes both files; equal cut-outs give equal bytes.</summary>
    public static void Write(string directory, TileCutouts tile)
    {
        long count = tile.Pixels.Length / (tile.Size * tile.Size);
        using (var writer = new SafetensorsWriter(File.Create(Path.Combine(directory, ImagesFile)), [(Images, "F32", [count, tile.Size, tile.Size])]))
            writer.Write<float>(tile.Pixels);
        using var stream = File.Create(Path.Combine(directory, MeasurementsFile));
        JsonSerializer.Serialize(stream, tile.Measurements, _json);
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
