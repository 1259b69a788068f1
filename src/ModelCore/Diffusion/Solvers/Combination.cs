namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>
/// An image written as a sum of what a solver has in its hands: the rows of its state (row 0 is what the network was given) and the denoised image. Solvers
/// are written with these as the formulas of their papers are with images; what is computed later, for many images at once, is a product of matrices.
/// </summary>
internal readonly struct Combination
{
    private readonly double[]? _factors;

    private Combination(double[] factors) => _factors = factors;

    /// <summary>Factors of the rows, then of the denoised image.</summary>
    public ReadOnlySpan<double> Factors => _factors ?? new double[SolverPath.Rows + 1];

    public static Combination Row(int row) => Unit(row);

    /// <summary>What the network made of row 0: D(x; sigma), guidance included.</summary>
    public static Combination Denoised { get; } = Unit(SolverPath.Rows);

    public static Combination operator +(Combination one, Combination other) => new(Zip(one, other, (a, b) => a + b));

    public static Combination operator -(Combination one, Combination other) => new(Zip(one, other, (a, b) => a - b));

    public static Combination operator *(double factor, Combination image) => new(Array.ConvertAll(image.Factors.ToArray(), value => factor * value));

    public static Combination operator /(Combination image, double divisor) => new(Array.ConvertAll(image.Factors.ToArray(), value => value / divisor));

    private static Combination Unit(int index)
    {
        double[] factors = new double[SolverPath.Rows + 1];
        factors[index] = 1;
        return new(factors);
    }

    private static double[] Zip(Combination one, Combination other, Func<double, double, double> operation)
    {
        double[] factors = one.Factors.ToArray();
        for (int i = 0; i < factors.Length; i++)
            factors[i] = operation(factors[i], other.Factors[i]);
        return factors;
    }
}
