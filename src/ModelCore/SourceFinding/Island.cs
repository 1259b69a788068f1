namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Pixels that touch and stand above the threshold, in a box with one pixel around them where the image has it.</summary>
/// <param name="Box">Where in the image.</param>
/// <param name="Image">(box width, box height): columns one after another; pixels that are not finite are the background's level.</param>
/// <param name="Mask">(box width, box height): which ones belong to it.</param>
/// <param name="Rms">The noise, averaged over the box.</param>
/// <param name="Mean">The background's level, averaged over the box.</param>
internal sealed record Island(PixelBox Box, float[] Image, bool[] Mask, double Rms, double Mean)
{
    public int Width => Box.Width;

    public int Height => Box.Height;

    /// <summary>Its pixels, also those of the whole island where this is a part of it.</summary>
    public int PixelCount => Box.Count;

    /// <summary>The islands of an image in the order of their first pixels, column by column.</summary>
    public static List<Island> Of(float[] image, int width, int height, Background background, SourceFinderOptions options)
    {
        bool[] above = new bool[image.Length];
        for (int i = 0; i < image.Length; i++)
            above[i] = (image[i] - background.MeanAt(i)) / options.IslandThreshold >= background.RmsAt(i);
        int[] labels = new int[image.Length];
        int count = ConnectedRegions.Label(above, width, height, labels);
        PixelBox[] boxes = ConnectedRegions.Boxes(labels, count, height);
        bool[] hasPeak = new bool[count];
        for (int i = 0; i < image.Length; i++)
        {
            if (labels[i] > 0 && (image[i] - background.MeanAt(i)) / options.PeakThreshold > background.RmsAt(i))
                hasPeak[labels[i] - 1] = true;
        }
        var islands = new List<Island>();
        for (int label = 1; label <= count; label++)
        {
            if (boxes[label - 1].Count >= options.SmallestIsland && hasPeak[label - 1])
                islands.Add(CutOut(image, labels, label, width, height, boxes[label - 1], background));
        }
        return islands;
    }

    private static Island CutOut(float[] image, int[] labels, int label, int width, int height, PixelBox tight, Background background)
    {
        var box = tight with { Left = Math.Max(tight.Left - 1, 0), Right = Math.Min(tight.Right + 1, width), Top = Math.Max(tight.Top - 1, 0), Bottom = Math.Min(tight.Bottom + 1, height) };
        float[] pixels = new float[box.Width * box.Height];
        bool[] mask = new bool[pixels.Length];
        double rms = 0, mean = 0;
        for (int x = 0; x < box.Width; x++)
        {
            for (int y = 0; y < box.Height; y++)
            {
                int inBox = (x * box.Height) + y, inImage = ((box.Left + x) * height) + box.Top + y;
                pixels[inBox] = float.IsFinite(image[inImage]) ? image[inImage] : (float)background.MeanAt(inImage);
                mask[inBox] = labels[inImage] == label;
                rms += background.RmsAt(inImage);
                mean += background.MeanAt(inImage);
            }
        }
        return new Island(box, pixels, mask, rms / pixels.Length, background.MeanMap is null ? background.ClippedMean : mean / pixels.Length);
    }
}
