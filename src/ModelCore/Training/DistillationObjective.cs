using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Networks;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <inheritdoc cref="DistillationOptions"/>
internal sealed class DistillationObjective : Objective
{
    private const double LowestTeacherLevel = 0.02;          // below it a denoiser returns what it is given
    private readonly EdmPreconditioning _student;
    private readonly EdmPreconditioning _teacher;
    private readonly TrainingOptions _options;
    private readonly Tensor _levels;                         // (student's steps, teacher's steps + 1), falling

    /// <param name="student">What is trained.</param>
    /// <param name="teacher">Of the same shape, on the same device; disposed of with the objective.</param>
    /// <param name="options">With distillation.</param>
    /// <param name="toNumber">A number on the network's device.</param>
    public DistillationObjective(EdmPreconditioning student, EdmPreconditioning teacher, TrainingOptions options, Func<double, Tensor> toNumber)
    {
        (_student, _teacher, _options) = (student, teacher, options);
        _levels = stack([.. LevelsOf(options.Distillation!).Select(levels => stack([.. levels.Select(toNumber)]))]).DetachFromDisposeScope();
    }

    private DistillationOptions Distillation => _options.Distillation!;

    public override bool NeedsMasks => _student.Options.Dropout > 0;

    public override Tensor SumOfLosses(TrainingBatch batch, IDropoutMasks? dropout, Precision precision)
    {
        var levels = _levels.index_select(0, StepsOf(batch.Sigma!));
        var sigma = levels.select(1, 0);
        var noisy = batch.Images.Plus(batch.Noise! * (sigma / batch.Sigma!).reshape(-1, 1, 1, 1));
        Tensor target;
        using (no_grad())
            target = TargetOf(noisy, levels, batch.Conditions, precision).detach();
        Tensor denoised;
        using (Autocast.For(precision, batch.Images.device_type))
            denoised = _student.forward(noisy, sigma, batch.Conditions, dropout);
        return EdmLoss.PerImage(denoised, target, sigma, _student.Options.SigmaData, _options.CoarseLoss).sum();
    }

    public override void Dispose()
    {
        _levels.Dispose();
        _teacher.Dispose();
    }

    /// <summary>For each step of the student the noise levels of the teacher's way through it, first and last among them.</summary>
    internal static double[][] LevelsOf(DistillationOptions options)
    {
        double[] sigmas = NoiseSchedule.Levels(options.Solver);
        return [.. Enumerable.Range(0, options.Steps).Select(i => Between(sigmas[i], sigmas[i + 1], options.TeacherSteps))];
    }

    /// <summary>In even factors; to 0 by way of <see cref="LowestTeacherLevel"/>.</summary>
    private static double[] Between(double from, double to, int steps)
    {
        int even = to > 0 ? steps : steps - 1;
        double end = to > 0 ? to : Math.Min(LowestTeacherLevel, from / 2);
        return [.. Enumerable.Range(0, steps + 1).Select(k => k == 0 ? from : k == steps ? to : from * Math.Pow(end / from, (double)k / even))];
    }

    /// <summary>Which step of the student each image is for: the noise level that training drew, as its share of the log-normal distribution, falls evenly on all.</summary>
    private Tensor StepsOf(Tensor sigma)
    {
        var normal = (sigma.log() - Numbers.Of(_options.LogSigmaMean)) / Numbers.Of(_options.LogSigmaDeviation * Math.Sqrt(2));
        var share = normal.erf().Plus(Numbers.One) / Numbers.Of(2);
        return (share * Numbers.Of(Distillation.Steps)).floor().clamp(Numbers.Of(0), Numbers.Of(Distillation.Steps - 1)).to(ScalarType.Int64);
    }

    /// <summary>The image d for which the Euler step x + (s' - s) (x - d) / s leads where the teacher gets: d = (x' - r x) / (1 - r) with r = s' / s.</summary>
    private Tensor TargetOf(Tensor noisy, Tensor levels, Conditions conditions, Precision precision)
    {
        var x = noisy;
        for (int k = 0; k < Distillation.TeacherSteps; k++)
            x = HeunStep(x, levels.select(1, k), levels.select(1, k + 1), conditions, precision);
        var ratio = (levels.select(1, Distillation.TeacherSteps) / levels.select(1, 0)).reshape(-1, 1, 1, 1);
        return (x - ratio * noisy) / ratio.neg().Plus(Numbers.One);
    }

    /// <summary>Each image between levels of its own; where it ends at 0, Euler's step.</summary>
    private Tensor HeunStep(Tensor x, Tensor from, Tensor to, Conditions conditions, Precision precision)
    {
        var (s, next) = (from.reshape(-1, 1, 1, 1), to.reshape(-1, 1, 1, 1));
        var slope = (x - Guided(x, from, conditions, precision)) / s;
        var euler = x.Plus((next - s) * slope);
        var ends = next.le(Numbers.Of(0));
        if (ends.all().item<bool>())
            return euler;
        var safe = where(to.le(Numbers.Of(0)), from, to);
        var nextSlope = (euler - Guided(euler, safe, conditions, precision)) / safe.reshape(-1, 1, 1, 1);
        return where(ends, euler, x.Plus((next - s) * slope.Plus(nextSlope) / Numbers.Of(2)));
    }

    /// <summary>(1 + w) D(x | condition) - w D(x), both in one pass.</summary>
    private Tensor Guided(Tensor x, Tensor sigma, Conditions conditions, Precision precision)
    {
        using var cast = Autocast.For(precision, x.device_type);
        if (Distillation.Guidance == 0 || (conditions.Context is null && conditions.Labels is null))
            return _teacher.forward(x, sigma, conditions);
        var both = new Conditions(WithZeros(conditions.Context), WithZeros(conditions.ContextPresent), WithZeros(conditions.Labels));
        var halves = _teacher.forward(cat([x, x]), cat([sigma, sigma]), both).chunk(2);
        return halves[0] * Numbers.Of(1 + Distillation.Guidance) - halves[1] * Numbers.Of(Distillation.Guidance);
    }

    private static Tensor? WithZeros(Tensor? tensor) => tensor is null ? null : cat([tensor, zeros_like(tensor)]);
}
