namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>DPM-Solver++(2M): one call a step, second order.</summary>
/// <remarks>Lu et al. (2022b), algorithm 2.</remarks>
internal sealed class DpmSolver2M : MultistepSolver
{
    public override string Name => "dpmpp2m";

    public override string Description => "DPM-Solver++(2M): one call a step, second order (Lu et al. 2022b)";

    protected override Combination[] Step(double[] sigmas, int i)
    {
        var (x, denoised, before) = (Combination.Row(0), Combination.Denoised, Combination.Row(1));
        double h = Lambda(sigmas, i, i + 1);
        double r = i == 0 ? 0 : Lambda(sigmas, i - 1, i) / h;
        var extrapolated = i == 0 ? denoised : denoised + 1 / (2 * r) * (denoised - before);
        return [Math.Exp(-h) * x + -double.ExpM1(-h) * extrapolated, denoised];
    }
}
