using RadioDiffusion.ModelCore.Diffusion.Solvers;

namespace RadioDiffusion.ModelCore.Diffusion;

/// <summary>How the noise is taken away: a solver over a schedule of noise levels.</summary>
/// <param name="Steps">Solver steps N; the last one ends at noise level 0.</param>
/// <param name="SigmaMin">Lowest noise level before 0 (sigma_min).</param>
/// <param name="SigmaMax">Noise level of the latents (sigma_max).</param>
/// <param name="Rho">How much the levels crowd towards the low end (rho).</param>
public sealed record SolverOptions(int Steps = 25, double SigmaMin = 0.002, double SigmaMax = 80, double Rho = 7)
{
    public const int MostSteps = 1000;

    /// <summary>One of <see cref="Names"/>.</summary>
    public string Name { get; init; } = HeunSolver.PaperName;

    /// <summary>How much noise is added on the way (S_churn), 0 for none; for solvers that can.</summary>
    public double Churn { get; init; }

    /// <summary>Lowest noise level at which noise is added (S_tmin).</summary>
    public double ChurnFrom { get; init; }

    /// <summary>Highest noise level at which noise is added (S_tmax).</summary>
    public double ChurnTo { get; init; } = double.PositiveInfinity;

    /// <summary>Factor of the added noise (S_noise).</summary>
    public double ChurnNoise { get; init; } = 1;

    /// <summary>
    /// How images are made where nobody asks for something else: UniPC in 12 steps, a quarter of the calls of the paper's 25 Heun steps at a difference of 0.3 % of the peak (docs/benchmarks.md).
    /// </summary>
    public static SolverOptions Usual => UsualOf(UniPcSolver.UniPcName);

    /// <summary>The steps and noise levels that a solver is used with where nobody asks for others.</summary>
    /// <exception cref="RadioDiffusionException">There is no such solver.</exception>
    public static SolverOptions UsualOf(string solver) => Solver.Named(solver).Usual;

    /// <summary>The solvers there are, the paper's first.</summary>
    public static IReadOnlyList<string> Names => Solver.Names;

    /// <summary>Each solver's name with what it is and where it is from.</summary>
    public static IEnumerable<(string Name, string Description)> Descriptions => Names.Select(name => (name, Solver.Named(name).Description));

    /// <summary>Calls of the network for an image without guidance.</summary>
    public int Calls => Solver.PathOf(this).Calls.Count;

    /// <summary>Images that the network computes for one sample: one a call, and a second one where guidance acts.</summary>
    public int NetworkImages(SampleConditions conditions) => Solver.PathOf(this).Calls.Sum(call => conditions.NeedsGuidance(call.Sigma) ? 2 : 1);

    /// <exception cref="RadioDiffusionException">A value is out of range; the message names it.</exception>
    public void Check()
    {
        var solver = Solver.Named(Name);
        Require(Steps >= solver.FewestSteps && Steps <= MostSteps, nameof(Steps), $"a whole number from {solver.FewestSteps} to {MostSteps}", Steps);
        if (!(SigmaMin > 0 && SigmaMin < SigmaMax && double.IsFinite(SigmaMax)))
            throw new RadioDiffusionException($"Solver options {nameof(SigmaMin)} and {nameof(SigmaMax)} should obey 0 < SigmaMin < SigmaMax, but they are {SigmaMin} and {SigmaMax}.");
        Require(Rho > 0 && double.IsFinite(Rho), nameof(Rho), "a positive number", Rho);
        Require(Churn >= 0 && double.IsFinite(Churn), nameof(Churn), "a finite number from 0", Churn);
        Require(Churn == 0 || solver.CanChurn, nameof(Churn), $"0 for the solver {Name}, which adds no noise", Churn);
        Require(ChurnFrom >= 0 && ChurnFrom < ChurnTo, nameof(ChurnFrom), $"from 0 to below {nameof(ChurnTo)}, which is {ChurnTo}", ChurnFrom);
        Require(ChurnNoise > 0 && double.IsFinite(ChurnNoise), nameof(ChurnNoise), "a positive number", ChurnNoise);
    }

    private static void Require(bool condition, string option, string expected, object found)
    {
        if (!condition)
            throw new RadioDiffusionException(FormattableString.Invariant($"Solver option {option} should be {expected}, but it is {found}."));
    }
}
