using Microsoft.Extensions.Logging;
using Orleans.Placement;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Training;

/// <inheritdoc cref="ITrainerGrain"/>
[GrainType("trainer")]
[Immovable]
internal sealed class TrainerGrain(IArtifactStore store, IDeviceSlots devices, IGrainFactory grains, ILoggerFactory loggers) : Grain, ITrainerGrain
{
    private long _generation;
    private CancellationTokenSource? _stop;
    private Task _work = Task.CompletedTask;
    private IGrainTimer? _keepAlive;

    public Task StartAsync(long generation, CancellationToken cancellationToken = default)
    {
        if (_generation == generation && !_work.IsCompleted)
            return Task.CompletedTask;
        _stop?.Cancel();
        string[] key = this.GetPrimaryKeyString().Split('/');
        int rank = int.Parse(key[1]);
        _generation = generation;
        _stop = new CancellationTokenSource();
        var slot = devices.Slots[rank % devices.Slots.Count];
        var worker = new TrainerWorker(grains.GetGrain<ITrainingRunGrain>(key[0]), key[0], rank, generation, store, slot,
            loggers.CreateLogger<TrainerWorker>());
        _work = RunAfterAsync(_work, worker, _stop.Token);
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

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        _stop?.Cancel();
        await _work.WaitAsync(cancellationToken);
    }

    /// <summary>The worker before this one ends in its own time (a step may take minutes); nobody waits for it here.</summary>
    private static async Task RunAfterAsync(Task before, TrainerWorker worker, CancellationToken cancellationToken)
    {
        await before;
        await Task.Run(() => worker.RunAsync(cancellationToken), CancellationToken.None);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => StopAsync(cancellationToken);
}
