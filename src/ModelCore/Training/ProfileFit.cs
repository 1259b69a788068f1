namespace RadioDiffusion.ModelCore.Training;

/// <summary>A power-function profile as a combination of others, best in the sense of least squares.</summary>
/// <remarks>Karras et al. (2024), Appendix C: the normal equations of the profiles' inner products, solved in float64.</remarks>
public sealed class ProfileFit
{
    /// <summary>What is left of a profile of length 1 beside those that were taken before is numerical noise below this (squared); it is not taken then.</summary>
    private const double SmallestPivot = 1e-13;

    private ProfileFit(double[] coefficients, double misfit) => (Coefficients, Misfit) = (coefficients, misfit);

    /// <summary>What each stored average counts, in their order. They add up to about 1, some are negative.</summary>
    public IReadOnlyList<double> Coefficients { get; }

    /// <summary>L2 norm of the difference from the profile that was asked for, relative to that profile's.</summary>
    public double Misfit { get; }

    /// <summary>How much rounding errors of the stored averages grow: the sum of the coefficients' absolute values.</summary>
    public double Amplification => Coefficients.Sum(Math.Abs);

    /// <param name="stored">The profiles there are.</param>
    /// <param name="target">The profile wanted.</param>
    /// <exception cref="RadioDiffusionException">There are none, or a width is out of range.</exception>
    public static ProfileFit Solve(IReadOnlyList<PowerFunctionProfile> stored, PowerFunctionProfile target)
    {
        if (stored.Count == 0)
            throw new RadioDiffusionException("There are no stored averages to combine.");
        int itself = stored.ToList().IndexOf(target);
        if (itself >= 0)
            return new ProfileFit([.. stored.Select((_, i) => i == itself ? 1.0 : 0.0)], 0);
        return SolveNormalEquations(stored, target);
    }

    /// <summary>As <see cref="Solve"/>, also where the target is among the stored ones.</summary>
    internal static ProfileFit SolveNormalEquations(IReadOnlyList<PowerFunctionProfile> stored, PowerFunctionProfile target)
    {
        double[] norms = [.. stored.Select(Norm)];
        double targetNorm = Norm(target);
        double[,] cosines = new double[stored.Count, stored.Count];
        for (int i = 0; i < stored.Count; i++)
        {
            for (int j = 0; j <= i; j++)
                cosines[i, j] = cosines[j, i] = PowerFunctionProfile.InnerProduct(stored[i], stored[j]) / (norms[i] * norms[j]);
        }
        double[] right = [.. stored.Select((profile, i) => PowerFunctionProfile.InnerProduct(profile, target) / (norms[i] * targetNorm))];
        double[] solution = SolveSymmetric(cosines, right);
        double square = 1;
        for (int i = 0; i < solution.Length; i++)
        {
            square -= 2 * solution[i] * right[i];
            for (int j = 0; j < solution.Length; j++)
                square += solution[i] * solution[j] * cosines[i, j];
        }
        return new ProfileFit([.. solution.Select((value, i) => value * targetNorm / norms[i])], Math.Sqrt(Math.Max(0, square)));
    }

    private static double Norm(PowerFunctionProfile profile) => Math.Sqrt(PowerFunctionProfile.InnerProduct(profile, profile));

    /// <summary>
    /// Cholesky's factorisation, always with the row that is least explained by those before, until the rest is noise: profiles that
    /// nearly are combinations of others get coefficient 0.
    /// </summary>
    private static double[] SolveSymmetric(double[,] matrix, double[] right)
    {
        int count = right.Length;
        double[,] factor = new double[count, count];         // rows by matrix row, columns by order of taking
        double[] rest = [.. Enumerable.Range(0, count).Select(i => matrix[i, i])];
        var taken = new List<int>();
        while (taken.Count < count)
        {
            int next = Enumerable.Range(0, count).Except(taken).MaxBy(i => rest[i]);
            if (rest[next] < SmallestPivot)
                break;
            int column = taken.Count;
            factor[next, column] = Math.Sqrt(rest[next]);
            taken.Add(next);
            foreach (int i in Enumerable.Range(0, count).Except(taken))
            {
                double sum = matrix[i, next];
                for (int k = 0; k < column; k++)
                    sum -= factor[i, k] * factor[next, k];
                factor[i, column] = sum / factor[next, column];
                rest[i] -= factor[i, column] * factor[i, column];
            }
        }
        double[] solution = new double[count];
        double[] half = new double[taken.Count];
        for (int i = 0; i < half.Length; i++)
        {
            double sum = right[taken[i]];
            for (int k = 0; k < i; k++)
                sum -= factor[taken[i], k] * half[k];
            half[i] = sum / factor[taken[i], i];
        }
        for (int i = half.Length - 1; i >= 0; i--)
        {
            double sum = half[i];
            for (int k = i + 1; k < half.Length; k++)
                sum -= factor[taken[k], i] * solution[taken[k]];
            solution[taken[i]] = sum / factor[taken[i], i];
        }
        return solution;
    }
}
