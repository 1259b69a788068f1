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

    public async Task StartAsync(long generation, CancellationToken cancellationToken = default)
    {
        if (_generation == generation && !_work.IsCompleted)
            return;
        await StopAsync(cancellationToken);
        string[] key = this.GetPrimaryKeyString().Split('/');
        int rank = int.Parse(key[1]);
        _generation = generation;
        _stop = new CancellationTokenSource();
        var slot = devices.Slots[rank % devices.Slots.Count];
        var worker = new TrainerWorker(grains.GetGrain<ITrainingRunGrain>(key[0]), key[0], rank, generation, store, slot,
            loggers.CreateLogger<TrainerWorker>());
        var token = _stop.Token;
        _work = Task.Run(() => worker.RunAsync(token), CancellationToken.None);
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
    }

    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_stop == null)
            return;
        await _stop.CancelAsync();
        await _work.WaitAsync(cancellationToken);
        _stop.Dispose();
        _stop = null;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => StopAsync(cancellationToken);
}
