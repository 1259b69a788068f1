using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Training;

/// <inheritdoc cref="ITrainerGrain"/>
[GrainType("trainer")]
[Immovable, NeedsDevice]
internal sealed partial class TrainerGrain(
    IArtifactStore store, DeviceLeases devices, ClusterDevices cluster, LocalTrainers trainers, ITrainerProcesses processes, IGrainFactory grains, ILoggerFactory loggers, ILogger<TrainerGrain> logger) : Grain, ITrainerGrain
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _longLife = TimeSpan.FromMinutes(1);     // of a process: the next one is no repetition then
    private CancellationTokenSource? _stop;
    private Task _work = Task.CompletedTask;
    private IGrainTimer? _keepAlive;

    public Task StartAsync(int workers, CancellationToken cancellationToken = default)
    {
        if (trainers.IsLeaving || !_work.IsCompleted)
            return Task.CompletedTask;
        string[] key = this.GetPrimaryKeyString().Split('/');
        _stop = new CancellationTokenSource();
        _work = RunAsync(key[0], key[1], workers, _stop.Token);
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

    public Task<TrainerActivity> GetActivityAsync(CancellationToken cancellationToken = default)
    {
        bool isTraining = !_work.IsCompleted;
        if (!isTraining && trainers.IsLeaving)
            DeactivateOnIdle();                              // so that the next one is looked for elsewhere
        return Task.FromResult(isTraining ? TrainerActivity.Training : trainers.IsLeaving ? TrainerActivity.Leaving : TrainerActivity.Idle);
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _stop?.Cancel();
        return _work.WaitAsync(cancellationToken);
    }

    private async Task RunAsync(string run, string place, int workers, CancellationToken cancellationToken)
    {
        Activity.Current = null;                             // a run of hours is no part of the request that started it
        using var lease = devices.Take();
        trainers.Began(run);
        try
        {
            if (workers > 1 || processes.AlsoAlone)
                await Task.Run(() => KeepProcessAsync(run, place, lease.Slot, ThreadsOf(lease.Slot, workers), cancellationToken), CancellationToken.None);
            else
                await Task.Run(() => RunHereAsync(run, place, lease.Slot, cancellationToken), CancellationToken.None);
        }
        catch (Exception error)
        {
            LogNotStarted(error, run, place);
        }
        finally
        {
            trainers.Ended(run);
        }
    }

    private Task RunHereAsync(string run, string place, IDeviceSlot slot, CancellationToken cancellationToken)
    {
        var worker = new TrainerWorker(grains.GetGrain<ITrainingRunGrain>(run), run, place, NewIncarnation(), null, store, slot, () => trainers.IsLeaving, loggers.CreateLogger<TrainerWorker>());
        return worker.RunAsync(cancellationToken);
    }

    /// <summary>Starts the trainer's process again, with growing pauses, until one ends because the run needs it no more.</summary>
    private async Task KeepProcessAsync(string run, string place, IDeviceSlot slot, int threads, CancellationToken cancellationToken)
    {
        var pause = _firstPause;
        while (!cancellationToken.IsCancellationRequested && !trainers.IsLeaving)
        {
            string incarnation = NewIncarnation();
            long began = Stopwatch.GetTimestamp();
            if (await processes.RunAsync(run, place, incarnation, slot.Device, threads, cancellationToken) is not { } reason || cancellationToken.IsCancellationRequested)
                return;
            LogEnded(run, place, reason);
            await TellLossAsync(run, place, incarnation, reason, cancellationToken);
            pause = Stopwatch.GetElapsedTime(began) > _longLife ? _firstPause : pause * 2 < _longestPause ? pause * 2 : _longestPause;
            await Task.Delay(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private async Task TellLossAsync(string run, string place, string incarnation, string reason, CancellationToken cancellationToken)
    {
        try
        {
            await grains.GetGrain<ITrainingRunGrain>(run).LostAsync(place, incarnation, reason, cancellationToken);
        }
        catch (Exception error) when (Outages.IsOutage(error) || error is OrleansException or OperationCanceledException)
        {
            LogNotTold(error, run, place);                   // the run notices its silence
        }
    }

    /// <summary>Where there are more trainers than slots, some share one, and its threads.</summary>
    private int ThreadsOf(IDeviceSlot slot, int workers) => Math.Clamp(slot.Threads * cluster.SlotCount / workers, 1, slot.Threads);

    private static string NewIncarnation() => Guid.NewGuid().ToString("N");

    [LoggerMessage(Level = LogLevel.Warning, Message = "The process of trainer {Run}/{Place} has ended: {Reason}. It is started again.")]
    private partial void LogEnded(string run, string place, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} could not be told that its trainer {Place} has ended")]
    private partial void LogNotTold(Exception error, string run, string place);

    [LoggerMessage(Level = LogLevel.Error, Message = "Trainer {Run}/{Place} could not be started")]
    private partial void LogNotStarted(Exception error, string run, string place);
}
