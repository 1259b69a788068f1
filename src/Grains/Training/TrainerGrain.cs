using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Training;

/// <inheritdoc cref="ITrainerGrain"/>
[GrainType("trainer")]
[Immovable, NeedsDevice]
internal sealed class TrainerGrain(IArtifactStore store, DeviceLeases devices, LocalTrainers trainers, IGrainFactory grains, ILoggerFactory loggers) : Grain, ITrainerGrain
{
    private long _generation;
    private CancellationTokenSource? _stop;
    private Task _work = Task.CompletedTask;
    private IGrainTimer? _keepAlive;

    public Task StartAsync(long generation, CancellationToken cancellationToken = default)
    {
        if (trainers.IsLeaving || (_generation == generation && !_work.IsCompleted))
            return Task.CompletedTask;
        _stop?.Cancel();
        string[] key = this.GetPrimaryKeyString().Split('/');
        int rank = int.Parse(key[1]);
        _generation = generation;
        _stop = new CancellationTokenSource();
        _work = RunAfterAsync(_work, key[0], rank, generation, _stop.Token);
        _keepAlive ??= this.RegisterGrainTimer(
            _ =>
            {
                if (_work.IsCompleted)
                {
                    _keepAlive?.Dispose();
                    _keepAlive = null;
                }
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions { DueTime = TimeSpan.FromMinutes(1), Period = TimeSpan.FromMinutes(1), KeepAlive = true });
        return Task.CompletedTask;
    }

    public Task<TrainerActivity> GetActivityAsync(long generation, CancellationToken cancellationToken = default)
    {
        bool isTraining = _generation == generation && !_work.IsCompleted;
        if (!isTraining && trainers.IsLeaving)
            DeactivateOnIdle();                              // so that the next one is looked for elsewhere
        return Task.FromResult(isTraining ? TrainerActivity.Training : trainers.IsLeaving ? TrainerActivity.Leaving : TrainerActivity.Idle);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stop?.Cancel();
        return _work.WaitAsync(cancellationToken);
    }

    /// <summary>The worker before this one ends in its own time (a step may take minutes); nobody waits for it here.</summary>
    private async Task RunAfterAsync(Task before, string run, int rank, long generation, CancellationToken cancellationToken)
    {
        await before;
        Activity.Current = null;                             // a run of hours is no part of the request that started it
        using var lease = devices.Take();
        trainers.Began(run);
        try
        {
            var worker = new TrainerWorker(grains.GetGrain<ITrainingRunGrain>(run), run, rank, generation, store, lease.Slot, loggers.CreateLogger<TrainerWorker>());
            await Task.Run(() => worker.RunAsync(cancellationToken), CancellationToken.None);
        }
        finally
        {
            trainers.Ended(run);
        }
    }
}
