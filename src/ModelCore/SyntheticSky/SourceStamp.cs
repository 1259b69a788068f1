using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The source of a generated image without its background, to be added to a map: 0 where there is no source, fading over two pixels around it.</summary>
/// <remarks>
/// The source is made of islands of at least 8 pixels above 3 sigma of the background that have a pixel above tau sigma, where tau falls from 5 in steps of 0.5 until there is one (the paper's threshold, Sect. 2.1,
/// with islands that reach down to the noise), and at least a hundredth of the flux. Images are made around a source: where an island covers the middle, others belong to it only if no more than 8 pixels, two
/// beams of the paper's images, are between it and them; where none does, all of them are the source. Holes are filled and gaps of a pixel closed.
/// <para>Negative pixels of training images were set to 0, and generated ones are like them. So the background is the median, which that leaves where it was, and sigma is what the normal distribution has
/// above its median: from there to the rank of 84.13 per cent. The deviation of all pixels would be little more than half as large, and the noise's peaks would pass for islands.</para>
/// </remarks>
/// <param name="Pixels">(side, side), first row first: (image - background) times weight, in the image's unit.</param>
/// <param name="Weights">(side, side): 1 on the source, 0 from three pixels off it.</param>
/// <param name="Side">Pixels a side.</param>
/// <param name="Background">Median of the pixels without sources, in the image's unit.</param>
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
    private const double LeastShare = 0.01;                  // of the flux
    private const double LargestGap = 8;                     // pixels from one island to the next
    private const double Middle = 2;                         // pixels around the middle of the image
    private const int Feather = 2;

    /// <returns>Null if nothing is above 3 sigma that is large enough.</returns>
    /// <param name="image">(side, side), first row first, finite.</param>
    /// <param name="side">Pixels a side.</param>
    public static SourceStamp? Of(ReadOnlySpan<float> image, int side)
    {
        if (image.Length != side * side)
            throw new ArgumentException($"An image should have {side} x {side} pixels, but has {image.Length}.", nameof(image));
        var background = BackgroundOf(image);
        for (double threshold = PixelStatistics.FirstThreshold; threshold >= IslandThreshold; threshold -= ThresholdStep)
        {
            bool[] mask = Above(image, background.Level + IslandThreshold * background.Noise);
            Close(mask, side);
            FillHoles(mask, side);
            if (KeepIslands(mask, image, side, background, threshold))
                return Cut(image, side, mask, background, threshold);
        }
        return null;
    }

    /// <summary>The median, and the deviation upwards, of what is below 3 of those deviations; the rest is sources.</summary>
    private static (double Level, double Noise) BackgroundOf(ReadOnlySpan<float> image)
    {
        const double OneSigma = 0.8413447460685429;          // of a normal distribution is below its mean plus one deviation
        const double Below3Sigma = 0.9986501019683699;
        const int Rounds = 10;
        float[] sorted = image.ToArray();
        Array.Sort(sorted);
        double level = 0, noise = 0;
        for (int round = 0, count = sorted.Length, before = 0; round < Rounds && count != before; round++)
        {
            before = count;
            double all = Math.Min(count / Below3Sigma, sorted.Length);
            level = sorted[(int)(0.5 * (all - 1))];
            double squares = 0;                              // a network may leave nothing but zeros up to the rank
            for (int i = 0; i < count; i++)
                squares += Squared(sorted[i] - level);
            noise = Math.Max(sorted[(int)(OneSigma * (all - 1))] - level, Math.Sqrt(squares / count));
            int upTo = Array.BinarySearch(sorted, (float)(level + 3 * noise));
            count = Math.Max(upTo < 0 ? ~upTo : upTo + 1, sorted.Length / 2);
        }
        return (level, noise);
    }

    private static SourceStamp Cut(ReadOnlySpan<float> image, int side, bool[] mask, (double Level, double Noise) background, double threshold)
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
            pixels[at] = (float)((image[at] - background.Level) * weights[at]);
            sum += pixels[at];
            sumX += pixels[at] * (double)x;
            sumY += pixels[at] * (double)y;
        }
        return new SourceStamp(pixels, weights, side, background.Level, background.Noise, threshold, new Footprint(left, bottom, right - left + 1, top - bottom + 1), touches, sum, sumX / sum, sumY / sum);
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

    /// <summary>Leaves the islands that are the source. Whether there is one.</summary>
    private static bool KeepIslands(bool[] mask, ReadOnlySpan<float> image, int side, (double Level, double Noise) background, double threshold)
    {
        int[] labels = new int[mask.Length];
        var islands = new List<int>[ConnectedRegions.Label(mask, side, side, labels)];
        for (int i = 0; i < islands.Length; i++)
            islands[i] = [];
        for (int at = 0; at < labels.Length; at++)
        {
            if (labels[at] > 0)
                islands[labels[at] - 1].Add(at);
        }
        Array.Clear(mask);
        List<(List<int> Pixels, double Flux)> bright = [];
        foreach (var island in islands)
        {
            var (peak, flux) = (float.NegativeInfinity, 0.0);
            foreach (int at in island)
                (peak, flux) = (Math.Max(peak, image[at]), flux + image[at] - background.Level);
            if (island.Count >= SmallestIsland && peak > background.Level + threshold * background.Noise)
                bright.Add((island, flux));
        }
        foreach (var island in SourceOf([.. bright.Where(island => island.Flux >= LeastShare * bright.Sum(each => each.Flux)).Select(island => island.Pixels)], side))
        {
            foreach (int at in island)
                mask[at] = true;
        }
        return bright.Count > 0;
    }

    /// <summary>What covers the middle with what is near it; all where nothing does.</summary>
    private static List<List<int>> SourceOf(List<List<int>> islands, int side)
    {
        var source = islands.Where(island => island.Exists(at => Squared(2 * (at % side) + 1 - side) + Squared(2 * (at / side) + 1 - side) <= 4 * Middle * Middle)).ToList();
        if (source.Count == 0)
            return islands;
        for (int i = 0; i < source.Count; i++)
            source.AddRange(islands.Where(island => !source.Contains(island) && IsNear(island, source[i], side)).ToArray());
        return source;
    }

    private static bool IsNear(List<int> island, List<int> other, int side) =>
        island.Exists(a => other.Exists(b => Squared(a % side - b % side) + Squared(a / side - b / side) <= LargestGap * LargestGap));

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

    private static double Squared(double value) => value * value;

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
