namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>Heun's method, second order with two calls a step, as in the paper; an Euler step to noise level 0 at the end. With churn, Karras' stochastic sampler.</summary>
/// <remarks>Karras et al. (2022), algorithms 1 and 2.</remarks>
internal sealed class HeunSolver : Solver
{
    public const string PaperName = "heun";

    private static readonly double _mostChurn = Math.Sqrt(2) - 1;

    public override string Name => PaperName;

    public override string Description => "Heun's method, as in the paper: two calls a step (Karras et al. 2022, algorithm 1; with churn, algorithm 2)";

    public override bool CanChurn => true;

    protected override void Write(SolverPath path, double[] sigmas, SolverOptions options)
    {
        var (x, denoised) = (Combination.Row(0), Combination.Denoised);
        for (int i = 0; i < sigmas.Length - 1; i++)
        {
            var (sigma, noise) = Churned(sigmas[i], options);
            double next = sigmas[i + 1], step = next - sigma;
            var slope = (x - denoised) / sigma;
            var euler = x + step * slope;
            path.Call(sigma, next == 0 ? [euler] : [euler, x + step / 2 * slope], endsStep: next == 0, noise);
            if (next == 0)
                continue;
            var nextSlope = (x - denoised) / next;           // x is the Euler step now, and row 1 lacks half of this slope
            path.Call(next, [Combination.Row(1) + step / 2 * nextSlope], endsStep: true);
        }
    }

    /// <summary>The noise level after fresh noise was added, and its standard deviation.</summary>
    private static (double Sigma, double Noise) Churned(double sigma, SolverOptions options)
    {
        if (options.Churn == 0 || sigma < options.ChurnFrom || sigma > options.ChurnTo)
            return (sigma, 0);
        double raised = sigma * (1 + Math.Min(options.Churn / options.Steps, _mostChurn));
        return (raised, options.ChurnNoise * Math.Sqrt(raised * raised - sigma * sigma));
    }
}
