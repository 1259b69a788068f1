namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>One call of the network for one image, and what follows from it.</summary>
/// <param name="Sigma">The noise level of row 0, which the network is told.</param>
/// <param name="AddedNoise">Standard deviation of the fresh noise that row 0 gets before the call; 0 for none.</param>
/// <param name="Update">The new rows, row by row: the factors of the old rows, then of the denoised image; <see cref="SolverPath.Rows"/> times one more of them.</param>
/// <param name="EndsStep">Whether row 0 is the image at the next noise level then.</param>
internal sealed record SolverCall(double Sigma, double AddedNoise, double[] Update, bool EndsStep);

/// <summary>All that a solver does to one image: it begins as the latent image times <see cref="FirstSigma"/> in row 0, and ends as row 0 after the last call.</summary>
internal sealed class SolverPath
{
    /// <summary>Images that a solver can remember, the one that the network is given included.</summary>
    public const int Rows = 5;

    private readonly List<SolverCall> _calls = [];

    public required double FirstSigma { get; init; }

    public IReadOnlyList<SolverCall> Calls => _calls;

    /// <summary>Rows that are not zero at some time: what a half-done image is to be kept with.</summary>
    public int UsedRows { get; private set; } = 1;

    /// <param name="sigma">The noise level of row 0.</param>
    /// <param name="rows">The new rows, as many as are needed later; the others become zero.</param>
    /// <param name="endsStep">Whether row 0 is the image at the next noise level then.</param>
    /// <param name="addedNoise">Standard deviation of the fresh noise that row 0 gets before the call.</param>
    public void Call(double sigma, Combination[] rows, bool endsStep, double addedNoise = 0)
    {
        double[] update = new double[Rows * (Rows + 1)];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int i = 0; i <= Rows; i++)
                update[row * (Rows + 1) + i] = rows[row].Factors[i];
        }
        UsedRows = Math.Max(UsedRows, rows.Length);
        _calls.Add(new SolverCall(sigma, addedNoise, update, endsStep));
    }
}
