using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Silo;

/// <summary>Before the silo ends, every run that is training here writes a checkpoint and is paused, so that nothing of it is lost.</summary>
internal sealed partial class PauseRunsAtEnd(IGrainFactory grains, ILogger<PauseRunsAtEnd> logger) : IHostedLifecycleService
{
    /// <summary>For an iteration and a checkpoint; whoever ends this process by force should wait longer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private static readonly GrainType _runs = GrainType.Create("training-run");

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before the host says that it is stopping: from then on Orleans takes no more calls.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        enough.CancelAfter(LongestWait);
        try
        {
            // Only those with an activation: a run without one trains nowhere.
            var active = await grains.GetGrain<IManagementGrain>(0).GetActiveGrains(_runs, enough.Token);
            await Task.WhenAll(active.Select(id => PauseAsync(grains.GetGrain<ITrainingRunGrain>(id.Key.ToString()!), enough.Token)));
        }
        catch (Exception error) when (error is OrleansException or OperationCanceledException or TimeoutException || ErrorReasons.IsKnown(error))
        {
            // The silo ends all the same; the runs go on from their last checkpoints.
            LogNotPaused(error);
        }
    }

    private async Task PauseAsync(ITrainingRunGrain run, CancellationToken cancellationToken)
    {
        if ((await run.GetStatusAsync(cancellationToken)).State != WorkState.Running)
            return;
        await run.PauseAsync(cancellationToken);
        var status = await run.FollowAsync(_ => { }, cancellationToken);
        LogPaused(status.Name, status.State, status.Checkpoint?.Iteration ?? 0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Training run {Name} is {State} with the checkpoint of iteration {Iteration}, since this process ends")]
    private partial void LogPaused(string name, WorkState state, long iteration);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A training run could not be paused in time: it will go on from its last checkpoint")]
    private partial void LogNotPaused(Exception error);
}
