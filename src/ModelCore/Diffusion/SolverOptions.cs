namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>How the noise is taken away: Heun's method over a schedule of noise levels.</summary>
/// <param name="Steps">Solver steps N; the last one is an Euler step to noise level 0, so the network is called 2N - 1 times.</param>
/// <param name="SigmaMin">Lowest noise level before 0 (sigma_min).</param>
/// <param name="SigmaMax">Noise level of the latents (sigma_max).</param>
/// <param name="Rho">How much the levels crowd towards the low end (rho).</param>
public sealed record SolverOptions(int Steps = 25, double SigmaMin = 0.002, double SigmaMax = 80, double Rho = 7)
{
    /// <exception cref="RadioDiffusionException">A value is out of range; the message names it.</exception>
    public void Check()
    {
        if (Steps < 2)
            throw new RadioDiffusionException($"Solver option {nameof(Steps)} should be 2 or more, but it is {Steps}.");
        if (!(SigmaMin > 0 && SigmaMin < SigmaMax && double.IsFinite(SigmaMax)))
            throw new RadioDiffusionException($"Solver options {nameof(SigmaMin)} and {nameof(SigmaMax)} should obey 0 < SigmaMin < SigmaMax, but they are {SigmaMin} and {SigmaMax}.");
        if (!(Rho > 0))
            throw new RadioDiffusionException($"Solver option {nameof(Rho)} should be positive, but it is {Rho}.");
    }
}
