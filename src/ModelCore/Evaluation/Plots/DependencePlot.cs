using RadioDiffusion.ModelCore.Evaluation.Comparison;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>Delta+ against the scaled peak flux for a real and a generated set: points of some images, and the median with the 16th and 84th percentile in bins of flux.</summary>
/// <remarks>Paper, Fig. 17.</remarks>
public static class DependencePlot
{
    private const double Width = 620, Height = 420, Left = 66, Right = 18, Top = 52, Bottom = 48;
    private const int Bins = 12, MostPoints = 1500;

    public static Drawing Draw(FluxConditioning conditioning)
    {
        var drawing = new Drawing(Width, Height);
        double[] fluxes = [.. conditioning.Real.Fluxes, .. conditioning.Generated.Fluxes], residuals = [.. conditioning.Real.Residuals, .. conditioning.Generated.Residuals];
        double smallest = residuals.Where(value => value > 0).DefaultIfEmpty(1).Min(), largest = residuals.Max();
        bool isLogarithmic = largest > 3 * smallest;
        double room = Math.Max(1e-9, 0.03 * (fluxes.Max() - fluxes.Min()));
        var horizontal = new Axis("Scaled peak flux (Box-Cox, standardised)", fluxes.Min() - room, fluxes.Max() + room, Left, Width - Right);
        var vertical = isLogarithmic
            ? new Axis("Positive residual Δ+, peaks", smallest / 1.1, largest * 1.1, Height - Bottom, Top, IsLogarithmic: true)
            : new Axis("Positive residual Δ+, peaks", Math.Min(0, residuals.Min()), Math.Max(1e-9, largest * 1.05), Height - Bottom, Top);
        drawing.Text(Left, 20, "Positive residual against scaled peak flux", 12);
        AxisLines.Draw(drawing, horizontal, vertical);
        double x = Left;
        foreach (var (name, set, colour) in new[] { ("real", conditioning.Real, ComparisonPlot.RealColour), ("generated", conditioning.Generated, ComparisonPlot.GeneratedColour) })
        {
            int step = (set.Fluxes.Length + MostPoints - 1) / MostPoints;
            for (int i = 0; i < set.Fluxes.Length; i += step)
            {
                if (!isLogarithmic || set.Residuals[i] > 0)
                    drawing.Rectangle(horizontal.PlaceOf(set.Fluxes[i]) - 0.6, vertical.PlaceOf(set.Residuals[i]) - 0.6, 1.2, 1.2, colour);
            }
            var bands = set.Bands(Bins);
            drawing.Line([.. bands.Select(band => (horizontal.PlaceOf(band.Flux), vertical.PlaceOf(band.Median)))], colour, 2);
            drawing.Line([.. bands.Select(band => (horizontal.PlaceOf(band.Flux), vertical.PlaceOf(band.Low)))], colour, 1, dashed: true);
            drawing.Line([.. bands.Select(band => (horizontal.PlaceOf(band.Flux), vertical.PlaceOf(band.High)))], colour, 1, dashed: true);
            string legend = FormattableString.Invariant($"{name}: median, 16 to 84 %; r = {set.Pearson:0.000} ± {set.PearsonError:0.000}");
            drawing.Line([(x, 34), (x + 18, 34)], colour, 2);
            drawing.Text(x + 23, 38, legend, 10, colour: Drawing.Soft);
            x += 23 + StrokeFont.Width(legend, 10) + 20;
        }
        return drawing;
    }
}
