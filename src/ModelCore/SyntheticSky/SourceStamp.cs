using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The source of a generated image without its background, to be added to a map: 0 where there is no source, fading over two pixels around it.</summary>
/// <remarks>
/// The source is made of the islands of at least 8 pixels above 3 sigma of the sigma-clipped background that have a pixel above tau sigma, where tau falls from 5 in steps of 0.5 until there is one
/// (the paper's threshold, Sect. 2.1, with islands that reach down to the noise). An island that the border cuts off and that has less than a tenth of the flux is a neighbour, and left out. Holes are filled and gaps of a pixel closed. The background's mean is taken off the source too, since the negative pixels of
/// training images were set to 0.
/// </remarks>
/// <param name="Pixels">(side, side), first row first: (image - background) times weight, in the image's unit.</param>
/// <param name="Weights">(side, side): 1 on the source, 0 from three pixels off it.</param>
/// <param name="Side">Pixels a side.</param>
/// <param name="Background">Mean of the clipped pixels, in the image's unit.</param>
/// <param name="Noise">Their standard deviation.</param>
/// <param name="Threshold">tau.</param>
/// <param name="Footprint">The smallest box around all pixels with a weight.</param>
/// <param name="TouchesBorder">Whether the source reaches the image's outermost pixels: part of it is missing then.</param>
/// <param name="Sum">Of the pixels; over the beam's area in pixels it is the flux.</param>
/// <param name="X">Column of the centre of flux, the middle of the first pixel being 0.</param>
/// <param name="Y">Its row.</param>
public sealed record SourceStamp(float[] Pixels, float[] Weights, int Side, double Background, double Noise, double Threshold, Footprint Footprint, bool TouchesBorder, double Sum, double X, double Y)
{
    private const double IslandThreshold = 3;
    private const double ThresholdStep = 0.5;
    private const int SmallestIsland = 8;
    private const double LargestNeighbour = 0.1;             // of the flux
    private const int Feather = 2;

    /// <returns>Null if nothing is above 3 sigma that is large enough.</returns>
    /// <param name="image">(side, side), first row first, finite.</param>
    /// <param name="side">Pixels a side.</param>
    public static SourceStamp? Of(ReadOnlySpan<float> image, int side)
    {
        if (image.Length != side * side)
            throw new ArgumentException($"An image should have {side} x {side} pixels, but has {image.Length}.", nameof(image));
        var clipped = new PixelStatistics(image.Length).Clip(image);
        for (double threshold = PixelStatistics.FirstThreshold; threshold >= IslandThreshold; threshold -= ThresholdStep)
        {
            bool[] mask = Above(image, clipped.Median + IslandThreshold * clipped.StandardDeviation);
            Close(mask, side);
            FillHoles(mask, side);
            if (!KeepIslands(mask, image, side, clipped, threshold))
                continue;
            return Cut(image, side, mask, clipped, threshold);
        }
        return null;
    }

    private static SourceStamp Cut(ReadOnlySpan<float> image, int side, bool[] mask, ClippedStatistics clipped, double threshold)
    {
        float[] weights = WeightsOf(mask, side);
        float[] pixels = new float[image.Length];
        var (left, right, bottom, top) = (side, -1, side, -1);
        double sum = 0, sumX = 0, sumY = 0;
        bool touches = false;
        for (int at = 0; at < pixels.Length; at++)
        {
            if (weights[at] == 0)
                continue;
            var (x, y) = (at % side, at / side);
            (left, right, bottom, top) = (Math.Min(left, x), Math.Max(right, x), Math.Min(bottom, y), Math.Max(top, y));
            touches |= mask[at] && IsAtBorder(at, side);
            pixels[at] = (float)((image[at] - clipped.Mean) * weights[at]);
            sum += pixels[at];
            sumX += pixels[at] * (double)x;
            sumY += pixels[at] * (double)y;
        }
        return new SourceStamp(pixels, weights, side, clipped.Mean, clipped.StandardDeviation, threshold, new Footprint(left, bottom, right - left + 1, top - bottom + 1), touches, sum, sumX / sum, sumY / sum);
    }

    private static bool[] Above(ReadOnlySpan<float> image, double bound)
    {
        bool[] mask = new bool[image.Length];
        for (int at = 0; at < mask.Length; at++)
            mask[at] = image[at] > bound;
        return mask;
    }

    /// <summary>Grows by the eight neighbours and shrinks again; beyond the border is neither source nor gap.</summary>
    private static void Close(bool[] mask, int side)
    {
        bool[] grown = [.. mask.Select((_, at) => Around(at, side, 1).Any(next => mask[next]))];
        for (int at = 0; at < mask.Length; at++)
            mask[at] = Around(at, side, 1).All(next => grown[next]);
    }

    /// <summary>What the border cannot be reached from without crossing the mask, over sides of pixels, belongs to it.</summary>
    private static void FillHoles(bool[] mask, int side)
    {
        bool[] outside = new bool[mask.Length];
        var open = new Stack<int>();
        for (int i = 0; i < side; i++)
        {
            foreach (int at in (int[])[i, (side - 1) * side + i, i * side, i * side + side - 1])
                Reach(at);
        }
        while (open.TryPop(out int at))
        {
            var (x, y) = (at % side, at / side);
            if (x > 0)
                Reach(at - 1);
            if (x < side - 1)
                Reach(at + 1);
            if (y > 0)
                Reach(at - side);
            if (y < side - 1)
                Reach(at + side);
        }
        for (int at = 0; at < mask.Length; at++)
            mask[at] = !outside[at];

        void Reach(int at)
        {
            if (mask[at] || outside[at])
                return;
            outside[at] = true;
            open.Push(at);
        }
    }

    /// <summary>Leaves out islands that are small, that have no pixel above the threshold, or that are neighbours at the border. Whether one is left.</summary>
    private static bool KeepIslands(bool[] mask, ReadOnlySpan<float> image, int side, ClippedStatistics clipped, double threshold)
    {
        double bound = clipped.Median + threshold * clipped.StandardDeviation;
        int[] labels = new int[mask.Length];
        int count = ConnectedRegions.Label(mask, side, side, labels);
        var sizes = new int[count + 1];
        var peaks = new float[count + 1];
        var fluxes = new double[count + 1];
        var areCut = new bool[count + 1];
        Array.Fill(peaks, float.NegativeInfinity);
        for (int at = 0; at < labels.Length; at++)
        {
            int label = labels[at];
            sizes[label]++;
            peaks[label] = Math.Max(peaks[label], image[at]);
            fluxes[label] += image[at] - clipped.Mean;
            areCut[label] |= IsAtBorder(at, side);
        }
        bool[] isKept = [.. sizes.Select((size, label) => label > 0 && size >= SmallestIsland && peaks[label] > bound)];
        double flux = fluxes.Where((_, label) => isKept[label]).Sum();
        for (int at = 0; at < mask.Length; at++)
        {
            int label = labels[at];
            mask[at] = isKept[label] && !(areCut[label] && fluxes[label] < LargestNeighbour * flux);
        }
        return Array.IndexOf(mask, true) >= 0;
    }

    /// <summary>From 1 on the mask to 0 three pixels off, as 3 t² - 2 t³ of the share t of that way.</summary>
    private static float[] WeightsOf(bool[] mask, int side)
    {
        float[] weights = new float[mask.Length];
        for (int at = 0; at < mask.Length; at++)
        {
            double nearest = double.PositiveInfinity;
            foreach (int other in Around(at, side, Feather))
            {
                if (mask[other])
                    nearest = Math.Min(nearest, Squared(at % side - other % side) + Squared(at / side - other / side));
            }
            double t = Math.Max(0, 1 - Math.Sqrt(nearest) / (Feather + 1));
            weights[at] = (float)(t * t * (3 - 2 * t));
        }
        return weights;
    }

    private static bool IsAtBorder(int at, int side) => at < side || at >= (side - 1) * side || at % side == 0 || at % side == side - 1;

    private static double Squared(int value) => (double)value * value;

    private static IEnumerable<int> Around(int at, int side, int radius)
    {
        var (x, y) = (at % side, at / side);
        for (int row = Math.Max(0, y - radius); row <= Math.Min(side - 1, y + radius); row++)
        {
            for (int column = Math.Max(0, x - radius); column <= Math.Min(side - 1, x + radius); column++)
                yield return row * side + column;
        }
    }
}

/// <summary>A box of pixels.</summary>
/// <param name="Left">First column, from 0.</param>
/// <param name="Bottom">First row, from 0.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
public readonly record struct Footprint(int Left, int Bottom, int Width, int Height);
