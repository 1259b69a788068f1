namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Groups of pixels that touch each other, at a corner too.</summary>
internal static class ConnectedRegions
{
    /// <summary>Numbers the groups from 1 in the order of their first pixel; 0 is outside.</summary>
    /// <param name="mask">(width, height): columns one after another.</param>
    /// <param name="labels">(width, height): written.</param>
    /// <returns>How many there are.</returns>
    public static int Label(ReadOnlySpan<bool> mask, int width, int height, Span<int> labels)
    {
        labels.Clear();
        var stack = new Stack<int>();
        int count = 0;
        for (int start = 0; start < mask.Length; start++)
        {
            if (!mask[start] || labels[start] != 0)
                continue;
            labels[start] = ++count;
            stack.Push(start);
            while (stack.TryPop(out int pixel))
            {
                int x = pixel / height, y = pixel % height;
                for (int nextX = Math.Max(x - 1, 0); nextX <= Math.Min(x + 1, width - 1); nextX++)
                {
                    for (int nextY = Math.Max(y - 1, 0); nextY <= Math.Min(y + 1, height - 1); nextY++)
                    {
                        int next = (nextX * height) + nextY;
                        if (!mask[next] || labels[next] != 0)
                            continue;
                        labels[next] = count;
                        stack.Push(next);
                    }
                }
            }
        }
        return count;
    }

    /// <summary>The smallest box around each group.</summary>
    public static PixelBox[] Boxes(ReadOnlySpan<int> labels, int count, int height)
    {
        var boxes = new PixelBox[count];
        Array.Fill(boxes, new PixelBox(int.MaxValue, 0, int.MaxValue, 0, 0));
        for (int pixel = 0; pixel < labels.Length; pixel++)
        {
            if (labels[pixel] == 0)
                continue;
            int x = pixel / height, y = pixel % height;
            ref var box = ref boxes[labels[pixel] - 1];
            box = new PixelBox(Math.Min(box.Left, x), Math.Max(box.Right, x + 1), Math.Min(box.Top, y), Math.Max(box.Bottom, y + 1), box.Count + 1);
        }
        return boxes;
    }
}

/// <summary>Columns from <paramref name="Left"/> up to <paramref name="Right"/> and rows from <paramref name="Top"/> up to <paramref name="Bottom"/>, the last ones not included.</summary>
/// <param name="Count">Pixels of the group in it.</param>
internal readonly record struct PixelBox(int Left, int Right, int Top, int Bottom, int Count)
{
    public int Width => Right - Left;

    public int Height => Bottom - Top;
}
