using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Sampling;
using RadioDiffusion.Grains.Training;

namespace RadioDiffusion.Silo;

/// <summary>
/// Before the silo ends, every run that is training here writes a checkpoint, and every sampler stores what it has begun, so that nothing of it is lost: in a cluster it is handed over to
/// another silo then, else the run is paused, and the samples go on when somebody asks for them again.
/// </summary>
internal sealed partial class HandOverAtEnd(IGrainFactory grains, LocalTrainers trainers, LocalSamplers samplers, ILogger<HandOverAtEnd> logger) : IHostedLifecycleService
{
    /// <summary>For an iteration and a checkpoint; whoever ends this process by force should wait longer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan _betweenLooks = TimeSpan.FromMilliseconds(100);

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
        trainers.Leave();
        try
        {
            await Task.WhenAll([
                .. trainers.Runs.Select(name => HandOverAsync(name, enough.Token)),
                .. samplers.Keys.Select(key => grains.GetGrain<ISamplerGrain>(key).HandOverAsync(enough.Token)),
            ]);
        }
        catch (Exception error) when (error is OrleansException or OperationCanceledException or TimeoutException || ErrorReasons.IsKnown(error))
        {
            // The silo ends all the same; the runs go on from their last checkpoints.
            LogNotHandedOver(error);
        }
    }

    private async Task HandOverAsync(string name, CancellationToken cancellationToken)
    {
        var run = grains.GetGrain<ITrainingRunGrain>(name);
        await run.HandOverAsync(cancellationToken);
        using var poll = new PeriodicTimer(_betweenLooks);
        while (trainers.Runs.Contains(name))
            await poll.WaitForNextTickAsync(cancellationToken);
        var status = await run.GetStatusAsync(cancellationToken);
        if (status.State != WorkState.Done)                  // it was about to end anyway
            LogHandedOver(status.Name, status.State, status.Checkpoint?.Iteration ?? 0);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Training run {Name} is {State} with the checkpoint of iteration {Iteration}, since this process ends")]
    private partial void LogHandedOver(string name, WorkState state, long iteration);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A training run or a sampler could not be handed over in time: runs go on from their last checkpoints, samples from their beginning")]
    private partial void LogNotHandedOver(Exception error);
}
