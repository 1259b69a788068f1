using System.Globalization;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>The losses of a training with axes and a caption; the loss on a logarithmic scale.</summary>
public static class LossPlot
{
    private const double Width = 760, Height = 400, Left = 66, Right = 20, Top = 52, Bottom = 50, Margin = 12;
    private const int SmoothedParts = 20;                    // a window of the smoothed curve is this part of the training

    /// <param name="losses">By rising iteration; what is not positive and finite is left out.</param>
    /// <param name="title">Above the plot.</param>
    public static Drawing Draw(LossCurve losses, string title)
    {
        LossPoint[] training = Drawable(losses.Training), average = Drawable(losses.Validation), weights = Drawable(losses.ValidationOfWeights);
        string caption = Caption(losses, training.Length);
        double captionWidth = Width - 2 * Margin;
        var drawing = new Drawing(Width, Height + Drawing.ParagraphHeight(caption, captionWidth) + Margin);
        drawing.Text(Left, 20, title, 12);
        LossPoint[] all = [.. training, .. average, .. weights];
        if (all.Length == 0)
        {
            drawing.Text(Width / 2, Height / 2, "No loss has been recorded.", 12, TextAnchor.Middle, Drawing.Soft);
            return drawing;
        }
        double low = all.Min(point => point.Loss) / 1.1, high = all.Max(point => point.Loss) * 1.1;
        var horizontal = new Axis("iteration", 0, Math.Max(1, all.Max(point => point.Iteration)), Left, Width - Right);
        var vertical = new Axis("loss", low, high, Height - Bottom, Top, IsLogarithmic: true);
        DrawAxes(drawing, horizontal, vertical);
        Curve(training, Drawing.Pale, 0.8);
        foreach (long resumed in losses.ResumedAt)
            drawing.Line([(horizontal.PlaceOf(resumed), vertical.From), (horizontal.PlaceOf(resumed), vertical.To)], Drawing.Red, 1, dashed: true);
        Curve(Smoothed(training), Drawing.Blue, 1.6);
        Curve(weights, Drawing.Soft, 1.2, dashed: true);
        Curve(average, Drawing.Ink, 1.8);
        foreach (var point in average)
            drawing.Rectangle(horizontal.PlaceOf(point.Iteration) - 2, vertical.PlaceOf(point.Loss) - 2, 4, 4, Drawing.Ink);
        DrawLegend(drawing);
        drawing.Paragraph(Margin, Height + Margin, captionWidth, caption);
        return drawing;

        void Curve(IReadOnlyList<LossPoint> points, string colour, double pen, bool dashed = false)
        {
            if (points.Count > 1)
                drawing.Line([.. points.Select(point => (horizontal.PlaceOf(point.Iteration), vertical.PlaceOf(point.Loss)))], colour, pen, dashed);
        }
    }

    /// <summary>The mean of the neighbours within half a window, fewer of them at the ends.</summary>
    internal static LossPoint[] Smoothed(IReadOnlyList<LossPoint> points)
    {
        int reach = Reach(points.Count);
        double[] sums = new double[points.Count + 1];
        for (int i = 0; i < points.Count; i++)
            sums[i + 1] = sums[i] + points[i].Loss;
        return [.. points.Select((point, i) =>
        {
            int near = Math.Min(reach, Math.Min(i, points.Count - 1 - i));
            return point with { Loss = (sums[i + near + 1] - sums[i - near]) / (2 * near + 1) };
        })];
    }

    private static int Reach(int count) => count / SmoothedParts / 2;

    private static LossPoint[] Drawable(IReadOnlyList<LossPoint> points) => [.. points.Where(point => double.IsFinite(point.Loss) && point.Loss > 0)];

    private static void DrawAxes(Drawing drawing, Axis horizontal, Axis vertical)
    {
        foreach (double tick in vertical.Ticks())
        {
            double y = vertical.PlaceOf(tick);
            drawing.Line([(horizontal.From, y), (horizontal.To, y)], Drawing.Pale, 0.7);
            drawing.Text(horizontal.From - 6, y + 3.5, Axis.Text(tick), 10, TextAnchor.End, Drawing.Soft);
        }
        foreach (double tick in horizontal.Ticks())
        {
            double x = horizontal.PlaceOf(tick);
            drawing.Line([(x, vertical.From), (x, vertical.From + 4)], Drawing.Ink);
            drawing.Text(x, vertical.From + 16, Axis.Text(tick), 10, TextAnchor.Middle, Drawing.Soft);
        }
        drawing.Line([(horizontal.From, vertical.From), (horizontal.To, vertical.From)], Drawing.Ink);
        drawing.Text((horizontal.From + horizontal.To) / 2, vertical.From + 36, horizontal.Label, 11, TextAnchor.Middle);
        drawing.Text(horizontal.From - 48, (vertical.From + vertical.To) / 2, vertical.Label, 11, TextAnchor.Middle, upwards: true);
    }

    private static void DrawLegend(Drawing drawing)
    {
        double x = Left;
        foreach (var (name, colour, pen, dashed) in new[]
        {
            ("training", Drawing.Pale, 1.5, false), ("training, smoothed", Drawing.Blue, 1.6, false),
            ("validation", Drawing.Soft, 1.2, true), ("validation of the averaged weights (EMA)", Drawing.Ink, 1.8, false),
        })
        {
            drawing.Line([(x, 36), (x + 22, 36)], colour, pen, dashed);
            drawing.Text(x + 27, 39.5, name, 10, TextAnchor.Start, Drawing.Soft);
            x += 27 + StrokeFont.Width(name, 10) + 18;
        }
    }

    private static string Caption(LossCurve losses, int steps)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"Smoothed over {2 * Reach(steps) + 1} iterations.");
        if (losses.ResumedAt.Count > 0)
            text += $" Red, dashed: resumed from the checkpoint of iteration {string.Join(", ", losses.ResumedAt)}.";
        return text;
    }
}
