using System.Text.Json.Nodes;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Workflows;

namespace RadioDiffusion.Grains.Workflows.Kinds;

/// <summary>A training run to its end, and the model that it registers. Stopped, the run writes a checkpoint and is paused; run again, it goes on from there.</summary>
internal class TrainTarget : ITargetWork
{
    public virtual string Kind => "train";

    public async Task<TargetResult> RunAsync(TargetContext context, CancellationToken cancellationToken)
    {
        var run = context.Grains.TrainingRun(context.NameInStore);
        // Not cancelled half-way: to be paused, a run must have begun.
        await run.StartAsync(RequestOf(context), CancellationToken.None);
        await run.ResumeAsync(CancellationToken.None);
        TrainingStatus status;
        try
        {
            status = await run.FollowAsync(status => context.Report(ProgressOf(status)), cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            context.Tell("writing a checkpoint", 0, 0);
            await run.PauseAsync(CancellationToken.None);
            await run.FollowAsync(_ => { }, CancellationToken.None);
            throw;
        }
        if (status is not { State: WorkState.Done, Snapshot: { } snapshot })
            throw new UserErrorException(ErrorKind.Failed, context.Name, status.Error ?? $"Run '{status.Name}' is {status.State.ToString().ToLowerInvariant()} at iteration {status.Iteration} of {status.TotalIterations}: the next build goes on with it.");
        // A snapshot's ID is the digest of its content.
        return TargetContext.Result(snapshot, snapshot, (TargetKinds.Model, context.NameInStore), ("run", context.NameInStore));
    }

    protected virtual TrainingRequest RequestOf(TargetContext context) => new()
    {
        Dataset = context.Text("dataset")!,
        Preset = context.Text("preset") ?? "small",
        Iterations = context.Long("iterations"),
        BatchSize = context.Whole("batch"),
        LearningRate = context.Number("learningRate"),
        CheckpointEvery = context.Whole("checkpointEvery"),
        ValidateEvery = context.Whole("validateEvery"),
        SampleGrids = context.Whole("sampleGrids"),
        Workers = context.Whole("workers") ?? 1,
        Configuration = (context.Parameters["config"] as JsonObject)?.ToJsonString(),
        InitialModel = context.Text("fromModel"),
        Seed = context.Seed,
    };

    private static TargetProgress ProgressOf(TrainingStatus status) => new()
    {
        State = WorkState.Running,
        Phase = status.Note is { } note ? $"training ({note.TrimEnd('.')})" : "training",
        Done = status.Iteration,
        Total = status.TotalIterations,
        Loss = status.Loss,
    };
}

/// <summary>A training run of a student: it begins with its teacher's weights.</summary>
internal sealed class DistilTarget : TrainTarget
{
    public override string Kind => "distil";

    protected override TrainingRequest RequestOf(TargetContext context)
    {
        var configuration = (JsonObject?)context.Parameters["config"]?.DeepClone() ?? [];
        var training = (JsonObject?)configuration["training"] ?? [];
        configuration["training"] = training;
        training["distillation"] = new JsonObject { ["steps"] = context.Whole("steps") ?? 4, ["guidance"] = context.Number("guidance") ?? 0.1 };
        return base.RequestOf(context) with { InitialModel = context.Text("teacher"), Configuration = configuration.ToJsonString() };
    }
}
