namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Sets of pixels made smaller and larger.</summary>
internal static class Morphology
{
    /// <summary>Without the pixels that have one outside above, below or beside them.</summary>
    public static bool[] Shrink(bool[] mask, int width, int height) => [.. mask.Select((here, at) => here && NeighboursInside(mask, width, height, at) == 4)];

    /// <summary>With the pixels that have one inside above, below or beside them.</summary>
    public static bool[] Grow(bool[] mask, int width, int height) => [.. mask.Select((here, at) => here || NeighboursInside(mask, width, height, at) > 0)];

    /// <summary>What squares that fit in cover.</summary>
    /// <param name="side">Of the square, odd.</param>
    public static bool[] Open(bool[] mask, int width, int height, int side)
    {
        bool[] opened = new bool[mask.Length];
        for (int left = 0; left + side <= width; left++)
        {
            for (int top = 0; top + side <= height; top++)
            {
                if (Square(left, top).All(pixel => mask[pixel]))
                {
                    foreach (int pixel in Square(left, top))
                        opened[pixel] = true;
                }
            }
        }
        return opened;

        IEnumerable<int> Square(int left, int top)
        {
            for (int x = left; x < left + side; x++)
            {
                for (int y = top; y < top + side; y++)
                    yield return (x * height) + y;
            }
        }
    }

    /// <summary>How many of the four neighbours are inside; one off the box counts as that, for growing too, a peculiarity of the reference.</summary>
    private static int NeighboursInside(bool[] mask, int width, int height, int at)
    {
        int x = at / height, y = at % height;
        return (x == 0 || mask[at - height] ? 1 : 0) + (x == width - 1 || mask[at + height] ? 1 : 0) + (y == 0 || mask[at - 1] ? 1 : 0) + (y == height - 1 || mask[at + 1] ? 1 : 0);
    }
}
