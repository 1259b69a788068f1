using System.Collections.Frozen;

namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>
/// A way from noise to an image along dx/dsigma = (x - D(x; sigma)) / sigma (Karras et al. 2022, eq. 1 with sigma(t) = t). A new one is one more class in this folder:
/// it is found by itself, and its name is a key of sample IDs.
/// </summary>
internal abstract class Solver
{
    private static readonly FrozenDictionary<string, Solver> _all = typeof(Solver).Assembly.GetTypes()
        .Where(type => type.IsSubclassOf(typeof(Solver)) && !type.IsAbstract)
        .Select(type => (Solver)Activator.CreateInstance(type)!)
        .ToFrozenDictionary(solver => solver.Name);

    /// <summary>The names of all solvers, the paper's first.</summary>
    public static IReadOnlyList<string> Names { get; } = [HeunSolver.PaperName, .. _all.Keys.Where(name => name != HeunSolver.PaperName).Order(StringComparer.Ordinal)];

    /// <summary>In sample IDs and on the command line: lower-case letters and digits.</summary>
    public abstract string Name { get; }

    /// <summary>For people: what it is and where it is from.</summary>
    public abstract string Description { get; }

    /// <summary>A single step is Euler's for every solver, and so has that one's name.</summary>
    public virtual int FewestSteps => 2;

    /// <summary>The steps and noise levels that it is used with where nobody asks for others: the paper's.</summary>
    public virtual SolverOptions Usual => new() { Name = Name };

    /// <summary>Whether it can add noise on its way.</summary>
    public virtual bool CanChurn => false;

    /// <exception cref="RadioDiffusionException">There is no such solver.</exception>
    public static Solver Named(string name) => _all.TryGetValue(name, out var solver)
        ? solver
        : throw new RadioDiffusionException($"A solver should be one of {string.Join(", ", Names)}, but it is '{name}'.");

    /// <summary>The calls of the network that this solver makes.</summary>
    /// <exception cref="RadioDiffusionException">An option is out of range.</exception>
    public static SolverPath PathOf(SolverOptions options)
    {
        double[] sigmas = NoiseSchedule.Levels(options);
        var path = new SolverPath { FirstSigma = sigmas[0] };
        Named(options.Name).Write(path, sigmas, options);
        return path;
    }

    /// <summary>Writes the calls down.</summary>
    /// <param name="path">Empty.</param>
    /// <param name="sigmas">Falling noise levels; the last one is 0.</param>
    /// <param name="options">Checked already.</param>
    protected abstract void Write(SolverPath path, double[] sigmas, SolverOptions options);
}
