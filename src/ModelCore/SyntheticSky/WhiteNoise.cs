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
    public void Fill(int order, long block, Span<float> pixels)
    {
        int from = order - BlockOrders;
        Span<double> values = stackalloc double[BlockSide * BlockSide];
        values[0] = ValueOf(from, block);
        for (int level = 0, count = 1; level < BlockOrders; level++, count *= 4)
        {
            for (int i = count - 1; i >= 0; i--)             // from the last, so that children overwrite no parent that is still wanted
                Split(from + level + 1, block * count + i, values[i], values.Slice(4 * i, 4));
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
            Split(child, at >> 2, value, children);
            value = children[(int)(at & 3)];
        }
        return value;
    }

    /// <param name="order">Of the children.</param>
    /// <param name="parent">Its pixel.</param>
    /// <param name="value">The parent's.</param>
    /// <param name="children">(4).</param>
    private void Split(int order, long parent, double value, Span<double> children)
    {
        double half = _deviations[order] / 2;
        double across = half * _random[order].Normal(3 * parent), along = half * _random[order].Normal(3 * parent + 1), both = half * _random[order].Normal(3 * parent + 2);
        (children[3], children[2], children[1], children[0]) = (value - across - along + both, value + across - along - both, value - across + along - both, value + across + along + both);
    }

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
