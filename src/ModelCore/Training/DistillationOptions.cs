using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// Training of a student that makes in a few calls of its network what its teacher makes in many: at each noise level of a short schedule it learns the image whose Euler step leads where
/// the teacher, with guidance, gets in several steps. Its samples are those of Euler's method on that schedule, without guidance.
/// </summary>
/// <remarks>One round of progressive distillation (Salimans and Ho 2022, eq. 8, here in Karras' variables), with Heun steps of the guided teacher (Meng et al. 2023).</remarks>
public sealed record DistillationOptions
{
    public const int MostSteps = 64;

    /// <summary>Calls of the student's network for an image.</summary>
    public int Steps { get; init; } = 4;

    /// <summary>Guidance strength of the teacher, which the student has in it then.</summary>
    public double Guidance { get; init; } = 0.1;

    /// <summary>Lowest noise level before 0 of the student's schedule.</summary>
    public double SigmaMin { get; init; } = 0.15;

    /// <summary>How much the student's noise levels crowd towards the low end; near even factors by default.</summary>
    public double Rho { get; init; } = 20;

    /// <summary>Steps of Heun's method that the teacher takes for each of the student's.</summary>
    public int TeacherSteps { get; init; } = 2;

    /// <summary>How the student makes images.</summary>
    internal SolverOptions Solver => new(Steps, SigmaMin, Rho: Rho) { Name = "euler" };

    /// <exception cref="RadioDiffusionException">An option is out of range, or does not go with the others; the message names it.</exception>
    internal void Check(TrainingOptions training)
    {
        TrainingOptions.Require(Steps is >= 1 and <= MostSteps, $"Distillation.{nameof(Steps)}", $"1 to {MostSteps}", Steps);
        TrainingOptions.Require(Guidance >= 0 && double.IsFinite(Guidance), $"Distillation.{nameof(Guidance)}", "a finite number from 0", Guidance);
        TrainingOptions.Require(TeacherSteps is >= 1 and <= MostSteps, $"Distillation.{nameof(TeacherSteps)}", $"1 to {MostSteps}", TeacherSteps);
        TrainingOptions.Require(training.LogSigmaDeviation > 0, nameof(training.LogSigmaDeviation), "positive for a student, whose noise levels are drawn with it", training.LogSigmaDeviation);
        Solver.Check();
    }
}
