namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>An image of the sky with the line that stands below it.</summary>
/// <param name="Pixels">(side, side), first row first.</param>
/// <param name="Label">A short text.</param>
public sealed record LabelledImage(float[] Pixels, string Label);

/// <summary>Images under a heading.</summary>
public sealed record ImageSection(string Heading, IReadOnlyList<LabelledImage> Images);

/// <summary>Equal images in rows under headings, each with a label, and a caption for all.</summary>
public static class ImageSheet
{
    private const double SmallestSide = 96, LargestSide = 160, Gap = 8, LabelHeight = 18, HeadingHeight = 26, Margin = 14, LeastWidth = 420;

    /// <param name="sections">What is shown, in order.</param>
    /// <param name="side">Side of all images in pixels.</param>
    /// <param name="columns">Images in a row.</param>
    /// <param name="caption">Below all.</param>
    public static Drawing Draw(IReadOnlyList<ImageSection> sections, int side, int columns, string caption)
    {
        columns = Math.Max(1, Math.Min(columns, sections.Max(section => section.Images.Count)));
        double shown = SideOf(side), cell = shown + Gap, row = shown + LabelHeight;
        double width = Math.Max(LeastWidth, columns * cell - Gap + 2 * Margin), captionWidth = width - 2 * Margin;
        double height = sections.Sum(section => (section.Heading.Length > 0 ? HeadingHeight : 0) + (section.Images.Count + columns - 1) / columns * row);
        var drawing = new Drawing(width, Margin + height + Margin + Drawing.ParagraphHeight(caption, captionWidth) + Margin / 2);
        double y = Margin;
        foreach (var section in sections)
        {
            if (section.Heading.Length > 0)
            {
                drawing.Text(Margin, y + 14, section.Heading, 12);
                y += HeadingHeight;
            }
            for (int i = 0; i < section.Images.Count; i++)
            {
                double x = Margin + i % columns * cell, top = y + i / columns * row;
                drawing.Image(x, top, shown, section.Images[i].Pixels, side);
                drawing.Text(x + shown / 2, top + shown + 12, section.Images[i].Label, 9, TextAnchor.Middle, Drawing.Soft);
            }
            y += (section.Images.Count + columns - 1) / columns * row;
        }
        drawing.Paragraph(Margin, y + Margin, captionWidth, caption);
        return drawing;
    }

    /// <summary>A whole multiple of the pixels where they are few, so that all of them are equally large.</summary>
    private static double SideOf(int side) => side <= SmallestSide ? Math.Ceiling(SmallestSide * 0.75 / side) * side : Math.Min(side, LargestSide);
}
