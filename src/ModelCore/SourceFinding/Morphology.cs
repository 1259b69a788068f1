namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Sets of pixels made smaller and larger.</summary>
internal static class Morphology
{
    /// <summary>Without the pixels that have one outside above, below or beside them; what lies off the box does not count.</summary>
    public static bool[] Shrink(bool[] mask, int width, int height) => Each(mask, width, height, (here, others) => here && others.All(other => other != false));

    /// <summary>With the pixels that have one inside above, below or beside them; what lies off the box counts as inside, a peculiarity of the reference.</summary>
    public static bool[] Grow(bool[] mask, int width, int height) => Each(mask, width, height, (here, others) => here || others.Any(other => other != false));

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

    /// <summary>Each pixel from itself and its four neighbours, null for one off the box.</summary>
    private static bool[] Each(bool[] mask, int width, int height, Func<bool, bool?[], bool> rule)
    {
        bool[] result = new bool[mask.Length];
        bool?[] others = new bool?[4];
        for (int x = 0; x < width; x++)
        {
            for (int y = 0; y < height; y++)
            {
                int at = (x * height) + y;
                others[0] = x > 0 ? mask[at - height] : null;
                others[1] = x < width - 1 ? mask[at + height] : null;
                others[2] = y > 0 ? mask[at - 1] : null;
                others[3] = y < height - 1 ? mask[at + 1] : null;
                result[at] = rule(mask[at], others);
            }
        }
        return result;
    }
}
