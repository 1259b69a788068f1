using MathNet.Numerics.LinearAlgebra;

namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>
/// Solvers with one call a step that remember denoised images: they integrate x' = e^(-h) x + ∫ e^(s - h) D ds exactly, but for the course of D, over h = lambda' - lambda with
/// lambda = -ln sigma. Rows: x, and what a solver remembers.
/// </summary>
/// <remarks>Lu et al. (2022b), "DPM-Solver++", eq. 8 for alpha = 1.</remarks>
internal abstract class MultistepSolver : Solver
{
    /// <summary>
    /// Higher order wants noise levels in nearly even factors, and a larger last one: with these, 12 steps of UniPC are six times as near to the solution as with the paper's (measured on the
    /// starter models, docs/benchmarks.md).
    /// </summary>
    public sealed override SolverOptions Usual => new(Steps: 12, SigmaMin: 0.015, Rho: 20) { Name = Name };

    protected sealed override void Write(SolverPath path, double[] sigmas, SolverOptions options)
    {
        for (int i = 0; i < sigmas.Length - 1; i++)
        {
            Combination[] rows = sigmas[i + 1] == 0
                ? [Last(sigmas, i)]                          // h is infinite: only D is left
                : Step(sigmas, i);
            path.Call(sigmas[i], rows, endsStep: true);
        }
    }

    /// <summary>The image at noise level 0.</summary>
    protected virtual Combination Last(double[] sigmas, int i) => Combination.Denoised;

    /// <summary>The rows after the step from noise level i to i + 1, which is not 0.</summary>
    protected abstract Combination[] Step(double[] sigmas, int i);

    /// <summary>lambda_j - lambda_i = ln(sigma_i / sigma_j).</summary>
    protected static double Lambda(double[] sigmas, int i, int j) => Math.Log(sigmas[i] / sigmas[j]);

    /// <summary>
    /// What the course of D adds to e^(-h) x: the integral of e^(s - h) times the polynomial through <paramref name="denoised"/> at lambda_i and others at
    /// lambda_i + r h, less its constant's approximation by <paramref name="denoised"/>, which is in it.
    /// </summary>
    /// <param name="h">lambda' - lambda of the step.</param>
    /// <param name="denoised">D at its beginning.</param>
    /// <param name="others">Further D, and where: r is negative before the step, 1 at its end.</param>
    /// <remarks>Zhao et al. (2023), "UniPC", eq. 4 and 5: the factors rho solve sum over k of rho_k r_k^(n-1) = n! phi_(n+1) / phi_1.</remarks>
    protected static Combination Integral(double h, Combination denoised, params ReadOnlySpan<(double R, Combination Denoised)> others)
    {
        double constant = -double.ExpM1(-h);
        var sum = constant * denoised;
        if (others.Length == 0)
            return sum;
        var powers = Matrix<double>.Build.Dense(others.Length, others.Length);
        var moments = Vector<double>.Build.Dense(others.Length);
        for (int n = 0; n < others.Length; n++)
        {
            for (int k = 0; k < others.Length; k++)
                powers[n, k] = Math.Pow(others[k].R, n);
            moments[n] = Moment(h, n + 1) / constant;
        }
        var rho = powers.Solve(moments);
        for (int k = 0; k < others.Length; k++)
            sum += constant * rho[k] / others[k].R * (others[k].Denoised - denoised);
        return sum;
    }

    /// <summary>The integral of e^(s - h) (s / h)^n from 0 to h.</summary>
    private static double Moment(double h, int n)
    {
        const double Small = 0.5;                            // below, the differences of the recursion lose digits
        const int Terms = 16;
        if (h >= Small)
        {
            double moment = -double.ExpM1(-h);
            for (int k = 1; k <= n; k++)
                moment = 1 - k * moment / h;                 // by parts
            return moment;
        }
        double term = h / (n + 1), sum = 0;
        for (int m = 0; m < Terms; m++)
        {
            sum += term;
            term *= -h / (n + m + 2);
        }
        return sum;
    }
}
