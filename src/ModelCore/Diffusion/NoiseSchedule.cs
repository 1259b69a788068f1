namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>Noise levels: those a solver steps through, and those a training draws.</summary>
public static class NoiseSchedule
{
    /// <summary>
    /// sigma_i = (sigma_max^(1/rho) + i/(N-1) (sigma_min^(1/rho) - sigma_max^(1/rho)))^rho for i = 0 to N - 1, then 0: N + 1 values. A single step begins at sigma_max.
    /// </summary>
    /// <remarks>Karras et al. (2022), eq. 5. The exponent 1/rho is misplaced in the print of the radio paper (its eq. 25).</remarks>
    public static double[] Levels(SolverOptions options)
    {
        options.Check();
        double first = Math.Pow(options.SigmaMax, 1 / options.Rho);
        double last = Math.Pow(options.SigmaMin, 1 / options.Rho);
        var sigmas = new double[options.Steps + 1];
        for (int i = 0; i < options.Steps; i++)
            sigmas[i] = Math.Pow(first + i / Math.Max(1, options.Steps - 1.0) * (last - first), options.Rho);
        return sigmas;
    }

    /// <summary>The log-normal noise level sigma = exp(P_mean + P_std z) of a standard normal z.</summary>
    /// <remarks>Karras et al. (2022), table 1; the published radio models use P_mean = -2.5 and P_std = 1.8.</remarks>
    public static double LogNormal(double z, double logMean, double logDeviation) => Math.Exp(logMean + logDeviation * z);
}
