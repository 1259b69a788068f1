namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// How a power-function average of relative width <paramref name="SigmaRel"/>, taken at step <paramref name="Time"/>, weighs the weights of the steps before:
/// p(tau) = (gamma + 1) tau^gamma / Time^(gamma + 1) for 0 &lt; tau &lt;= Time.
/// </summary>
/// <param name="SigmaRel">Standard deviation of the profile over its length (sigma_rel).</param>
/// <param name="Time">The step at which it ends, counted from 1.</param>
/// <remarks>Karras et al. (2024, arXiv:2312.02696), Sect. 3 and Appendix C.</remarks>
public readonly record struct PowerFunctionProfile(double SigmaRel, double Time)
{
    /// <summary>Narrowest and widest that this program takes. Wider than 0.289 (gamma 0) there is none that rises.</summary>
    public const double Narrowest = 0.01, Widest = 0.25;

    /// <summary>Whether a width is from 0.01 to 0.25.</summary>
    public static bool IsWidth(double sigmaRel) => sigmaRel is >= Narrowest and <= Widest;

    /// <summary>The exponent of a width: the solution above 0 of (gamma + 1) / ((gamma + 2)^2 (gamma + 3)) = sigma_rel^2.</summary>
    /// <exception cref="RadioDiffusionException">The width is out of range.</exception>
    public static double GammaOf(double sigmaRel)
    {
        if (!IsWidth(sigmaRel))
            throw new RadioDiffusionException(FormattableString.Invariant($"The relative width (sigma_rel) of a power-function average should be {Narrowest} to {Widest}, but it is {sigmaRel}."));
        double low = 0, high = 1 / sigmaRel;                 // the left side falls from 1/12, and is below 1 / gamma^2
        while (true)
        {
            double middle = (low + high) / 2;
            if (middle <= low || middle >= high)
                return middle;                               // neighbouring numbers
            if ((middle + 1) / ((middle + 2) * (middle + 2) * (middle + 3)) > sigmaRel * sigmaRel)
                low = middle;
            else
                high = middle;
        }
    }

    /// <summary>The part beta_t of the average that stays at step t, counted from 1: (1 - 1/t)^(gamma + 1).</summary>
    public static double Decay(double gamma, long step) => Math.Pow(1 - 1.0 / step, gamma + 1);

    /// <summary>The integral of the product of two profiles.</summary>
    public static double InnerProduct(PowerFunctionProfile one, PowerFunctionProfile other)
    {
        var (early, late) = one.Time <= other.Time ? (one, other) : (other, one);
        double a = GammaOf(early.SigmaRel), b = GammaOf(late.SigmaRel);
        // (a+1)(b+1) / (early^(a+1) late^(b+1)) times the integral of tau^(a+b) up to early
        return (a + 1) * (b + 1) / (a + b + 1) * Math.Pow(early.Time / late.Time, b) / late.Time;
    }
}
