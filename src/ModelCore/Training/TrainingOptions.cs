using System.Globalization;
using System.Text.Json.Serialization;
using RadioDiffusion.ModelCore.Networks;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>How a network is trained. Defaults are those of the published LOFAR model.</summary>
public sealed record TrainingOptions
{
    /// <summary>Images a step.</summary>
    public int BatchSize { get; init; } = 256;

    /// <summary>Steps until the training is done; the trainer itself goes on as long as it is asked to.</summary>
    public long Iterations { get; init; } = 200_000;

    /// <summary>Adam's learning rate; the moments decay with 0.9 and 0.999.</summary>
    public double LearningRate { get; init; } = 2e-5;

    /// <summary>Steps over which the learning rate rises linearly from 0; 0 for none, as published.</summary>
    public long LearningRateWarmUp { get; init; }

    /// <summary>
    /// Steps at the end, before <see cref="Iterations"/>, over which the learning rate falls linearly to 0; 0 for none, as published.
    /// </summary>
    public long LearningRateDecay { get; init; }

    /// <summary>Decay of the exponential moving average of the weights, each step.</summary>
    public double EmaRate { get; init; } = 0.9999;

    /// <summary>Step from which weights are averaged; up to it the average is a copy. 500 in the published code.</summary>
    public long EmaStart { get; init; } = 500;

    /// <summary>Whether the rate grows as (1 + n) / (10 + n) over the first n averaged steps, for short trainings.</summary>
    public bool EmaWarmUp { get; init; }

    /// <summary>
    /// Relative widths (sigma_rel, 0.01 to 0.25) of power-function averages that are kept beside the exponential one, so that an average of any width can be made
    /// afterwards (<see cref="PostHocEma"/>); the usual pair is 0.05 and 0.1 (Karras et al. 2024). Null for none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public IReadOnlyList<double>? PowerEma { get; init; }

    /// <summary>Steps after which these averages are kept for good, and at the end; 0 for as often as checkpoints are written. For whoever drives the trainer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int PowerEmaEvery { get; init; }

    /// <summary>Mean of ln(sigma) in training (P_mean).</summary>
    public double LogSigmaMean { get; init; } = -2.5;

    /// <summary>Standard deviation of ln(sigma) in training (P_std).</summary>
    public double LogSigmaDeviation { get; init; } = 1.8;

    /// <summary>Weight of the multiscale loss, c of <see cref="Diffusion.EdmLoss.PerImage"/>; 0 for the published loss. It counts in training and validation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double CoarseLoss { get; init; }

    /// <summary>Share of images trained without their flux, for classifier-free guidance.</summary>
    public double ContextDropout { get; init; } = 0.1;

    /// <summary>Share of images trained without their class, for classifier-free guidance.</summary>
    public double LabelDropout { get; init; } = 0.1;

    /// <summary>Decides the initial weights, the split, the order, and everything random in a step.</summary>
    public ulong Seed { get; init; } = 42;

    /// <summary>Steps between validations; for whoever drives the trainer.</summary>
    public int ValidateEvery { get; init; } = 2500;

    /// <summary>Steps between checkpoints; for whoever drives the trainer.</summary>
    public int CheckpointEvery { get; init; } = 20_000;

    /// <summary>Share of the images that is kept for validation (rounded down, but at least one image unless it is 0).</summary>
    public double ValidationFraction { get; init; } = 0.1;

    /// <summary>At most so many validation images count in a validation; 0 for all.</summary>
    public int ValidationImages { get; init; }

    /// <summary>In which numbers the network is computed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public Precision Precision { get; init; }

    /// <summary>At most so many images go through the network at once, their gradients are added up; 0 for the whole batch. Saves memory, changes last bits only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int MicroBatchSize { get; init; }

    /// <summary>CPU threads of the tensor library; 0 leaves its setting alone. Results depend on it in the last bits.</summary>
    public int Threads { get; init; }

    /// <summary>How several trainers share their work on a slow network, or where there is no Gloo; null to add up the gradients of every step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DiLoCoOptions? DiLoCo { get; init; }

    /// <summary>How a student learns from the model that the training begins with; null to learn from the images alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DistillationOptions? Distillation { get; init; }

    /// <summary>
    /// The options of a preset: <c>lofar</c> and <c>first</c> as published, <c>small</c> for an hour on a CPU, <c>demo</c> for some minutes; <c>classifier</c> for
    /// some thirty passes over the FIRST images with classes, and <c>classifier-small</c> for half of them.
    /// </summary>
    public static TrainingOptions Preset(string name) => name switch
    {
        "lofar" => new(),
        "first" => new() { BatchSize = 128, Iterations = 40_000, ValidateEvery = 500, CheckpointEvery = 2000 },
        "small" => new()
        {
            BatchSize = 16,
            Iterations = 2000,
            LearningRate = 3e-4,
            EmaRate = 0.995,
            EmaStart = 0,
            EmaWarmUp = true,
            ValidateEvery = 200,
            ValidationImages = 64,
            CheckpointEvery = 500,
        },
        "demo" => Preset("small") with
        {
            BatchSize = 4,
            LogSigmaMean = -1.2,                             // more of the large noise levels, which decide where sources lie
            Iterations = 800,
            LearningRate = 1e-3,
            LearningRateWarmUp = 20,
            LearningRateDecay = 530,
            ValidateEvery = 80,
            ValidationImages = 32,
            CheckpointEvery = 80,
        },
        "classifier" => new()
        {
            BatchSize = 64,
            Iterations = 660,                                // 30 passes over four fifths of 1,758 images
            LearningRate = 1e-3,
            LearningRateWarmUp = 60,
            LearningRateDecay = 440,
            EmaRate = 0,
            EmaStart = 0,
            ValidateEvery = 22,
            CheckpointEvery = 110,
            ValidationFraction = 0.2,
        },
        "classifier-small" => Preset("classifier") with { Iterations = 330, LearningRateWarmUp = 30, LearningRateDecay = 220 },
        _ => throw new RadioDiffusionException($"A training preset should be lofar, first, small, demo, classifier or classifier-small, but it is '{name}'."),
    };

    /// <exception cref="RadioDiffusionException">An option is out of range; the message names it.</exception>
    public void Check()
    {
        Require(BatchSize > 0, nameof(BatchSize), "positive", BatchSize);
        Require(Iterations > 0, nameof(Iterations), "positive", Iterations);
        Require(LearningRate > 0, nameof(LearningRate), "positive", LearningRate);
        Require(LearningRateWarmUp >= 0, nameof(LearningRateWarmUp), "0 or more", LearningRateWarmUp);
        Require(LearningRateDecay >= 0 && LearningRateDecay <= Iterations, nameof(LearningRateDecay), $"0 to {Iterations}", LearningRateDecay);
        Require(EmaRate is >= 0 and < 1, nameof(EmaRate), "at least 0 and below 1", EmaRate);
        Require(EmaStart >= 0, nameof(EmaStart), "0 or more", EmaStart);
        CheckPowerEma();
        Require(LogSigmaDeviation >= 0, nameof(LogSigmaDeviation), "0 or more", LogSigmaDeviation);
        Require(double.IsFinite(CoarseLoss) && CoarseLoss >= 0, nameof(CoarseLoss), "0 or more", CoarseLoss);
        Require(ContextDropout is >= 0 and <= 1, nameof(ContextDropout), "0 to 1", ContextDropout);
        Require(LabelDropout is >= 0 and <= 1, nameof(LabelDropout), "0 to 1", LabelDropout);
        Require(ValidationFraction is >= 0 and < 1, nameof(ValidationFraction), "at least 0 and below 1", ValidationFraction);
        Require(ValidationImages >= 0, nameof(ValidationImages), "0 or more", ValidationImages);
        Require(ValidateEvery > 0, nameof(ValidateEvery), "positive", ValidateEvery);
        Require(CheckpointEvery > 0, nameof(CheckpointEvery), "positive", CheckpointEvery);
        Require(Enum.IsDefined(Precision), nameof(Precision), string.Join(", ", Enum.GetNames<Precision>()), Precision);
        Require(MicroBatchSize >= 0, nameof(MicroBatchSize), "0 or more", MicroBatchSize);
        Require(Threads >= 0, nameof(Threads), "0 or more", Threads);
        DiLoCo?.Check(this);
        Distillation?.Check(this);
    }

    /// <exception cref="RadioDiffusionException">An option does not go with networks of this kind; the message names it.</exception>
    public void CheckFor(NetworkKind kind)
    {
        if (kind != NetworkKind.Classifier)
            return;
        const string Reason = "for a classifier, whose running statistics belong to the very weights they were taken with";
        Require(EmaRate == 0, nameof(EmaRate), $"0 {Reason}", EmaRate);
        Require(PowerEma is null or { Count: 0 }, nameof(PowerEma), $"empty {Reason}", string.Join(", ", (PowerEma ?? []).Select(width => width.ToString(CultureInfo.InvariantCulture))));
        Require(CoarseLoss == 0, nameof(CoarseLoss), "0 for a classifier, which makes no images", CoarseLoss);
        Require(Distillation == null, nameof(Distillation), "absent for a classifier, which is one call already", "given");
        Require(DiLoCo == null, nameof(DiLoCo), "absent for a classifier: its running statistics are no way that an outer step could go on", "given");
    }

    /// <summary>The learning rate of a step, counted from 1.</summary>
    internal double LearningRateAt(long iteration)
    {
        double rate = LearningRate;
        if (iteration < LearningRateWarmUp)
            rate *= (double)iteration / LearningRateWarmUp;
        if (LearningRateDecay > 0)
            rate *= Math.Clamp((double)(Iterations - iteration + 1) / (LearningRateDecay + 1), 0, 1);
        return rate;
    }

    /// <summary>The decay of the average at a step, counted from 1; 0 while the average is a copy.</summary>
    internal double EmaRateAt(long iteration)
    {
        long averaged = iteration - EmaStart - 1;
        if (averaged <= 0)
            return 0;
        return EmaWarmUp ? Math.Min(EmaRate, (1.0 + averaged) / (10 + averaged)) : EmaRate;
    }

    /// <summary>Whether the power-function averages are kept for good after a step.</summary>
    public bool KeepsAveragesAt(long iteration) =>
        PowerEma is { Count: > 0 } && (iteration % (PowerEmaEvery > 0 ? PowerEmaEvery : CheckpointEvery) == 0 || iteration >= Iterations);

    private void CheckPowerEma()
    {
        Require(PowerEmaEvery >= 0, nameof(PowerEmaEvery), "0 or more", PowerEmaEvery);
        foreach (double width in PowerEma ?? [])
            Require(PowerFunctionProfile.IsWidth(width), nameof(PowerEma), FormattableString.Invariant($"widths of {PowerFunctionProfile.Narrowest} to {PowerFunctionProfile.Widest}"), width);
        Require(PowerEma == null || PowerEma.Distinct().Count() == PowerEma.Count, nameof(PowerEma), "different widths", string.Join(", ", (PowerEma ?? []).Select(width => width.ToString(CultureInfo.InvariantCulture))));
    }

    internal static void Require(bool condition, string option, string expected, object found)
    {
        if (!condition)
            throw new RadioDiffusionException($"Training option {option} should be {expected}, but it is {found}.");
    }
}
