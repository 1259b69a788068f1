namespace RadioDiffusion.ModelCore.Surveys.Exchange;

/// <summary>What is known of an image before its pixels are read.</summary>
public sealed record SourceImage
{
    /// <summary>Name of the source or of the file; unique in a set.</summary>
    public required string Name { get; init; }

    /// <summary>Position in <see cref="IImageSource.Classes"/>; -1 without one.</summary>
    public int Label { get; init; } = -1;

    /// <summary>train, valid, test, or the name of a fold; empty without one.</summary>
    public string Split { get; init; } = "";

    /// <summary>Degrees; NaN if unknown.</summary>
    public double RightAscension { get; init; } = double.NaN;

    /// <summary>Degrees; NaN if unknown.</summary>
    public double Declination { get; init; } = double.NaN;

    /// <summary>Jy/beam, where the file says it beside the pixels; NaN: the largest pixel.</summary>
    public double PeakFlux { get; init; } = double.NaN;

    /// <summary>Why this image cannot be used, if that is known before reading it.</summary>
    public string? Problem { get; init; }
}

/// <summary>Pixels of one image, in a buffer that is used again for the next.</summary>
public sealed class PixelBuffer
{
    private const int LargestSide = 16_384;
    private float[] _values = [];

    public int Width { get; private set; }

    public int Height { get; private set; }

    /// <summary>(height, width), the first row of the file first.</summary>
    public Span<float> Pixels => _values.AsSpan(0, Width * Height);

    /// <summary>Room for an image; <paramref name="where"/> begins the message if it is too large.</summary>
    public Span<float> Resize(int width, int height, string where)
    {
        if (width is < 1 or > LargestSide || height is < 1 or > LargestSide)
            throw new RadioDiffusionException($"{where}: an image should have 1 to {LargestSide} pixels a side, but it has {width} x {height}.");
        (Width, Height) = (width, height);
        if (_values.Length < width * height)
            _values = new float[width * height];
        return Pixels;
    }
}

/// <summary>A set of images on disk that is to become a training set.</summary>
public interface IImageSource : IDisposable
{
    /// <summary>What it is, for people: "HDF5 file of the published layout".</summary>
    string Format { get; }

    /// <summary>Names of the classes in the order of the labels; none for a set without labels.</summary>
    IReadOnlyList<string> Classes { get; }

    IReadOnlyList<SourceImage> Images { get; }

    /// <summary>Whether pixels are in Jy/beam, so that a peak means a flux.</summary>
    bool IsInJanskyPerBeam { get; }

    /// <summary>0 if unknown.</summary>
    double PixelScaleArcsec { get; }

    /// <summary>Restoring beam; 0 if unknown.</summary>
    double BeamArcsec { get; }

    /// <summary>What is odd about the set as a whole (an empty class folder), with the reason.</summary>
    IReadOnlyList<string> Problems { get; }

    /// <summary>Reads one image.</summary>
    /// <exception cref="RadioDiffusionException">This image cannot be read; the others can.</exception>
    void Read(int index, PixelBuffer buffer);
}
