using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The noise of a synthetic sky made of images of places without a source, observed or generated: so it has what such images have, stripes of the deconvolution among it.</summary>
/// <remarks>
/// noise(x) = sum_i w_i v_i(x) / sqrt(sum_i w_i^2) over the cells i of a HEALPix grid around x. Each cell shows one image with north up, half of them turned by 180 degrees, as seed and cell decide; v_i is the image
/// without its median, in units of its own clipped deviation, and w_i = (1 - d^2/R^2)^2 at the distance d from the cell's centre, R being nearly half of the image's width. Images that know nothing of each other
/// have the same deviation together as alone, so it is 1 everywhere, and correlations over distances much below R stay (to d^2/R^2).
/// </remarks>
public sealed class NoiseImages
{
    private const int Most = 1024;                           // 26 MB of 80 x 80 pixels; more would hardly be told apart
    private const double Edge = 4;                           // pixels at the border of an image that are not used: the spline ends there
    private readonly SplineImage[] _images;
    private readonly SkyRandom _random;
    private readonly BeamForm _pixel;
    private readonly double _middle;                         // of an image, pixels
    private readonly int _order;

    private NoiseImages(SplineImage[] images, int side, double pixelArcsec, ulong seed)
    {
        _images = images;
        _random = new SkyRandom(seed, "noise images");
        _pixel = new BeamForm(pixelArcsec, pixelArcsec, 0);
        _middle = (side - 1) / 2.0;
        Reach = (_middle - Edge) * pixelArcsec / Degrees.ArcsecPerRadian;
        while (Healpix.BoundingRadius(_order) > Reach * 0.75)    // some four images over each place, and none that no image reaches
            _order++;
    }

    /// <summary>R, radians.</summary>
    private double Reach { get; }

    /// <summary>What it keeps in memory, about.</summary>
    public long Bytes => _images.Sum(image => image.Bytes);

    /// <param name="directory">Of a data set's artifact.</param>
    /// <param name="library">Its name, for messages.</param>
    /// <param name="seed">Of the sky.</param>
    /// <exception cref="RadioDiffusionException">Images that no noise can be made of.</exception>
    public static NoiseImages Open(string directory, string library, ulong seed)
    {
        using var set = TrainingSetReader.Open(directory);
        double pixel = set.Description.PixelScaleArcsec;
        string? problem = set.Count == 0 ? "has no images"
            : pixel <= 0 ? "does not say its pixel scale (dataset import --pixel-scale)"
            : set.ImageSize < 4 * Edge ? $"has images of {set.ImageSize} pixels a side, but {4 * Edge} are needed"
            : null;
        if (problem != null)
            throw new RadioDiffusionException($"The background of a sky cannot be made of the data set '{library}': it {problem}.");
        int count = Math.Min(Most, set.Count);
        var images = Enumerable.Range(0, count).Select(i => ImageOf(set.Channel((int)((long)i * set.Count / count), 0), set.ImageSize)).OfType<SplineImage>().ToArray();
        return images.Length > 0
            ? new NoiseImages(images, set.ImageSize, pixel, seed)
            : throw new RadioDiffusionException($"The background of a sky cannot be made of the data set '{library}': all of its images are the same everywhere.");
    }

    /// <summary>The noise, of unit deviation, at the places of pixels.</summary>
    /// <param name="places">Where they are.</param>
    /// <param name="centre">Of a circle around all of them.</param>
    /// <param name="radius">Its radius, radians.</param>
    /// <param name="values">Gets it, row by row.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal void Fill(SkyPixels places, in Direction centre, double radius, Span<float> values, CancellationToken cancellationToken)
    {
        float[] squares = new float[values.Length];
        values.Clear();
        var blocks = new List<int>();
        long[] cells = [.. Healpix.CellsWithin(_order, centre, Math.Min(Math.PI, radius + Reach)).Select(cell => cell.Pixel).Order()];   // in the same order wherever the same place is in
        foreach (long cell in cells)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var middle = new HealpixCell(_order, cell).CentreDirection;
            places.BlocksWithin(middle, Reach, blocks);
            foreach (int block in blocks)
                Add(cell, middle, places, block, values, squares);
        }
        for (int i = 0; i < values.Length; i++)
            values[i] /= MathF.Sqrt(squares[i]);
    }

    private void Add(long cell, in Direction middle, SkyPixels places, int block, Span<float> values, float[] squares)
    {
        var random = _random.Of(cell);
        var image = _images[(int)(random.Uniform(0) * _images.Length)];
        double turn = random.Uniform(1) < 0.5 ? 1 : -1, reach = _middle - Edge;
        var (up, right) = _pixel.AxesAt(middle);
        var line = places.PlacesOf(block);
        var (left, bottom) = places.CornerOf(block);
        for (int i = 0; i < line.Length; i++)
        {
            var step = line[i] - middle;
            double x = -step.Dot(right), y = step.Dot(up), rest = 1 - (x * x + y * y) / (reach * reach);
            if (!(rest > 0))
                continue;
            double weight = rest * rest;
            int at = (bottom + i / SkyPixels.BlockSide) * places.Width + left + i % SkyPixels.BlockSide;
            values[at] += (float)(weight * image.At(_middle + turn * x, _middle + turn * y));
            squares[at] += (float)(weight * weight);
        }
    }

    /// <summary>Null for an image that is the same everywhere, or not a number somewhere.</summary>
    private static SplineImage? ImageOf(ReadOnlySpan<float> pixels, int side)
    {
        var clipped = ImageStatistics.SigmaClipped(pixels);
        if (!(clipped.StandardDeviation > 0) || clipped.Kept == 0)
            return null;
        double[] values = new double[pixels.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (pixels[i] - clipped.Median) / clipped.StandardDeviation;
            if (!double.IsFinite(values[i]))
                return null;
        }
        return new SplineImage(values, side, side);
    }
}
