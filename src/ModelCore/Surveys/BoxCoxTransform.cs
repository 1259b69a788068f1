using MathNet.Numerics.RootFinding;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>The power transform of peak fluxes, followed by standardisation: what the network is conditioned on.</summary>
/// <param name="Lambda">lambda of Eq. 12.</param>
/// <param name="Mean">Mean of the transformed values.</param>
/// <param name="StandardDeviation">Their population standard deviation.</param>
/// <param name="Scale">Unit that the fluxes are taken in: their geometric mean, at which rounding is least. Standardised values do not depend on it.</param>
/// <remarks>Paper, Eq. 12: (f^lambda - 1) / lambda, ln f for lambda = 0. Fluxes in Jy/beam.</remarks>
public sealed record BoxCoxTransform(double Lambda, double Mean, double StandardDeviation, double Scale = 1)
{
    private const double Bound = 1024;

    /// <summary>Finds lambda by maximum likelihood: the zero of the log-likelihood's derivative.</summary>
    /// <param name="values">Positive values, at least two of them different.</param>
    /// <param name="what">The values, for messages.</param>
    /// <exception cref="RadioDiffusionException">They are not.</exception>
    public static BoxCoxTransform Fit(ReadOnlySpan<float> values, string what = "peak fluxes")
    {
        double[] logarithms = new double[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            if (!(values[i] > 0) || !float.IsFinite(values[i]))
                throw new RadioDiffusionException($"The Box-Cox transform needs positive {what}, but number {i} is {values[i]}.");
            logarithms[i] = Math.Log(values[i]);
        }
        if (logarithms.Length < 2 || logarithms.All(value => value == logarithms[0]))
            throw new RadioDiffusionException($"The Box-Cox transform needs at least two different {what}, but there are {logarithms.Distinct().Count()}: select more sources.");
        double centre = logarithms.Average();
        for (int i = 0; i < logarithms.Length; i++)
            logarithms[i] -= centre;
        double lambda = FindLambda(logarithms, what);
        double[] transformed = [.. logarithms.Select(value => Power(lambda, value))];
        double mean = transformed.Average();
        return new BoxCoxTransform(lambda, mean, Math.Sqrt(transformed.Average(value => (value - mean) * (value - mean))), Math.Exp(centre));
    }

    /// <summary>The standardised transform of a positive value.</summary>
    public double Apply(double value) => (Power(Lambda, Math.Log(value / Scale)) - Mean) / StandardDeviation;

    /// <summary>The value whose transform this is; infinite or NaN outside the transform's range.</summary>
    public double Invert(double scaled)
    {
        double power = scaled * StandardDeviation + Mean;
        return Scale * (Lambda == 0 ? Math.Exp(power) : Math.Exp(Math.Log(1 + Lambda * power) / Lambda));
    }

    /// <summary>The same transform with mean and deviation as they are for fluxes in Jy/beam: what other programs print.</summary>
    public BoxCoxTransform InJansky()
    {
        double power = Math.Pow(Scale, Lambda);
        return new BoxCoxTransform(Lambda, power * Mean + Power(Lambda, Math.Log(Scale)), power * StandardDeviation);
    }

    private static double FindLambda(double[] logarithms, string what)
    {
        double low = -1, high = 1;
        while (Slope(low, logarithms) < 0 && low > -Bound)
            low *= 2;
        while (Slope(high, logarithms) > 0 && high < Bound)
            high *= 2;
        return Brent.TryFindRoot(lambda => Slope(lambda, logarithms), low, high, 1e-12, 200, out double root)
            ? root
            : throw new RadioDiffusionException($"The Box-Cox transform of {logarithms.Length} {what} has no most likely lambda between {low} and {high}.");
    }

    /// <summary>d/d lambda of the log-likelihood (lambda - 1) sum ln f - n/2 ln var(y).</summary>
    private static double Slope(double lambda, double[] logarithms)
    {
        double meanY = 0, meanSlope = 0, sum = 0;
        int n = logarithms.Length;
        double[] y = new double[n], slope = new double[n];
        for (int i = 0; i < n; i++)
        {
            y[i] = Power(lambda, logarithms[i]);
            slope[i] = PowerSlope(lambda, logarithms[i]);
            meanY += y[i] / n;
            meanSlope += slope[i] / n;
            sum += logarithms[i];
        }
        double covariance = 0, variance = 0;
        for (int i = 0; i < n; i++)
        {
            covariance += (y[i] - meanY) * (slope[i] - meanSlope);
            variance += (y[i] - meanY) * (y[i] - meanY);
        }
        return sum - n * covariance / variance;
    }

    /// <summary>(e^(lambda l) - 1) / lambda, by its series near 0.</summary>
    private static double Power(double lambda, double logarithm)
    {
        double x = lambda * logarithm;
        return Math.Abs(x) < 1e-5 ? logarithm * (1 + x / 2 * (1 + x / 3)) : (Math.Exp(x) - 1) / lambda;
    }

    private static double PowerSlope(double lambda, double logarithm)
    {
        double x = lambda * logarithm;
        return Math.Abs(x) < 1e-3
            ? logarithm * logarithm * (0.5 + x * (1.0 / 3 + x * (1.0 / 8 + x / 30)))
            : (x * Math.Exp(x) - Math.Exp(x) + 1) / (lambda * lambda);
    }
}
