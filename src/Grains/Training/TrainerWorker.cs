using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Training;
using RadioDiffusion.ModelCore.Training.Collectives;

namespace RadioDiffusion.Grains.Training;

/// <summary>
/// A trainer: offers itself to its run, trains in the groups that the run puts it into, one after the other, and ends when the run needs it no more. Knows the
/// run only through its grain, so it can live in any process.
/// </summary>
/// <param name="run">The run.</param>
/// <param name="runName">Its name.</param>
/// <param name="place">The trainer's place in the run.</param>
/// <param name="incarnation">Differs from start to start.</param>
/// <param name="host">The address where other trainers reach this process; null if it trains alone.</param>
/// <param name="store">Where data and checkpoints are.</param>
/// <param name="slot">The device.</param>
/// <param name="isLeaving">Whether to end once the present group does.</param>
/// <param name="logger">The log.</param>
public sealed partial class TrainerWorker(
    ITrainingRunGrain run, string runName, string place, string incarnation, IPAddress? host, IArtifactStore store, IDeviceSlot slot, Func<bool> isLeaving, ILogger logger)
{
    private static readonly TimeSpan _betweenOffers = TimeSpan.FromSeconds(0.2);
    private static readonly TimeSpan _betweenBeats = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestStep = TimeSpan.FromSeconds(20);    // once its group is over: after it, the trainer hangs
    private long _lastGeneration;

    /// <exception cref="TrainerStuckException">The trainer hangs in a sum that nobody waits for any more: end its process.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!isLeaving() && await TrainOnceAsync(cancellationToken))
            {
                // In the next group.
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped: the run goes on from the last committed checkpoint.
        }
        catch (Exception error) when (error is not TrainerStuckException)
        {
            LogFailed(error, runName, place);
            await TellFailureAsync(error);
        }
    }

    /// <summary>Offers itself until it has a group, and trains in it. False if the run needs it no more.</summary>
    private async Task<bool> TrainOnceAsync(CancellationToken cancellationToken)
    {
        using var listener = host is null ? null : GlooCollective.Listen(host.ToString(), 0);
        var offer = new TrainerOffer
        {
            Place = place,
            Incarnation = incarnation,
            Device = slot.Device,
            LastGeneration = _lastGeneration,
            Host = host?.ToString() ?? "",
            Port = (listener?.LocalEndPoint as IPEndPoint)?.Port ?? 0,
        };
        var assignment = await run.JoinAsync(offer, cancellationToken);
        while (assignment.Duty == TrainerDuty.Wait && !isLeaving())
        {
            await Task.Delay(_betweenOffers, cancellationToken);
            assignment = await run.JoinAsync(offer, cancellationToken);
        }
        if (assignment.Duty != TrainerDuty.Train)
            return false;
        _lastGeneration = assignment.Generation;
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var beating = BeatAsync(assignment.Generation, over);
        try
        {
            await TrainInGroupAsync(assignment, listener, over.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The generation is over.
        }
        catch (CollectiveException error)
        {
            LogGroupLost(runName, place, error.Message);
        }
        finally
        {
            await over.CancelAsync();
            await beating;
        }
        return true;
    }

    private async Task TrainInGroupAsync(TrainerAssignment assignment, Socket? listener, CancellationToken over)
    {
        var training = Task.Run(
            async () =>
            {
                using var collective = await slot.RunAsync(() => Join(assignment, listener), over);
                var generation = new TrainerGeneration(run, runName, place, assignment, store, slot, collective, logger);
                var (snapshot, ended) = await generation.TrainAsync(over);
                if (ended)
                    await run.EndAsync(new TrainerEnd { Rank = assignment.Rank, Generation = assignment.Generation, Snapshot = snapshot }, over);
            },
            CancellationToken.None);
        await Task.WhenAny(training, UntilStuckAsync(assignment.Size, over));
        if (!training.IsCompleted)
            throw new TrainerStuckException();
        await training;
    }

    /// <summary>A trainer alone waits for nobody, however long a step of its takes.</summary>
    private static async Task UntilStuckAsync(int size, CancellationToken over)
    {
        var isOver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registered = over.Register(isOver.SetResult);
        await isOver.Task;
        await Task.Delay(size > 1 ? _longestStep : Timeout.InfiniteTimeSpan, CancellationToken.None);
    }

    private static bool MeetsRarely(TrainerAssignment assignment) => TrainingSetup.OptionsFor(assignment.Request!).DiLoCo != null;

    private ICollective Join(TrainerAssignment assignment, Socket? listener)
    {
        if (assignment.Size == 1 || MeetsRarely(assignment))
            return new NullCollective();
        if (!GlooCollective.IsAvailable(out string reason))
            throw new RadioDiffusionException($"{reason} Several trainers can train with DiLoCo here: a configuration with {{\"training\": {{\"diLoCo\": {{\"localSteps\": 50}}}}}}.");
        var group = new GlooGroup
        {
            Key = $"{runName}/{assignment.Generation}",
            Rank = assignment.Rank,
            Size = assignment.Size,
            Host = assignment.Host,
            Port = assignment.Port,
            Interface = GlooGroup.InterfaceOf(host!),
        };
        try
        {
            return GlooCollective.Join(group, assignment.Rank == 0 ? listener : null);
        }
        catch (RadioDiffusionException error)
        {
            throw new CollectiveException(error.Message);    // somebody did not come: he is looked for, and then there is another group
        }
    }

    /// <summary>Says every second that it lives; cancels the generation once it is over.</summary>
    private async Task BeatAsync(long generation, CancellationTokenSource over)
    {
        using var timer = new PeriodicTimer(_betweenBeats);
        while (await NextAsync(timer, over.Token))
        {
            try
            {
                if (await run.BeatAsync(place, generation, over.Token) == TrainerOrder.EndAtOnce)
                    await over.CancelAsync();
            }
            catch (Exception error) when (!over.IsCancellationRequested)
            {
                LogNotHeard(error, runName, place);          // the next one may get through
            }
            catch (OperationCanceledException)
            {
                // The generation is over.
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken over)
    {
        try
        {
            return await timer.WaitForNextTickAsync(over);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task TellFailureAsync(Exception failure)
    {
        try
        {
            await run.EndAsync(new TrainerEnd { Rank = 0, Generation = _lastGeneration, Error = failure.Message }, CancellationToken.None);
        }
        catch (Exception error)
        {
            LogNotTold(error, runName, place);               // the run shows it, or is interrupted; both can be resumed
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Trainer {Run}/{Place} leaves its group: {Reason}")]
    private partial void LogGroupLost(string run, string place, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Trainer {Run}/{Place} does not reach its run any more")]
    private partial void LogNotHeard(Exception error, string run, string place);

    [LoggerMessage(Level = LogLevel.Error, Message = "The failure of trainer {Run}/{Place} could not be stored")]
    private partial void LogNotTold(Exception error, string run, string place);

    [LoggerMessage(Level = LogLevel.Error, Message = "Trainer {Run}/{Place} failed")]
    private partial void LogFailed(Exception error, string run, string place);
}

/// <summary>A trainer hangs in a sum of gradients although its group is over; only the end of its process helps.</summary>
public sealed class TrainerStuckException() : Exception("A trainer hangs in a sum of gradients whose group is over. Its process should end; it is started again.");
