using RadioDiffusion.Grains.Evaluation;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>Samples of a model as a set. What is computed is in the store, one by one.</summary>
internal sealed class SampleTarget(SampleSets samples) : ITargetWork
{
    private const int UsualCount = 256;

    public string Kind => "sample";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        var model = await context.Grains.Model(context.Text("model")!).GetAsync(cancellationToken);
        var solver = SampleIds.UsualSolver(model, context.Text("solver"), context.Whole("steps"));
        var wish = new SampleSetWish(model.Name, CountOf(context), GuidanceOf(context, model), solver.Name, solver.Steps, context.Text("precision") ?? "f32", context.Seed);
        if (wish.Count < 1)
            throw new UserErrorException(ErrorKind.Invalid, context.Name, $"The number of samples should be 1 or more, but it is {wish.Count}.");
        var set = await samples.MakeAsync(wish, context.Grains, (phase, done, total) => context.Tell(phase, done, total), cancellationToken);
        return TargetContext.Result(set.Artifact, set.Digest);
    }

    /// <summary>What is asked for, or what the model is made for, or the paper's.</summary>
    public static double GuidanceOf(TargetContext context, ModelEntry? model) =>
        context.Number("guidance") ?? model?.Usual?.Guidance ?? (model?.Classes.Count > 0 ? 0.75 : 0.1);

    public static int CountOf(TargetContext context) => context.Whole("count") ?? UsualCount;
}
