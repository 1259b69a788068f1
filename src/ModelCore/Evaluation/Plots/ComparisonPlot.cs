using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>The distributions of a quantity in a real and a generated set, each as shares with 1-sigma Poisson intervals, and below it their ratio.</summary>
public static class ComparisonPlot
{
    private const double PanelWidth = 440, PanelHeight = 300, RatioHeight = 76, Left = 66, Right = 18, Top = 58, Gap = 10, Bottom = 48;
    private const double LargestRatio = 3, WhiskerHalf = 1.5;

    /// <summary>Colour of each set.</summary>
    public const string RealColour = Drawing.Blue, GeneratedColour = Drawing.Red;

    public static Drawing Draw(ComparedQuantity quantity)
    {
        double total = PanelHeight + RatioHeight + Bottom;
        var drawing = new Drawing(PanelWidth, total);
        var counts = quantity.Counts;
        double realSum = counts.Real.Sum(), generatedSum = counts.Generated.Sum();
        drawing.Text(Left, 20, quantity.Title, 12);
        double next = Legend(drawing, Left, "real", RealColour);
        Legend(drawing, next, "generated", GeneratedColour);
        if (realSum == 0 || generatedSum == 0)
        {
            drawing.Text(Left, Top + 30, $"The {(realSum == 0 ? "real" : "generated")} set has no value to be shown.", 11, colour: Drawing.Soft);
            return drawing;
        }
        string label = quantity.Unit.Length > 0 ? $"{quantity.Title}, {quantity.Unit}" : quantity.Title;
        var horizontal = new Axis(label, counts.Edges[0], counts.Edges[^1], Left, PanelWidth - Right, quantity.IsLogarithmic);
        var vertical = ShareAxis(counts, realSum, generatedSum);
        AxisLines.Draw(drawing, horizontal, vertical, hasNumbers: false);
        Steps(drawing, counts.Edges, counts.Real, realSum, horizontal, vertical, RealColour, -0.12);
        Steps(drawing, counts.Edges, counts.Generated, generatedSum, horizontal, vertical, GeneratedColour, 0.12);
        Ratios(drawing, counts, realSum, generatedSum, horizontal);
        return drawing;
    }

    /// <returns>Where the next entry begins.</returns>
    private static double Legend(Drawing drawing, double x, string name, string colour)
    {
        drawing.Line([(x, 34), (x + 18, 34)], colour, 2);
        drawing.Text(x + 23, 38, name, 10, colour: Drawing.Soft);
        return x + 23 + StrokeFont.Width(name, 10) + 18;
    }

    /// <summary>Logarithmic, since the tails are what models get wrong: from a third of one image's share.</summary>
    private static Axis ShareAxis(BinnedCounts counts, double realSum, double generatedSum)
    {
        double highest = Math.Max(counts.Real.Max() / realSum, counts.Generated.Max() / generatedSum);
        double lowest = Math.Max(0.3 / Math.Max(realSum, generatedSum), highest * 1e-6);
        return new Axis("share in a bin", lowest, highest * 1.5, PanelHeight - Gap, Top, IsLogarithmic: true);
    }

    private static void Steps(Drawing drawing, double[] edges, long[] counts, double sum, Axis horizontal, Axis vertical, string colour, double shift)
    {
        var outline = new List<(double, double)>();
        for (int bin = 0; bin < counts.Length; bin++)
        {
            double y = counts[bin] == 0 ? vertical.From : Math.Min(vertical.From, vertical.PlaceOf(counts[bin] / sum));
            double left = horizontal.PlaceOf(edges[bin]), right = horizontal.PlaceOf(edges[bin + 1]);
            outline.Add((left, y));
            outline.Add((right, y));
            if (counts[bin] == 0)
                continue;
            var (low, high) = PoissonInterval.Of(counts[bin]);
            double middle = ((left + right) / 2) + (shift * (right - left));
            Whisker(drawing, middle, vertical, low / sum, high / sum, colour);
        }
        drawing.Line(outline, colour, 1.2);
    }

    private static void Whisker(Drawing drawing, double x, Axis vertical, double low, double high, string colour)
    {
        double bottom = Math.Min(vertical.From, vertical.PlaceOf(Math.Max(low, vertical.Low))), top = vertical.PlaceOf(Math.Min(high, vertical.High));
        drawing.Line([(x, bottom), (x, top)], colour, 0.8);
        drawing.Line([(x - WhiskerHalf, top), (x + WhiskerHalf, top)], colour, 0.8);
        drawing.Line([(x - WhiskerHalf, bottom), (x + WhiskerHalf, bottom)], colour, 0.8);
    }

    /// <summary>Where both sets have something: the quotient of the shares, with the relative errors of both added in quadrature.</summary>
    private static void Ratios(Drawing drawing, BinnedCounts counts, double realSum, double generatedSum, Axis horizontal)
    {
        var vertical = new Axis("ratio", 1 / LargestRatio, LargestRatio, PanelHeight + RatioHeight, PanelHeight + Gap, IsLogarithmic: true);
        AxisLines.Draw(drawing, horizontal, vertical, ticks: [0.5, 1, 2]);
        drawing.Line([(horizontal.From, vertical.PlaceOf(1)), (horizontal.To, vertical.PlaceOf(1))], Drawing.Soft, 1, dashed: true);
        for (int bin = 0; bin < counts.Real.Length; bin++)
        {
            if (counts.Real[bin] == 0 || counts.Generated[bin] == 0)
                continue;
            double ratio = counts.Generated[bin] / generatedSum / (counts.Real[bin] / realSum);
            double relative = Math.Sqrt(Square(HalfWidth(counts.Real[bin])) + Square(HalfWidth(counts.Generated[bin])));
            double x = (horizontal.PlaceOf(counts.Edges[bin]) + horizontal.PlaceOf(counts.Edges[bin + 1])) / 2;
            if (ratio * (1 + relative) < vertical.Low || ratio / (1 + relative) > vertical.High)
                continue;
            Whisker(drawing, x, vertical, ratio / (1 + relative), ratio * (1 + relative), GeneratedColour);
            if (ratio >= vertical.Low && ratio <= vertical.High)
                drawing.Rectangle(x - 1.5, vertical.PlaceOf(ratio) - 1.5, 3, 3, GeneratedColour);
        }
    }

    private static double HalfWidth(long count)
    {
        var (low, high) = PoissonInterval.Of(count);
        return (high - low) / 2 / count;
    }

    private static double Square(double value) => value * value;
}
