using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Diffusion;
using RadioDiffusion.ModelCore.Evaluation.Comparison;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>A comparison of two sets, with its report.</summary>
internal sealed class EvaluateTarget(IArtifactStore store) : ITargetWork
{
    public string Kind => "evaluate";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        var model = context.Text("model") is { } name ? await context.Grains.Model(name).GetAsync(cancellationToken) : null;
        var solver = model == null ? new SolverOptions() : SampleIds.UsualSolver(model, context.Text("solver"), context.Whole("steps"));
        var request = new EvaluationRequest
        {
            Real = context.Text("real")!,
            Generated = context.Text("generated") ?? "",
            Model = model?.Name ?? "",
            Count = SampleTarget.CountOf(context),
            Guidance = SampleTarget.GuidanceOf(context, model),
            Solver = solver.Name,
            Steps = solver.Steps,
            Precision = context.Text("precision") ?? "f32",
            Seed = context.Seed,
            Classifier = context.Text("classifier"),
            Augmented = context.Text("augmented"),
            GuidanceTable = context.Numbers("guidanceTable") is { Count: > 0 } table ? new([.. table.Distinct().Order()]) : null,
            GuidanceCount = context.Whole("guidanceCount") ?? 200,
            Nearest = context.Whole("nearest") ?? 200,
            PublishedA50 = context.Flag("publishedA50"),
        };
        var evaluation = context.Grains.Evaluation(context.NameInStore);
        await evaluation.StartAsync(request, cancellationToken);
        var status = await evaluation.FollowAsync(status => context.Tell(status.Phase, status.Done, status.Total), cancellationToken);
        if (status is not { State: WorkState.Done, Artifact: { } artifact })
            throw new UserErrorException(ErrorKind.Failed, context.Name, status.Error ?? $"Evaluation '{status.Name}' ended as {status.State}.");
        var manifest = await store.FindAsync(artifact, cancellationToken);
        // The page names the program's version and the system, so that it would be another one elsewhere: the numbers are the result.
        return TargetContext.Result(artifact, Digests.OfFiles(manifest!.Files.Where(file => file.Name != SetComparison.ReportFile)));
    }
}
