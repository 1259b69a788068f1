namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// What losses are multiplied by in float16, so that small gradients do not become 0: as large as it goes without gradients that overflow. A step whose
/// gradients are not finite changes no weights, but it counts as an iteration, since which images come next follows from the iteration.
/// </summary>
/// <remarks>Micikevicius et al. (2018), Sect. 3.2; the numbers are those of PyTorch's GradScaler.</remarks>
public sealed record LossScale
{
    /// <summary>Steps with finite gradients after which the scale is tried twice as large.</summary>
    public const int GoodStepsBeforeGrowth = 2000;

    /// <summary>With a scale below this it is not the scale that keeps gradients from being finite.</summary>
    public const double Smallest = 1.0 / 65536;

    /// <summary>A power of 2, so that multiplying and dividing by it lose nothing.</summary>
    public double Scale { get; init; } = 65536;

    /// <summary>Steps with finite gradients since the scale was changed.</summary>
    public int GoodSteps { get; init; }

    /// <summary>Steps that changed no weights; the optimiser does not count them.</summary>
    public long LeftOut { get; init; }

    /// <summary>The scale of the next step.</summary>
    /// <param name="isFinite">Whether all gradients of this step were, summed over the workers.</param>
    /// <exception cref="RadioDiffusionException">They were not at any scale.</exception>
    public LossScale After(bool isFinite)
    {
        if (isFinite)
            return GoodSteps + 1 < GoodStepsBeforeGrowth ? this with { GoodSteps = GoodSteps + 1 } : this with { Scale = Scale * 2, GoodSteps = 0 };
        if (Scale / 2 < Smallest)
        {
            throw new RadioDiffusionException($"The gradients should be finite at some scale of the loss, but they are not even at {Scale:0.0e0}: the network leaves the range of {nameof(Precision.Float16)} "
                + $"(65504), or the training has diverged. Train in {nameof(Precision.BFloat16)} or {nameof(Precision.Float32)}, or with a smaller learning rate.");
        }
        return this with { Scale = Scale / 2, GoodSteps = 0, LeftOut = LeftOut + 1 };
    }
}
