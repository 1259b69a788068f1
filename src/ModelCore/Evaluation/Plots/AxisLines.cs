namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>What every plot has: pale lines at the ticks of the vertical axis, marks at those of the horizontal one, and the names of both.</summary>
internal static class AxisLines
{
    /// <param name="drawing">Where.</param>
    /// <param name="horizontal">Along the bottom.</param>
    /// <param name="vertical">Along the left.</param>
    /// <param name="wholeTicks">Whether the vertical axis counts, so that fractions mean nothing.</param>
    /// <param name="hasNumbers">Whether the horizontal axis has its numbers and name here; not where another plot stands below.</param>
    /// <param name="ticks">Of the vertical axis; null for those that are easily read.</param>
    public static void Draw(Drawing drawing, Axis horizontal, Axis vertical, bool wholeTicks = false, bool hasNumbers = true, IReadOnlyList<double>? ticks = null)
    {
        foreach (double tick in (ticks ?? vertical.Ticks()).Where(tick => !wholeTicks || tick == Math.Floor(tick)))
        {
            double y = vertical.PlaceOf(tick);
            drawing.Line([(horizontal.From, y), (horizontal.To, y)], Drawing.Pale, 0.7);
            drawing.Text(horizontal.From - 6, y + 3.5, Axis.Text(tick), 10, TextAnchor.End, Drawing.Soft);
        }
        foreach (double tick in horizontal.Ticks())
        {
            double place = horizontal.PlaceOf(tick);
            drawing.Line([(place, vertical.From), (place, vertical.From + 4)], Drawing.Ink);
            if (hasNumbers)
                drawing.Text(place, vertical.From + 16, Axis.Text(tick), 10, TextAnchor.Middle, Drawing.Soft);
        }
        if (hasNumbers)
            drawing.Text((horizontal.From + horizontal.To) / 2, vertical.From + 36, horizontal.Label, 11, TextAnchor.Middle);
        drawing.Text(horizontal.From - 46, (vertical.From + vertical.To) / 2, vertical.Label, 11, TextAnchor.Middle, upwards: true);
        drawing.Line([(horizontal.From, vertical.From), (horizontal.To, vertical.From)], Drawing.Ink);
    }
}
