using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Catalogues;

namespace RadioDiffusion.ModelCore.Evaluation.Comparison;

/// <summary>What is measured of one image that was scaled to [0, 1].</summary>
/// <param name="Mean">Of its pixels.</param>
/// <param name="Deviation">Standard deviation of its pixels.</param>
/// <param name="Flux">What source finding says.</param>
/// <param name="PeakFlux">Before scaling, Jy/beam; NaN in a set without.</param>
/// <param name="ScaledFlux">The peak flux as the model is conditioned on it (Box-Cox, standardised); NaN in a set without.</param>
/// <param name="Class">From 0; -1 in a set without.</param>
public readonly record struct ImageMeasurement(double Mean, double Deviation, FluxMeasurement Flux, double PeakFlux, double ScaledFlux, int Class);

/// <summary>Measurements of the images of a set or of a part of it, with how many of each image's pixels lie in each of 256 equal bins of [0, 1].</summary>
public sealed class ImageMeasurements
{
    /// <summary>Bins of the pixels, as in the published code.</summary>
    public const int PixelBins = 256;

    internal const string FileName = "measurements.safetensors";
    private static readonly string[] _numbers = ["mean", "standard_deviation", "model_flux", "positive_residual", "peak_flux", "scaled_flux"];
    private static readonly string[] _counts = ["problem", "a50", "islands", "gaussians", "rejected", "has_converged", "class"];

    private readonly float[] _pixelCounts;

    /// <param name="images">In the order of the set.</param>
    /// <param name="pixelCounts">(images, <see cref="PixelBins"/>).</param>
    public ImageMeasurements(IReadOnlyList<ImageMeasurement> images, float[] pixelCounts)
    {
        if (pixelCounts.Length != images.Count * PixelBins)
            throw new ArgumentException($"{images.Count} images should have {images.Count * PixelBins} counts of pixels, but have {pixelCounts.Length}.", nameof(pixelCounts));
        Images = images;
        _pixelCounts = pixelCounts;
    }

    public IReadOnlyList<ImageMeasurement> Images { get; }

    /// <summary>How many pixels of an image lie in each bin.</summary>
    public ReadOnlySpan<float> PixelCounts(int image) => _pixelCounts.AsSpan(image * PixelBins, PixelBins);

    /// <summary>Parts of a set, one after the other.</summary>
    public static ImageMeasurements Concat(IReadOnlyList<ImageMeasurements> parts) =>
        new([.. parts.SelectMany(part => part.Images)], [.. parts.SelectMany(part => part._pixelCounts)]);

    /// <summary>Writes them into a folder, for <see cref="Read"/>.</summary>
    public void Write(string directory)
    {
        long count = Images.Count;
        using var writer = new SafetensorsWriter(File.Create(Path.Combine(directory, FileName)),
            [.. _numbers.Select(name => (name, "F64", new[] { count })), .. _counts.Select(name => (name, "I64", new[] { count })), ("pixel_counts", "F32", [count, PixelBins])]);
        foreach (string name in _numbers)
            writer.Write<double>(Images.Select(image => NumberOf(image, name)).ToArray());
        foreach (string name in _counts)
            writer.Write<long>(Images.Select(image => CountOf(image, name)).ToArray());
        writer.Write<float>(_pixelCounts);
        writer.Complete();
    }

    /// <exception cref="RadioDiffusionException">The file is cut off or not of this kind.</exception>
    public static ImageMeasurements Read(string directory)
    {
        using var file = SafetensorsFile.Open(Path.Combine(directory, FileName));
        var numbers = _numbers.ToDictionary(name => name, name => file.Values<double>(name).ToArray());
        var counts = _counts.ToDictionary(name => name, name => file.Values<long>(name).ToArray());
        var images = new ImageMeasurement[numbers["mean"].Length];
        for (int i = 0; i < images.Length; i++)
        {
            var flux = new FluxMeasurement((FluxProblem)counts["problem"][i], numbers["model_flux"][i], (int)counts["a50"][i], numbers["positive_residual"][i],
                (int)counts["islands"][i], (int)counts["gaussians"][i], (int)counts["rejected"][i], counts["has_converged"][i] != 0);
            images[i] = new ImageMeasurement(numbers["mean"][i], numbers["standard_deviation"][i], flux, numbers["peak_flux"][i], numbers["scaled_flux"][i], (int)counts["class"][i]);
        }
        return new ImageMeasurements(images, file.Values<float>("pixel_counts").ToArray());
    }

    /// <summary>Writes one row an image, without the counts of pixels; the name says the format (.parquet, .csv, .fits).</summary>
    public void WriteTable(string path)
    {
        ColumnValues[] columns =
        [
            .. _numbers.Select(name => new NumberValues(new CatalogueColumn(name, ColumnType.Double) { Description = Descriptions[name] }, [.. Images.Select(image => NumberOf(image, name))])),
            .. _counts.Select(name => new IntegerValues(new CatalogueColumn(name, ColumnType.Integer) { Description = Descriptions[name] }, [.. Images.Select(image => CountOf(image, name))])),
        ];
        using var writer = CatalogueWriter.Create(path, [.. columns.Select(column => column.Column)]);
        writer.Write(new CatalogueBatch(0, columns));
        writer.Complete();
    }

    private static Dictionary<string, string> Descriptions { get; } = new()
    {
        ["mean"] = "Mean of the pixels scaled to 0 to 1",
        ["standard_deviation"] = "Standard deviation of the pixels scaled to 0 to 1",
        ["model_flux"] = "Flux of the fitted Gaussians, in peaks times beams; NaN if not measured",
        ["positive_residual"] = "Sum of what the image has above the model (Delta+), in peaks; NaN if not measured",
        ["peak_flux"] = "Peak flux before scaling, Jy/beam",
        ["scaled_flux"] = "Peak flux after the Box-Cox transform, standardised",
        ["problem"] = "Why an image has no flux: 0 none, 1 not finite, 2 blank, 3 no noise",
        ["a50"] = "Fewest pixels that hold half of the model's flux",
        ["islands"] = "Islands found",
        ["gaussians"] = "Gaussians fitted",
        ["rejected"] = "Gaussians that were not believed",
        ["has_converged"] = "1 if all fits did",
        ["class"] = "Class of the image, from 0; -1 for none",
    };

    private static double NumberOf(ImageMeasurement image, string name) => name switch
    {
        "mean" => image.Mean,
        "standard_deviation" => image.Deviation,
        "model_flux" => image.Flux.ModelFlux,
        "positive_residual" => image.Flux.PositiveResidual,
        "peak_flux" => image.PeakFlux,
        _ => image.ScaledFlux,
    };

    private static long CountOf(ImageMeasurement image, string name) => name switch
    {
        "problem" => (long)image.Flux.Problem,
        "a50" => image.Flux.A50,
        "islands" => image.Flux.Islands,
        "gaussians" => image.Flux.Gaussians,
        "rejected" => image.Flux.Rejected,
        "has_converged" => image.Flux.HasConverged ? 1 : 0,
        _ => image.Class,
    };
}
