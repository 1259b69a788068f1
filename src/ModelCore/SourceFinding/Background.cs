namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>What an image would be without sources: a level and the noise about it.</summary>
/// <param name="ClippedMean">Of the whole image.</param>
/// <param name="ClippedRms">Of the whole image.</param>
/// <param name="Box">Side and step of the boxes, in pixels.</param>
/// <param name="RmsMap">(width, height), columns one after another; null if the noise is <paramref name="ClippedRms"/> everywhere.</param>
internal sealed record Background(double ClippedMean, double ClippedRms, (int Side, int Step) Box, float[]? RmsMap)
{
    /// <summary>Pixels so many times the rms high belong to sources that decide on the boxes.</summary>
    private const double BrightThreshold = 10;

    private const int SmallestBox = 15;

    public double RmsAt(int pixel) => RmsMap is null ? ClippedRms : RmsMap[pixel];

    /// <param name="image">(width, height), columns one after another; pixels that are not finite do not count.</param>
    /// <exception cref="UnphysicalNoiseException">The pixels are all equal, or there is no finite one.</exception>
    public static Background Of(float[] image, int width, int height, SourceFinderOptions options)
    {
        double beamArea = options.Beam.Area;
        float[] finite = [.. image.Where(float.IsFinite)];
        if (finite.Length == 0)
            throw new UnphysicalNoiseException($"An image of {width} x {height} pixels should have finite ones to find sources in, but has none.");
        var clipped = ClippedNoise.Of(finite, beamArea);
        if (!(clipped.Rms >= 1e-18))
            throw new UnphysicalNoiseException($"The noise of an image should be more than 0 to find sources above it, but the clipped rms is {clipped.Rms}: most of its pixels are equal. Generated and scaled images need a little noise added before (the paper's programme adds 1 % of the peak).");
        var box = options.RmsBox ?? BoxFor(image, width, height, clipped);
        int largest = Math.Min(width, height) / 4;
        float[]? map = null;
        for (var tried = box; map is null || map.Any(rms => rms < 0); tried = ((int)(1.2 * tried.Side), (int)(1.2 * tried.Side) / 3))
        {
            if (tried.Side > largest)
                break;                               // a map with negative pixels is kept rather than the one number that would be announced: so does the reference
            map = MapOf(image, width, height, tried, beamArea);
        }
        return new Background(clipped.Mean, clipped.Rms, box, map);
    }

    private static (int Side, int Step) BoxFor(float[] image, int width, int height, ClippedNoise clipped)
    {
        bool[] bright = [.. image.Select(pixel => (pixel - clipped.Mean) / BrightThreshold >= clipped.Rms)];
        int[] labels = new int[image.Length];
        int count = ConnectedRegions.Label(bright, width, height, labels);
        int extent = ConnectedRegions.Boxes(labels, count, height).Select(box => Math.Max(box.Width, box.Height)).DefaultIfEmpty(0).Max();
        int side = Math.Max(SmallestBox, 5 * extent);
        if (side % 10 == 0)
            side++;
        return (side, (int)Math.Round(Math.Min(side / 3.0, 8)));
    }

    /// <summary>The rms in boxes, with a spline between their centres.</summary>
    private static float[] MapOf(float[] image, int width, int height, (int Side, int Step) box, double beamArea)
    {
        var (side, step) = box;
        int columns = 1 + (width / step), rows = 1 + (height / step), margin = side / 2;
        float[] grid = new float[columns * rows];
        float[] pixels = new float[side * side];
        for (int i = 0; i < columns; i++)
        {
            for (int j = 0; j < rows; j++)
            {
                int count = 0;
                for (int x = i * step; x < Math.Min((i * step) + side, width + (2 * margin)); x++)
                {
                    int column = Reflected(x - margin, width) * height;
                    for (int y = j * step; y < Math.Min((j * step) + side, height + (2 * margin)); y++)
                    {
                        float pixel = image[column + Reflected(y - margin, height)];
                        if (float.IsFinite(pixel))
                            pixels[count++] = pixel;
                    }
                }
                grid[(i * rows) + j] = count == 0 ? 0 : (float)ClippedNoise.Of(pixels.AsSpan(0, count), beamArea).Rms;
                if (count > 0 && !(grid[(i * rows) + j] > 0))
                    throw new UnphysicalNoiseException($"The noise of an image should be more than 0 everywhere, but the pixels of the box of {side} pixels around column {i * step}, row {j * step} are equal.");
            }
        }
        var spline = new CubicSpline(grid, columns, rows);
        double[] byColumn = GridPositions(width, columns, step), byRow = GridPositions(height, rows, step);
        float[] map = new float[width * height];
        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < height; y++)
                map[(x * height) + y] = (float)spline.At(byColumn[x], byRow[y]);
        }
        return map;
    }

    /// <summary>Where each pixel lies on the grid, whose points stand half a pixel before each step and on the last pixel.</summary>
    private static double[] GridPositions(int length, int points, int step)
    {
        double[] positions = new double[length];
        double lastButOne = ((points - 2) * step) - 0.5;
        for (int i = 0; i < length; i++)
            positions[i] = i <= lastButOne ? (i + 0.5) / step : points - 2 + ((i - lastButOne) / (length - 1 - lastButOne));
        return positions;
    }

    private static int Reflected(int index, int length)
    {
        while (index < 0 || index >= length)
            index = index < 0 ? -1 - index : (2 * length) - 1 - index;
        return index;
    }
}
