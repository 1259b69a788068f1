using System.Globalization;
using System.Text;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>The losses of a training as an SVG drawing: iterations to the right, loss upwards on a logarithmic scale.</summary>
internal static class LossChart
{
    private const double Width = 800, Height = 340, Left = 60, Right = 20, Top = 40, Bottom = 45;
    private const int MostNames = 2;                         // more of them would stand on each other

    public static string Svg(LossCurve losses)
    {
        LossPoint[] training = [.. losses.Training.Where(Drawable)];
        LossPoint[] validation = [.. losses.Validation.Where(Drawable)];
        LossPoint[] weights = [.. losses.ValidationOfWeights.Where(Drawable)];
        LossPoint[] all = [.. training, .. validation, .. weights];
        if (all.Length == 0)
            return "<p>No loss has been recorded.</p>\n";
        double last = Math.Max(1, all.Max(point => point.Iteration));
        double low = Math.Log10(all.Min(point => point.Loss)) - 0.03, high = Math.Log10(all.Max(point => point.Loss)) + 0.03;
        double X(double iteration) => Left + (Width - Left - Right) * iteration / last;
        double Y(double loss) => Height - Bottom - (Height - Top - Bottom) * (Math.Log10(loss) - low) / (high - low);
        string Path(IEnumerable<LossPoint> points) =>
            string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Iteration):0.##},{Y(point.Loss):0.##}")));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{HtmlPage.Text(Description(losses, training, validation))}\">\n");
        foreach (double loss in LossTicks(low, high))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(loss):0.##}\" y2=\"{Y(loss):0.##}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{Y(loss) + 4:0.##}\" text-anchor=\"end\">{loss:0.####}</text>\n");
        }
        foreach (double iteration in IterationTicks(last))
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(iteration):0.##}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{iteration:N0}</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">iteration</text>\n");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"16\">loss: training, each iteration (pale), and validation of the averaged weights (strong{(weights.Length > 0 ? "; the weights: dotted" : "")})</text>\n");

        if (training.Length > 0)
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"training\" points=\"{Path(training)}\"/>\n");
        if (weights.Length > 0)
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"weights\" points=\"{Path(weights)}\"/>\n");
        if (validation.Length > 0)
            svg.Append(CultureInfo.InvariantCulture, $"<polyline class=\"validation\" points=\"{Path(validation)}\"/>\n");
        foreach (var point in validation)
            svg.Append(CultureInfo.InvariantCulture, $"<circle class=\"point\" cx=\"{X(point.Iteration):0.##}\" cy=\"{Y(point.Loss):0.##}\" r=\"4\"/>\n");

        foreach (long resumed in losses.ResumedAt)
            Event(svg, resumed, losses.ResumedAt.Count <= MostNames ? "resumed from" : null, X, anchor: "end", shift: -6);
        Event(svg, losses.KilledAt, "killed at", X, anchor: "start", shift: 6);
        return svg.Append("</svg>\n").ToString();
    }

    private static bool Drawable(LossPoint point) => double.IsFinite(point.Loss) && point.Loss > 0;

    private static void Event(StringBuilder svg, long? iteration, string? name, Func<double, double> x, string anchor, double shift)
    {
        if (iteration is not { } at)
            return;
        svg.Append(CultureInfo.InvariantCulture, $"<line class=\"event\" x1=\"{x(at):0.##}\" x2=\"{x(at):0.##}\" y1=\"{Top - 12}\" y2=\"{Height - Bottom}\"/>");
        if (name != null)
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"event-name\" x=\"{x(at) + shift:0.##}\" y=\"{Top - 2}\" text-anchor=\"{anchor}\">{name} {at:N0}</text>\n");
    }

    private static string Description(LossCurve losses, LossPoint[] training, LossPoint[] validation)
    {
        var text = new StringBuilder("Loss against iteration.");
        Curve(text, "Training", training);
        Curve(text, "Validation", validation);
        if (losses.KilledAt is { } killed)
            text.Append(CultureInfo.InvariantCulture, $" Killed at iteration {killed}.");
        foreach (long resumed in losses.ResumedAt)
            text.Append(CultureInfo.InvariantCulture, $" Resumed from iteration {resumed}.");
        return text.ToString();
    }

    private static void Curve(StringBuilder text, string name, LossPoint[] points)
    {
        if (points.Length > 0)
            text.Append(CultureInfo.InvariantCulture, $" {name}: {points[0].Loss:0.###} at {points[0].Iteration}, {points[^1].Loss:0.###} at {points[^1].Iteration}.");
    }

    /// <summary>1, 2 and 5 times powers of ten; more of them where the range is narrow.</summary>
    private static IEnumerable<double> LossTicks(double low, double high)
    {
        double[] steps = high - low > 0.5 ? [1, 2, 5] : [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8];
        for (int power = (int)Math.Floor(low); power <= high; power++)
        {
            foreach (double tick in steps.Select(step => step * Math.Pow(10, power)))
            {
                if (Math.Log10(tick) >= low && Math.Log10(tick) <= high)
                    yield return tick;
            }
        }
    }

    private static IEnumerable<double> IterationTicks(double last)
    {
        double rough = last / 6;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = Math.Max(1, power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 });
        for (double tick = 0; tick <= last; tick += step)
            yield return tick;
    }
}
