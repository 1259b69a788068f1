using System.Runtime.CompilerServices;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// White noise on the HEALPix pixels of a sky: independent, of unit variance. It hangs on a tree from the twelve faces down, so that a pixel of any lower order can be had at once, and is exactly the mean of
/// its descendants.
/// </summary>
/// <remarks>A Haar tree: the four children of a pixel are its value and (+-h1 +-h2 +-h3)/2, h being normal with the children's variance.</remarks>
internal sealed class WhiteNoise
{
    /// <summary>A block is 2^5 pixels wide.</summary>
    public const int BlockOrders = 5, BlockSide = 1 << BlockOrders;
    private static readonly int[] _places = PlacesInBlock();
    private readonly SkyRandom[] _random;                    // of each order's children
    private readonly double[] _deviations;                   // of each order

    /// <param name="seed">The sky's.</param>
    /// <param name="pixelOrder">The order at which the variance is 1.</param>
    public WhiteNoise(ulong seed, int pixelOrder)
    {
        var random = new SkyRandom(seed, "noise");
        _random = [.. Enumerable.Range(0, pixelOrder + 1).Select(order => random.Of(order))];
        _deviations = [.. Enumerable.Range(0, pixelOrder + 1).Select(order => Math.ScaleB(1, order - pixelOrder))];
    }

    /// <summary>The deviation at an order: half of that at the order below.</summary>
    public double DeviationOf(int order) => _deviations[order];

    /// <summary>The pixels of a block.</summary>
    /// <param name="order">Of the pixels.</param>
    /// <param name="block">Its cell, <see cref="BlockOrders"/> orders lower.</param>
    /// <param name="pixels">(side, side): y times the side plus x.</param>
    [SkipLocalsInit]
    public void Fill(int order, long block, Span<float> pixels)
    {
        int from = order - BlockOrders;
        Span<double> values = stackalloc double[BlockSide * BlockSide], normals = stackalloc double[SkyRandom.MostNormals];
        values[0] = ValueOf(from, block);
        for (int level = 0, count = 1; level < BlockOrders; level++, count *= 4)
        {
            int children = from + level + 1;
            _random[children].Normals(3 * block * count, normals[..(3 * count)]);
            double half = _deviations[children] / 2;
            for (int i = count - 1; i >= 0; i--)             // from the last, so that children overwrite no parent that is still wanted
                Split(values[i], half * normals[3 * i], half * normals[3 * i + 1], half * normals[3 * i + 2], values.Slice(4 * i, 4));
        }
        for (int i = 0; i < values.Length; i++)
            pixels[_places[i]] = (float)values[i];
    }

    private double ValueOf(int order, long pixel)
    {
        Span<double> children = stackalloc double[4];
        double value = _deviations[0] * _random[0].Normal(pixel >> (2 * order));
        for (int child = 1; child <= order; child++)
        {
            long at = pixel >> (2 * (order - child));
            double half = _deviations[child] / 2;
            long first = 3 * (at >> 2);
            Split(value, half * _random[child].Normal(first), half * _random[child].Normal(first + 1), half * _random[child].Normal(first + 2), children);
            value = children[(int)(at & 3)];
        }
        return value;
    }

    private static void Split(double value, double across, double along, double both, Span<double> children) =>
        (children[3], children[2], children[1], children[0]) = (value - across - along + both, value + across - along - both, value - across + along - both, value + across + along + both);

    private static int[] PlacesInBlock()
    {
        int[] places = new int[BlockSide * BlockSide];
        for (int i = 0; i < places.Length; i++)
        {
            int x = 0, y = 0;
            for (int bit = 0; bit < BlockOrders; bit++)
            {
                x |= ((i >> (2 * bit)) & 1) << bit;
                y |= ((i >> (2 * bit + 1)) & 1) << bit;
            }
            places[i] = y * BlockSide + x;
        }
        return places;
    }
}
