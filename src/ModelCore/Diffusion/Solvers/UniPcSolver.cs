namespace RadioDiffusion.ModelCore.Diffusion.Solvers;

/// <summary>UniPC of third order: each image is predicted, and corrected by what the network makes of the prediction, at one call a step.</summary>
/// <remarks>Zhao et al. (2023), algorithms 5 and 6 (prediction of data, multistep). The corrected image goes on; its denoised image is that of the prediction.</remarks>
internal sealed class UniPcSolver : MultistepSolver
{
    public const string UniPcName = "unipc";

    private const int Remembered = 3;                        // denoised images before the present one

    public override string Name => UniPcName;

    public override string Description => "UniPC, predictor and corrector of third order, one call a step (Zhao et al. 2023)";

    /// <summary>Rows: the prediction, the corrected image before it, and the denoised images before it.</summary>
    protected override Combination[] Step(double[] sigmas, int i)
    {
        Combination[] before = [.. Enumerable.Range(0, Math.Min(i, Remembered)).Select(k => Combination.Row(2 + k))];
        var x = i == 0 ? Combination.Row(0) : Corrected(sigmas, i, before);
        double h = Lambda(sigmas, i, i + 1);
        var predicted = Math.Exp(-h) * x + Integral(h, Combination.Denoised, Past(sigmas, i, h, before, count: 2));
        return [predicted, x, Combination.Denoised, .. before.Take(Remembered - 1)];
    }

    /// <summary>The step to noise level i again, with the denoised image at its end.</summary>
    private static Combination Corrected(double[] sigmas, int i, Combination[] before)
    {
        double h = Lambda(sigmas, i - 1, i);
        return Math.Exp(-h) * Combination.Row(1) + Integral(h, before[0], [(1, Combination.Denoised), .. Past(sigmas, i - 1, h, before[1..], count: 2)]);
    }

    /// <summary>Denoised images before noise level i, and where they are.</summary>
    private static (double R, Combination Denoised)[] Past(double[] sigmas, int i, double h, Combination[] before, int count) =>
        [.. before.Take(count).Select((image, k) => (Lambda(sigmas, i, i - 1 - k) / h, image))];
}
