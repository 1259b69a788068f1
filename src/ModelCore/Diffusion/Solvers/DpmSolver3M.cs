namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>DPM-Solver++(3M): one call a step, third order.</summary>
/// <remarks>
/// Lu et al. (2022b), eq. 8, with the polynomial through the last three D integrated exactly. The usual programs have half of its quadratic term, which leaves
/// them at second order.
/// </remarks>
internal sealed class DpmSolver3M : MultistepSolver
{
    public override string Name => "dpmpp3m";

    public override string Description => "DPM-Solver++(3M): one call a step, third order (Lu et al. 2022b)";

    protected override Combination[] Step(double[] sigmas, int i)
    {
        var (x, denoised, before, earlier) = (Combination.Row(0), Combination.Denoised, Combination.Row(1), Combination.Row(2));
        double h = Lambda(sigmas, i, i + 1);
        (double R, Combination Denoised)[] others = [.. new[] { before, earlier }.Take(i).Select((image, k) => (Lambda(sigmas, i, i - 1 - k) / h, image))];
        return [Math.Exp(-h) * x + Integral(h, denoised, others), denoised, before];
    }
}
