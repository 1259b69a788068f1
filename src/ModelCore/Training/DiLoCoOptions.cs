namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// DiLoCo (Douillard et al. 2023, arXiv:2311.08105): each trainer takes some steps by itself, on its share of every batch; then all meet, and go on from where the mean of their ways leads.
/// </summary>
public sealed record DiLoCoOptions
{
    /// <summary>Steps between two meetings (H). Validations and checkpoints are of what the trainers have when they meet, so the steps between those are multiples of it.</summary>
    public int LocalSteps { get; init; } = 50;

    /// <summary>Learning rate of the outer step.</summary>
    public double OuterLearningRate { get; init; } = 0.7;

    /// <summary>Nesterov momentum of the outer step.</summary>
    public double OuterMomentum { get; init; } = 0.9;

    /// <exception cref="RadioDiffusionException">An option is out of range, or does not go with the others; the message names it.</exception>
    internal void Check(TrainingOptions training)
    {
        TrainingOptions.Require(LocalSteps > 0, nameof(LocalSteps), "positive", LocalSteps);
        TrainingOptions.Require(OuterLearningRate > 0, nameof(OuterLearningRate), "positive", OuterLearningRate);
        TrainingOptions.Require(OuterMomentum is >= 0 and < 1, nameof(OuterMomentum), "at least 0 and below 1", OuterMomentum);
        TrainingOptions.Require(training.CheckpointEvery % LocalSteps == 0, nameof(training.CheckpointEvery), $"a multiple of the {LocalSteps} local steps", training.CheckpointEvery);
        TrainingOptions.Require(training.ValidateEvery % LocalSteps == 0, nameof(training.ValidateEvery), $"a multiple of the {LocalSteps} local steps", training.ValidateEvery);
        TrainingOptions.Require(training.PowerEma is null or { Count: 0 }, nameof(training.PowerEma), "empty for trainers that take steps by themselves", string.Join(", ", training.PowerEma ?? []));
        TrainingOptions.Require(training.Precision != Precision.Auto, nameof(training.Precision), "given for trainers that take steps by themselves, since each would measure for itself", training.Precision);
    }
}
