using System.Globalization;

namespace RadioDiffusion.ModelCore.Evaluation.Plots;

/// <summary>A scale from values to places on the paper, linear or logarithmic.</summary>
/// <param name="Label">What it shows, with the unit.</param>
/// <param name="Low">Value at <paramref name="From"/>.</param>
/// <param name="High">Value at <paramref name="To"/>; above <paramref name="Low"/>.</param>
/// <param name="From">Place of the smallest value.</param>
/// <param name="To">Place of the largest value.</param>
/// <param name="IsLogarithmic">Both values are positive then.</param>
public sealed record Axis(string Label, double Low, double High, double From, double To, bool IsLogarithmic = false)
{
    private const int WantedTicks = 6;

    public double PlaceOf(double value)
    {
        double share = IsLogarithmic ? Math.Log(Math.Max(value, double.Epsilon) / Low) / Math.Log(High / Low) : (value - Low) / (High - Low);
        return From + (To - From) * share;
    }

    /// <summary>1, 2 and 5 times powers of ten, as many as are easily read.</summary>
    public IReadOnlyList<double> Ticks() => IsLogarithmic && High / Low > 3 ? LogarithmicTicks() : LinearTicks();

    public static string Text(double tick) => Math.Abs(tick) is > 0 and (< 1e-3 or >= 1e6)
        ? tick.ToString("0.##e0", CultureInfo.InvariantCulture)
        : tick.ToString("0.####", CultureInfo.InvariantCulture);

    private double[] LogarithmicTicks()
    {
        int first = (int)Math.Floor(Math.Log10(Low)), last = (int)Math.Ceiling(Math.Log10(High));
        int decades = Math.Max(1, (int)Math.Ceiling((last - first) / (double)WantedTicks));
        double[] steps = Math.Log10(High / Low) switch { > 4 => [1], > 2 => [1, 3], > 1 => [1, 2, 5], _ => [1, 2, 3, 4, 5, 7] };
        return [.. Enumerable.Range(first, last - first + 1).Where(power => (power - first) % decades == 0)
            .SelectMany(power => steps.Select(step => step * Math.Pow(10, power))).Where(IsInside)];
    }

    private double[] LinearTicks()
    {
        double rough = (High - Low) / WantedTicks, power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double step = power * (rough / power) switch { < 1.5 => 1, < 3.5 => 2, < 7.5 => 5, _ => 10 };
        return [.. Enumerable.Range(0, 3 * WantedTicks).Select(i => (Math.Ceiling(Low / step) + i) * step).Where(IsInside)];
    }

    private bool IsInside(double tick)
    {
        double margin = 1e-9 * (High - Low);
        return tick >= Low - margin && tick <= High + margin;
    }
}
