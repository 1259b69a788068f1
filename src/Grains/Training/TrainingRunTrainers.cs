using System.Globalization;
using Microsoft.Extensions.Logging;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Grains.Training;

// The trainers of a run: who offers itself, who is in the group, who is lost, what the group has to say.
internal sealed partial class TrainingRunGrain
{
    private const int MostLossesInARow = 10;
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _betweenLooks = TimeSpan.FromSeconds(5);
    private readonly TrainerRoster _roster = new(TimeProvider.System, patience.Value.LongestSilence, patience.Value.Grace);
    private readonly Deliveries _deliveries = new();
    private int _lossesInARow;
    private long _lastLook;
    private long _withoutGroupSince;
    private IGrainTimer? _trainerWatch;

    public async Task<TrainerAssignment> JoinAsync(TrainerOffer offer, CancellationToken cancellationToken = default)
    {
        bool isOurs = int.TryParse(offer.Place, CultureInfo.InvariantCulture, out int place);
        if (!IsRunning || (isOurs && place >= state.State.Workers && _roster.Member(offer.Place) == null))
            return new TrainerAssignment { Duty = isOurs || _status.Value.State is WorkState.Done or WorkState.Failed or WorkState.None ? TrainerDuty.End : TrainerDuty.Wait };
        if (_roster.Member(offer.Place) is { } member)
        {
            if (member.Incarnation == offer.Incarnation && offer.LastGeneration < state.State.Generation)
                return Assignment(offer.Place);              // it did not get the answer, or has waited for it
            Lose(member.Incarnation == offer.Incarnation ? "left its group" : "was started again", offer.Place);
        }
        if (state.State.Workers > 1 && offer.Port == 0)
            return new TrainerAssignment { Duty = TrainerDuty.End };     // a thread of its silo cannot train with others: it comes again as a process
        _roster.Offer(offer);
        await FormGroupAsync(cancellationToken);
        return _roster.Member(offer.Place) != null ? Assignment(offer.Place) : new TrainerAssignment { Duty = TrainerDuty.Wait };
    }

    public Task<TrainerOrder> BeatAsync(string place, long generation, CancellationToken cancellationToken = default)
    {
        bool isMember = IsCurrent(generation) && _roster.Hear(place);
        if (isMember)
            WakeIfInterrupted();
        return Task.FromResult(isMember ? TrainerOrder.GoOn : TrainerOrder.EndAtOnce);
    }

    public Task<TrainerAnswer> ReportAsync(TrainerReport report, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(report.Generation))
            return Task.FromResult(Answer(TrainerOrder.EndAtOnce));
        _roster.Hear(state.State.Group[report.Rank].Place);
        DelayDeactivation(_longestSleep);
        WakeIfInterrupted();
        Change(status => status with
        {
            Iteration = report.Iteration,
            Loss = report.Loss,
            ValidationLoss = double.IsNaN(report.ValidationLoss) ? status.ValidationLoss : report.ValidationLoss,
            ImagesPerSecond = report.ImagesPerSecond,
            Error = null,
            TimeLeft = report.TimeLeft,
        });
        return Task.FromResult(Answer(_pauseRequested || _handOverRequested ? TrainerOrder.CheckpointAndEnd : TrainerOrder.GoOn));
    }

    public async Task<TrainerAnswer> CommitCheckpointAsync(long generation, CommittedCheckpoint checkpoint, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(generation))
            return Answer(TrainerOrder.EndAtOnce);
        string[] before = [.. state.State.Obsolete];
        await state.ReplaceAsync(state.State.WithCheckpoint(checkpoint), Name, cancellationToken);
        _lossesInARow = 0;
        Change(status => status with { Checkpoint = checkpoint, Checkpoints = state.State.Checkpoints, Iteration = checkpoint.Iteration });
        bool others = checkpoint.Iteration < state.State.TotalIterations && _roster.WouldDiffer(state.State.Workers);
        if (others && MeetsRarely)
            Disband("has stored a checkpoint, and others wait to join", state.State.Group[0].Place);
        return Answer(others ? TrainerOrder.Regroup : TrainerOrder.GoOn, [.. before.Union(state.State.Obsolete)]);
    }

    public async Task<TrainerAnswer> CommitAveragesAsync(long generation, CommittedCheckpoint averages, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(generation))
            return Answer(TrainerOrder.EndAtOnce);
        await state.ReplaceAsync(state.State.WithAverages(averages), Name, cancellationToken);
        Change(status => status with { Averages = state.State.Averages });
        return Answer(TrainerOrder.GoOn);
    }

    public async Task<bool> RejectCheckpointAsync(long generation, string artifact, string reason, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(generation) || state.State.Checkpoint?.Artifact != artifact)
            return false;
        long iteration = state.State.Checkpoint.Iteration;
        LogCheckpointRejected(Name, artifact, iteration, reason);
        if (state.State.WithoutCheckpoint(artifact, reason) is { } next)
        {
            await state.ReplaceAsync(next, Name, cancellationToken);
            Change(status => status with { Checkpoint = next.Checkpoint, Checkpoints = next.Checkpoints, Note = next.Note });
            Disband("cannot use the checkpoint", "0");
            return true;
        }
        await FailAsync($"The checkpoint of iteration {iteration} cannot be used, and there is no earlier one: {reason}", cancellationToken);
        return false;
    }

    public async Task LostAsync(string place, string incarnation, string reason, CancellationToken cancellationToken = default)
    {
        if (!IsRunning)
            return;
        if (_roster.Member(place) is { } member)
        {
            if (member.Incarnation != incarnation)
                return;                                      // an older one
            Lose(reason, place);
        }
        _roster.Forget(place);
        if (++_lossesInARow >= MostLossesInARow)
            await FailAsync($"{MostLossesInARow} trainers in a row ended before a checkpoint; the last one, at place {place}: {reason}", cancellationToken);
    }

    private void WatchTrainers() =>
        _trainerWatch ??= this.RegisterGrainTimer(LookAfterTrainersAsync, new GrainTimerCreationOptions { DueTime = _second, Period = _second, KeepAlive = true });

    private void StopWatchingTrainers()
    {
        _trainerWatch?.Dispose();
        _trainerWatch = null;
    }

    /// <summary>Every second: is everybody heard of, and can a group be formed? Every few seconds: does every trainer of ours run?</summary>
    private async Task LookAfterTrainersAsync(CancellationToken cancellationToken)
    {
        if (!IsRunning || state.State.State != WorkState.Running)
            return;
        foreach (string place in _roster.Silent())
            Lose($"has not been heard of for {patience.Value.LongestSilence.TotalSeconds:0} s", place);
        await FormGroupAsync(cancellationToken);
        if (!_roster.HasGroup && TimeProvider.System.GetElapsedTime(_withoutGroupSince) > _betweenLooks)
        {
            if (_pauseRequested)
            {
                await PauseWithoutTrainersAsync(null, cancellationToken);
                return;
            }
            TellWhatIsMissing();
        }
        if (_lastLook != 0 && TimeProvider.System.GetElapsedTime(_lastLook) < _betweenLooks)
            return;
        _lastLook = TimeProvider.System.GetTimestamp();
        try
        {
            for (int place = 0; place < state.State.Workers; place++)
                await LookAfterAsync(place, cancellationToken);
        }
        catch (Exception error) when (Outages.IsOutage(error) || error is OrleansException)
        {
            LogTrainersNotReached(error, Name);              // no silo has a device, or one died just now: tried again
        }
    }

    private async Task LookAfterAsync(int place, CancellationToken cancellationToken)
    {
        var activity = await TrainerOf(place).GetActivityAsync(cancellationToken);
        if (activity != TrainerActivity.Idle)
            return;                                          // or its silo is on the point of leaving: a little later
        string name = place.ToString(CultureInfo.InvariantCulture);
        if (_roster.Member(name) != null)
            Lose("does not run any more", name);
        await TrainerOf(place).StartAsync(state.State.Workers, cancellationToken);
    }

    private ITrainerGrain TrainerOf(int place) => GrainFactory.GetGrain<ITrainerGrain>(string.Create(CultureInfo.InvariantCulture, $"{Name}/{place}"));

    /// <summary>The generation is over: what its trainers still say is refused, and they offer themselves again.</summary>
    private void Disband(string reason, string place)
    {
        if (!_roster.HasGroup)
            return;
        LogDisbanded(Name, state.State.Generation, place, reason);
        _roster.Disband();
        _withoutGroupSince = TimeProvider.System.GetTimestamp();
        Change(status => status with { Trainers = [] });
    }

    /// <summary>A new generation, if there are trainers for it: written first, so that whatever the one before still says is refused.</summary>
    private async Task FormGroupAsync(CancellationToken cancellationToken)
    {
        if (_roster.NextGroup(state.State.Workers, state.State.MinWorkers) is not { } group)
            return;
        await state.ReplaceAsync(state.State with { Generation = state.State.Generation + 1, Group = group, Meeting = null, Resumptions = ResumptionsAfter(state.State) }, Name, cancellationToken);
        _roster.Form(group);
        _handOverRequested = false;
        LogGeneration(Name, state.State.Generation, state.State.Checkpoint?.Iteration ?? 0, group.Count);
        Change(_ => StatusFromState() with { State = WorkState.Running });
    }

    private void TellWhatIsMissing()
    {
        string note = $"Waiting for trainers: {_roster.Waiting} of {(state.State.MinWorkers < state.State.Workers ? $"at least {state.State.MinWorkers}" : state.State.Workers)} are there.";
        if (_status.Value.Note != note)
            Change(status => status with { Note = note });
    }

    private TrainerAssignment Assignment(string place)
    {
        var group = state.State.Group;
        return new TrainerAssignment
        {
            Duty = TrainerDuty.Train,
            Request = state.State.Request,
            DatasetArtifact = state.State.DatasetArtifact,
            DatasetDigest = state.State.DatasetDigest,
            Checkpoint = state.State.Checkpoint,
            InitialSnapshot = state.State.InitialSnapshot,
            ForkedFrom = state.State.ForkedFrom,
            Generation = state.State.Generation,
            Rank = group.TakeWhile(member => member.Place != place).Count(),
            Size = group.Count,
            Host = group[0].Host,
            Port = group[0].Port,
            StopAt = state.State.StopAt,
        };
    }

    public async Task<MeetingAnswer> MeetAsync(TrainerDelivery delivery, CancellationToken cancellationToken = default)
    {
        if (!IsCurrent(delivery.Generation) || !_roster.Hear(delivery.Place) || state.State.Meeting?.IsAfter(delivery.Iteration, delivery.IsMoments) == true)
            return new MeetingAnswer { Order = TrainerOrder.EndAtOnce };
        if (state.State.Meeting?.IsAt(delivery.Iteration, delivery.IsMoments) != true)
        {
            _deliveries.Add(delivery);
            await DecideMeetingAsync(delivery.Iteration, cancellationToken);
        }
        if (state.State.Meeting is not { } meeting || !meeting.IsAt(delivery.Iteration, delivery.IsMoments))
            return new MeetingAnswer { Order = TrainerOrder.GoOn };
        return meeting.Places.Contains(delivery.Place)
            ? new MeetingAnswer { Order = TrainerOrder.GoOn, Artifacts = meeting.Artifacts, IsFirst = meeting.Places[0] == delivery.Place, IsLast = meeting.IsLast }
            : new MeetingAnswer { Order = TrainerOrder.EndAtOnce };
    }

    /// <summary>Written first, so that all who take part read the same.</summary>
    private async Task DecideMeetingAsync(long iteration, CancellationToken cancellationToken)
    {
        bool isLast = _pauseRequested || _handOverRequested || (state.State.StopAt > 0 && iteration >= state.State.StopAt);
        if (_deliveries.Decide(_roster.Members, isLast) is { } meeting)
            await state.ReplaceAsync(state.State with { Meeting = meeting }, Name, cancellationToken);
    }

    /// <summary>Whether trainers take steps by themselves and meet now and then; one that is lost costs its own steps only.</summary>
    private bool MeetsRarely => state.State.Request is { } request && TrainingSetup.OptionsFor(request).DiLoCo != null;

    /// <summary>A member is gone. Who adds up gradients with it cannot go on; who meets it now and then can, while enough are left.</summary>
    private void Lose(string reason, string place)
    {
        if (!MeetsRarely || _roster.Members.Count <= state.State.MinWorkers)
        {
            Disband(reason, place);
            return;
        }
        LogDropped(Name, state.State.Generation, place, reason);
        _roster.Drop(place);
        Change(status => status with { Trainers = _roster.Members });
    }

    private TrainerAnswer Answer(TrainerOrder order, IReadOnlyList<string>? obsolete = null) => new(order, state.State.StopAt, obsolete ?? []);

    /// <summary>A trainer is there, so the run goes on, although this activation did not start it.</summary>
    private void WakeIfInterrupted()
    {
        if (IsRunning)
            return;
        Change(status => status with { State = WorkState.Running });
        WatchTrainers();
    }

    private static IReadOnlyList<long> ResumptionsAfter(TrainingRunState before) => before.Checkpoint is { } checkpoint && !before.Resumptions.Contains(checkpoint.Iteration)
        ? before.Resumptions.Append(checkpoint.Iteration).ToArray()
        : before.Resumptions;

    private bool IsCurrent(long generation) => state.State.Generation == generation && state.State.State == WorkState.Running && _roster.HasGroup;

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name}: generation {Generation} begins at iteration {Iteration} with {Trainers} trainers")]
    private partial void LogGeneration(string name, long generation, long iteration, int trainers);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name}: generation {Generation} is over, since trainer {Place} {Reason}")]
    private partial void LogDisbanded(string name, long generation, string place, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Training run {Name}: checkpoint {Artifact} of iteration {Iteration} cannot be used: {Reason}")]
    private partial void LogCheckpointRejected(string name, string artifact, long iteration, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The trainers of run {Name} cannot be reached")]
    private partial void LogTrainersNotReached(Exception error, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Training run {Name}: generation {Generation} goes on without trainer {Place}, which {Reason}")]
    private partial void LogDropped(string name, long generation, string place, string reason);
}
