namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>One histogram with its axes.</summary>
/// <param name="Title">Above it.</param>
/// <param name="Histogram">What it shows.</param>
/// <param name="Label">Of the horizontal axis, with the unit.</param>
public sealed record HistogramPanel(string Title, Histogram Histogram, string Label)
{
    /// <summary>Of the vertical axis.</summary>
    public string CountLabel { get; init; } = "images in a bin";

    /// <summary>Whether the horizontal axis is logarithmic.</summary>
    public bool IsLogarithmic { get; init; }

    /// <summary>Whether the counts are shown on a logarithmic scale, where they are large enough for one.</summary>
    public bool HasLogarithmicCounts { get; init; }

    /// <summary>A value to be marked (a threshold), with its name.</summary>
    public (double Value, string Name)? Mark { get; init; }

    /// <summary>A curve over the histogram: expected images in a bin at a value.</summary>
    public Func<double, double>? Curve { get; init; }
}

/// <summary>Histograms side by side with axes and a caption.</summary>
public static class HistogramPlot
{
    private const double PanelWidth = 440, PanelHeight = 300, Left = 62, Right = 18, Top = 46, Bottom = 48, Margin = 12;
    private const int CurvePoints = 200;
    private const double LeastForLogarithm = 20;
    private const double Smallest = 0.7;                     // lower end of a logarithmic count axis: one image is seen

    /// <param name="panels">From left to right.</param>
    /// <param name="caption">Below all.</param>
    public static Drawing Draw(IReadOnlyList<HistogramPanel> panels, string caption)
    {
        double width = panels.Count * PanelWidth, captionWidth = width - 2 * Margin;
        var drawing = new Drawing(width, PanelHeight + Drawing.ParagraphHeight(caption, captionWidth) + Margin);
        for (int i = 0; i < panels.Count; i++)
            Draw(drawing, panels[i], i * PanelWidth);
        drawing.Paragraph(Margin, PanelHeight + Margin, captionWidth, caption);
        return drawing;
    }

    private static void Draw(Drawing drawing, HistogramPanel panel, double x)
    {
        var (horizontal, vertical) = Axes(panel, x);
        drawing.Text(x + Left, Top - 26, panel.Title, 12);
        AxisLines.Draw(drawing, horizontal, vertical, wholeTicks: true);
        var histogram = panel.Histogram;
        for (int bin = 0; bin < histogram.Counts.Count; bin++)
        {
            if (histogram.Counts[bin] == 0)
                continue;
            double left = horizontal.PlaceOf(histogram.Edges[bin]), right = horizontal.PlaceOf(histogram.Edges[bin + 1]), top = vertical.PlaceOf(histogram.Counts[bin]);
            drawing.Rectangle(left, top, Math.Max(0.5, right - left), vertical.From - top, Drawing.Blue);
        }
        if (panel.Curve is { } curve)
            DrawCurve(drawing, curve, horizontal, vertical);
        drawing.Line([(horizontal.From, vertical.From), (horizontal.To, vertical.From)], Drawing.Ink);
        if (panel.Mark is { } mark)
            DrawMark(drawing, mark.Value, mark.Name, horizontal, vertical);
    }

    private static (Axis Horizontal, Axis Vertical) Axes(HistogramPanel panel, double x)
    {
        double low = panel.Histogram.Edges[0], high = panel.Histogram.Edges[^1];
        if (panel.Mark is { } mark && (!panel.IsLogarithmic || mark.Value > 0))
            (low, high) = WithRoomFor(mark.Value, low, high, panel.IsLogarithmic);
        double highest = panel.Histogram.Counts.Max();
        if (panel.Curve is { } curve)
            highest = Math.Max(highest, Enumerable.Range(0, CurvePoints).Max(i => curve(low + (high - low) * i / (CurvePoints - 1))));
        return (new Axis(panel.Label, low, high, x + Left, x + PanelWidth - Right, panel.IsLogarithmic),
            panel.HasLogarithmicCounts && highest >= LeastForLogarithm
                ? new Axis(panel.CountLabel, Smallest, Math.Max(highest * 1.3, 2), PanelHeight - Bottom, Top, IsLogarithmic: true)
                : new Axis(panel.CountLabel, 0, highest * 1.05, PanelHeight - Bottom, Top));
    }

    /// <summary>A mark outside the values stands a little inside the axis.</summary>
    private static (double Low, double High) WithRoomFor(double mark, double low, double high, bool logarithmic)
    {
        const double room = 0.05;
        if (logarithmic)
        {
            double factor = Math.Pow(Math.Max(high, mark) / Math.Min(low, mark), room);
            return (mark <= low ? mark / factor : low, mark >= high ? mark * factor : high);
        }
        double step = room * (Math.Max(high, mark) - Math.Min(low, mark));
        return (mark <= low ? mark - step : low, mark >= high ? mark + step : high);
    }

    private static void DrawCurve(Drawing drawing, Func<double, double> curve, Axis horizontal, Axis vertical)
    {
        var points = Enumerable.Range(0, CurvePoints).Select(i => horizontal.Low + (horizontal.High - horizontal.Low) * i / (CurvePoints - 1))
            .Select(value => (horizontal.PlaceOf(value), vertical.PlaceOf(curve(value))));
        drawing.Line([.. points], Drawing.Red, 1.3);
    }

    /// <summary>The name stands above the line, on the side that has more room.</summary>
    private static void DrawMark(Drawing drawing, double value, string name, Axis horizontal, Axis vertical)
    {
        double place = horizontal.PlaceOf(value);
        drawing.Line([(place, vertical.From), (place, vertical.To - 6)], Drawing.Red, 1.3, dashed: true);
        bool rightOfMiddle = place > (horizontal.From + horizontal.To) / 2;
        drawing.Text(place + (rightOfMiddle ? -5 : 5), vertical.To - 2, name, 10, rightOfMiddle ? TextAnchor.End : TextAnchor.Start, Drawing.Red);
    }
}
