namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// Logarithm and exponential out of +, -, * and / alone. Those of the system may differ in the last bit from one operating system to the next, and a synthetic sky is the same bytes
/// everywhere.
/// </summary>
/// <remarks>Arguments are reduced to a small interval and the power series summed there from its smallest term: right to about 1e-16.</remarks>
internal static class PortableMath
{
    public const double Ln2 = 0.69314718055994530942, Ln10 = 2.302585092994046;

    private const double Ln2High = 6.93147180369123816490e-01, Ln2Low = 1.90821492927058770002e-10;     // their sum is ln 2; the first has 32 bits
    private const double SqrtHalf = 0.70710678118654752440;

    private const double Largest = 708;
    private const int PartsOfOctave = 32;
    private static readonly double[] _partsOfOctave = [.. Enumerable.Range(0, PartsOfOctave).Select(i => Series(i * (Ln2High + Ln2Low) / PartsOfOctave))];

    /// <summary>Natural logarithm of a positive normal number.</summary>
    public static double Log(double x)
    {
        int exponent = Math.ILogB(x);
        double mantissa = Math.ScaleB(x, -exponent);
        if (mantissa > 2 * SqrtHalf)
        {
            mantissa /= 2;
            exponent++;
        }
        double s = (mantissa - 1) / (mantissa + 1), square = s * s, sum = 0;
        for (int k = 23; k >= 3; k -= 2)
            sum = (sum + 1.0 / k) * square;
        return exponent * Ln2High + (2 * s + (2 * s * sum + exponent * Ln2Low));
    }

    /// <summary>e to the x; 0 and infinity where that is no normal number.</summary>
    public static double Exp(double x)
    {
        if (!(Math.Abs(x) < Largest))
            return x > 0 ? double.PositiveInfinity : x < 0 ? 0 : double.NaN;
        // x = n ln 2 / 32 + r: a power of two, one of 32 parts of an octave, and a short series.
        double n = Math.Floor(x * (PartsOfOctave / (Ln2High + Ln2Low)) + 0.5);
        double r = x - n * (Ln2High / PartsOfOctave) - n * (Ln2Low / PartsOfOctave);
        double series = 1 + r * (1 + r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 + r * (1.0 / 120 + r * (1.0 / 720))))));
        long whole = (long)n;
        return _partsOfOctave[whole & (PartsOfOctave - 1)] * series * BitConverter.Int64BitsToDouble(((whole >> 5) + 1023) << 52);
    }

    /// <summary>x to the power y, for positive x.</summary>
    public static double Pow(double x, double y) => Exp(y * Log(x));

    private static double Series(double x)
    {
        double sum = 1;
        for (int k = 20; k >= 1; k--)
            sum = 1 + x / k * sum;
        return sum;
    }
}
