namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>What an image would be without sources: a level and the noise about it.</summary>
/// <param name="ClippedMean">Of the whole image.</param>
/// <param name="ClippedRms">Of the whole image.</param>
/// <param name="Box">Side and step of the boxes, in pixels.</param>
/// <param name="RmsMap">(width, height), columns one after another; null if the noise is <paramref name="ClippedRms"/> everywhere.</param>
/// <param name="MeanMap">(width, height); null if the level is <paramref name="ClippedMean"/> everywhere.</param>
internal sealed record Background(double ClippedMean, double ClippedRms, (int Side, int Step) Box, float[]? RmsMap, float[]? MeanMap)
{
    /// <summary>Pixels so many times the rms high belong to sources that decide on the boxes.</summary>
    private const double BrightThreshold = 10;

    private const int SmallestBox = 15;

    /// <summary>The share of a box that must not be blank.</summary>
    private const double FewestPixels = 0.25;

    public double RmsAt(int pixel) => RmsMap is null ? ClippedRms : RmsMap[pixel];

    public double MeanAt(int pixel) => MeanMap is null ? ClippedMean : MeanMap[pixel];

    /// <param name="image">(width, height), columns one after another; pixels that are not finite do not count.</param>
    /// <exception cref="UnphysicalNoiseException">The pixels are all equal, or there is no finite one.</exception>
    public static Background Of(float[] image, int width, int height, SourceFinderOptions options, CancellationToken cancellationToken = default)
    {
        double beamArea = options.Beam.Area;
        float[] finite = [.. image.Where(float.IsFinite)];
        if (finite.Length == 0)
            throw new UnphysicalNoiseException($"An image of {width} x {height} pixels should have finite ones to find sources in, but has none.");
        var clipped = ClippedNoise.Of(finite, beamArea);
        if (!(clipped.Rms >= 1e-18))
            throw new UnphysicalNoiseException($"The noise of an image should be more than 0 to find sources above it, but the clipped rms is {clipped.Rms}: most of its pixels are equal. Generated and scaled images need a little noise added before (the paper's programme adds 1 % of the peak).");
        if (options.RmsBox is { } wanted && wanted.Side > Math.Min(width, height))
            throw new RadioDiffusionException($"The boxes that noise is measured in should fit into the image of {width} x {height} pixels, but are to be {wanted.Side} pixels wide: choose smaller ones.");
        var box = options.RmsBox ?? BoxFor(image, width, height, clipped);
        int largest = options.RmsBox is null ? Math.Min(width, height) / 4 : Math.Min(width, height);
        float[]? rms = null, mean = null;
        for (var tried = box; tried.Side <= largest; tried = ((int)(1.2 * tried.Side), (int)(1.2 * tried.Side) / 3))
        {
            if (GridOf(image, width, height, tried, beamArea, cancellationToken) is not { } grid)
                break;
            (rms, mean) = (grid.Map(noise => noise.Rms), options.BackgroundMap == false ? null : grid.Map(noise => noise.Mean));
            if (Array.TrueForAll(rms, value => value >= 0))
                break;                               // the last map is kept with its negative pixels otherwise, as the reference does
        }
        if (mean is not null && options.BackgroundMap is null && !Varies(mean, clipped.Rms, box.Side, options.Beam))
            mean = null;
        return new Background(clipped.Mean, clipped.Rms, box, rms, mean);
    }

    /// <summary>Whether a map of the level changes by more than the noise of its boxes.</summary>
    private static bool Varies(float[] map, double rms, int side, Beam beam)
    {
        double expected = rms / side * Math.Sqrt(beam.MajorFwhm * beam.MinorFwhm);
        double average = map.Average(value => (double)value), deviation = Math.Sqrt(map.Average(value => (value - average) * (value - average)));
        return deviation > 1.1 * expected;
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

    /// <summary>Level and rms in boxes; null if all of them are blank. A box of equal pixels is as good as blank.</summary>
    private static NoiseGrid? GridOf(float[] image, int width, int height, (int Side, int Step) box, double beamArea, CancellationToken cancellationToken)
    {
        var (side, step) = box;
        int columns = 1 + (width / step), rows = 1 + (height / step), margin = side / 2;
        var grid = new ClippedNoise?[columns * rows];
        void Column(int i, float[] pixels)
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
                if (count == 0 || count < FewestPixels * side * side)
                    continue;
                var noise = ClippedNoise.Of(pixels.AsSpan(0, count), beamArea);
                if (noise.Rms > 0)
                    grid[(i * rows) + j] = noise;
            }
        }

        if (columns * rows < 1000)
        {
            float[] pixels = new float[side * side];
            for (int i = 0; i < columns; i++)
                Column(i, pixels);
        }
        else
        {
            Parallel.For(0, columns, new ParallelOptions { CancellationToken = cancellationToken }, () => new float[side * side], (i, _, pixels) =>
            {
                Column(i, pixels);
                return pixels;
            }, _ => { });
        }
        return Array.TrueForAll(grid, noise => noise is null) ? null : new NoiseGrid(grid, columns, rows, step, width, height);
    }

    private static int Reflected(int index, int length)
    {
        while (index < 0 || index >= length)
            index = index < 0 ? -1 - index : (2 * length) - 1 - index;
        return index;
    }
}
