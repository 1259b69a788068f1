namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>A number with its error against another one, and a level to compare it with.</summary>
public static class CurvePlot
{
    private const double Width = 520, Height = 320, Left = 66, Right = 18, Top = 44, Bottom = 48, Half = 3;

    /// <param name="title">Above it.</param>
    /// <param name="x">Name of the horizontal axis.</param>
    /// <param name="y">Name of the vertical axis.</param>
    /// <param name="points">By rising x; at least one.</param>
    /// <param name="level">A line to compare with, with its name.</param>
    public static Drawing Draw(string title, string x, string y, IReadOnlyList<(double X, double Y, double Error)> points, (double Value, string Name)? level)
    {
        var drawing = new Drawing(Width, Height);
        double[] heights = [.. points.SelectMany(point => new[] { point.Y - point.Error, point.Y + point.Error }), .. level is { } one ? new[] { one.Value } : []];
        double low = points[0].X, high = points[^1].X, room = high > low ? 0.04 * (high - low) : 0.5, height = Math.Max(1e-3, heights.Max() - heights.Min());
        var horizontal = new Axis(x, low - room, high + room, Left, Width - Right);
        var vertical = new Axis(y, heights.Min() - (0.08 * height), heights.Max() + (0.12 * height), Height - Bottom, Top);
        drawing.Text(Left, 20, title, 12);
        AxisLines.Draw(drawing, horizontal, vertical);
        if (level is { } mark)
        {
            double at = vertical.PlaceOf(mark.Value);
            drawing.Line([(horizontal.From, at), (horizontal.To, at)], Drawing.Blue, 1.3, dashed: true);
            drawing.Text(horizontal.To, at - 5, mark.Name, 10, TextAnchor.End, Drawing.Blue);
        }
        drawing.Line([.. points.Select(point => (horizontal.PlaceOf(point.X), vertical.PlaceOf(point.Y)))], Drawing.Red, 1.3);
        foreach (var point in points)
        {
            double place = horizontal.PlaceOf(point.X);
            drawing.Line([(place, vertical.PlaceOf(point.Y - point.Error)), (place, vertical.PlaceOf(point.Y + point.Error))], Drawing.Red, 1);
            drawing.Rectangle(place - Half, vertical.PlaceOf(point.Y) - Half, 2 * Half, 2 * Half, Drawing.Red);
        }
        return drawing;
    }
}
