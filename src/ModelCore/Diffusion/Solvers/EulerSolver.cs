namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>Euler's method, one call a step; with a student of few steps, what it was distilled for. The same as DDIM.</summary>
/// <remarks>Song et al. (2021), eq. 12, in the notation of Karras et al. (2022).</remarks>
internal sealed class EulerSolver : Solver
{
    public override string Name => "euler";

    public override string Description => "Euler's method (DDIM): one call a step, first order";

    public override int FewestSteps => 1;

    protected override void Write(SolverPath path, double[] sigmas, SolverOptions options)
    {
        var (x, denoised) = (Combination.Row(0), Combination.Denoised);
        for (int i = 0; i < sigmas.Length - 1; i++)
            path.Call(sigmas[i], [x + (sigmas[i + 1] - sigmas[i]) * ((x - denoised) / sigmas[i])], endsStep: true);
    }
}
