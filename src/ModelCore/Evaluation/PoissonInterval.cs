using MathNet.Numerics;

namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>Confidence intervals of counts, the error bars of histograms.</summary>
/// <remarks>
/// Paper, Sect. 6.1, footnote 4: the frequentist interval of Garwood (1936) and Gehrels (1986), ApJ 303, 336, which holds at least the stated probability for
/// any expectation: half the chi-squared quantiles with 2 n and 2 n + 2 degrees of freedom.
/// </remarks>
public static class PoissonInterval
{
    /// <param name="count">Observed, 0 or more.</param>
    /// <param name="sigma">The probability outside on each side is that of a normal variable above so many standard deviations.</param>
    public static (double Lower, double Upper) Of(long count, double sigma = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        double outside = 0.5 * SpecialFunctions.Erfc(sigma / Math.Sqrt(2));
        return (count == 0 ? 0 : GammaQuantile(count, outside, -sigma), GammaQuantile(count + 1, 1 - outside, sigma));
    }

    /// <summary>Where the gamma distribution of a shape, with unit scale, reaches a probability: by Newton's method from the approximation of Wilson and Hilferty.</summary>
    /// <param name="deviations">The same probability as standard deviations of a normal variable.</param>
    private static double GammaQuantile(double shape, double probability, double deviations)
    {
        double x = shape * Math.Pow(Math.Max(0.05, 1 - (1 / (9 * shape)) + (deviations / (3 * Math.Sqrt(shape)))), 3);
        for (int i = 0; i < 100; i++)
        {
            double density = Math.Exp(((shape - 1) * Math.Log(x)) - x - SpecialFunctions.GammaLn(shape));
            double next = x - ((SpecialFunctions.GammaLowerRegularized(shape, x) - probability) / density);
            next = Math.Clamp(next, x / 2, x * 2);
            if (Math.Abs(next - x) <= 1e-14 * x)
                return next;
            x = next;
        }
        return x;
    }
}
