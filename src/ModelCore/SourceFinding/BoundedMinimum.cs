namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>A local minimum of a function of one number between two bounds: golden sections, and parabolas through the last three points where they shorten the way.</summary>
/// <remarks>Brent (1973), chapter 5, in the form of Forsythe, Malcolm and Moler (1977), which the common scientific libraries have.</remarks>
internal static class BoundedMinimum
{
    private const int MostEvaluations = 500;
    private static readonly double _golden = (3 - Math.Sqrt(5)) / 2;
    private static readonly double _root = Math.Sqrt(2.2e-16);

    /// <param name="function">What is to be small.</param>
    /// <param name="low">Lower bound.</param>
    /// <param name="high">Upper bound.</param>
    /// <param name="tolerance">Of the place.</param>
    public static double Find(Func<double, double> function, double low, double high, double tolerance)
    {
        double best = low + (_golden * (high - low)), second = best, third = best;
        double atBest = function(best), atSecond = atBest, atThird = atBest, step = 0, before = 0;
        for (int evaluations = 1; evaluations < MostEvaluations; evaluations++)
        {
            double middle = (low + high) / 2, near = (_root * Math.Abs(best)) + (tolerance / 3);
            if (Math.Abs(best - middle) <= (2 * near) - ((high - low) / 2))
                break;
            double wanted = Math.Abs(before) > near && Parabola(best, second, third, atBest, atSecond, atThird, before, low, high) is { } shift ? shift : double.NaN;
            if (double.IsNaN(wanted))
            {
                before = best >= middle ? low - best : high - best;
                step = _golden * before;
            }
            else
            {
                (before, step) = (step, wanted);
                if (best + step - low < 2 * near || high - (best + step) < 2 * near)
                    step = near * SignOf(middle - best);
            }
            double next = best + (SignOf(step) * Math.Max(Math.Abs(step), near)), atNext = function(next);
            if (atNext <= atBest)
            {
                (low, high) = next >= best ? (best, high) : (low, best);
                (third, atThird, second, atSecond, best, atBest) = (second, atSecond, best, atBest, next, atNext);
                continue;
            }
            (low, high) = next < best ? (next, high) : (low, next);
            if (atNext <= atSecond || second == best)
                (third, atThird, second, atSecond) = (second, atSecond, next, atNext);
            else if (atNext <= atThird || third == best || third == second)
                (third, atThird) = (next, atNext);
        }
        return best;
    }

    /// <summary>From the best point to the vertex of the parabola; null where that lies outside the bounds or is no shorter than half the step before the last.</summary>
    private static double? Parabola(double best, double second, double third, double atBest, double atSecond, double atThird, double before, double low, double high)
    {
        double r = (best - second) * (atBest - atThird), q = (best - third) * (atBest - atSecond), p = ((best - third) * q) - ((best - second) * r);
        q = 2 * (q - r);
        p = q > 0 ? -p : p;
        q = Math.Abs(q);
        return Math.Abs(p) < Math.Abs(0.5 * q * before) && p > q * (low - best) && p < q * (high - best) ? p / q : null;
    }

    private static double SignOf(double value) => value >= 0 ? 1 : -1;
}
