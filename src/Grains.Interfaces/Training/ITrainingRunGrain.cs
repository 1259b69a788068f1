using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Training;

/// <summary>
/// A training run: its life, its members and generation, its committed checkpoint. Control only: weights lie in artifacts.
/// The key is the run's name.
/// </summary>
[Alias("RadioDiffusion.ITrainingRunGrain")]
public interface ITrainingRunGrain : IGrainWithStringKey
{
    /// <summary>Starts the run. Asking again with the same request does nothing; with another one it is a conflict.</summary>
    [Alias("Start")]
    Task<TrainingStatus> StartAsync(TrainingRequest request, CancellationToken cancellationToken = default);

    /// <summary>Goes on from the committed checkpoint, on new trainers. Does nothing if the run is running or done.</summary>
    [Alias("Resume")]
    Task<TrainingStatus> ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Asks the trainers to write a checkpoint and stop; the state is Paused once they have.</summary>
    [Alias("Pause")]
    Task<TrainingStatus> PauseAsync(CancellationToken cancellationToken = default);

    [Alias("GetStatus"), AlwaysInterleave]
    Task<TrainingStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The status now and after every change later than <paramref name="afterVersion"/>, until the run stands still.</summary>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<TrainingStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default);

    /// <summary>Ends the run's trainers once iteration <paramref name="iteration"/> is done, with a checkpoint there; the state is Paused then. 0 takes it back.</summary>
    [Alias("StopAt")]
    Task<TrainingStatus> StopAtAsync(long iteration, CancellationToken cancellationToken = default);

    /// <summary>Changes how many trainers the run has. A run that is running goes on with them from its next checkpoint.</summary>
    /// <param name="workers">At most so many train together.</param>
    /// <param name="minWorkers">With fewer the run waits.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    [Alias("Scale")]
    Task<TrainingStatus> ScaleAsync(int workers, int minWorkers, CancellationToken cancellationToken = default);

    /// <summary>
    /// Begins this run from another one's checkpoint, with its settings except for what the request changes. Answers once it is known what is to be copied;
    /// the status is Running while it is copied, then Paused. Asking again with the same request goes on where that ended; with another one it is a conflict.
    /// </summary>
    [Alias("Fork")]
    Task<TrainingStatus> ForkAsync(TrainingFork fork, CancellationToken cancellationToken = default);

    /// <summary>Forgets a run that stands still, and deletes its checkpoints and averages; models made of it stay.</summary>
    [Alias("Delete")]
    Task DeleteAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// A trainer offers itself, again and again until it is told what to do. One that is in a group and offers itself again has lost it: the generation is
    /// over then for all.
    /// </summary>
    [Alias("Join")]
    Task<TrainerAssignment> JoinAsync(TrainerOffer offer, CancellationToken cancellationToken = default);

    /// <summary>A trainer's sign of life while it trains.</summary>
    [Alias("Beat")]
    Task<TrainerOrder> BeatAsync(string place, long generation, CancellationToken cancellationToken = default);

    /// <summary>Progress, from rank 0; the answer says how to go on.</summary>
    [Alias("Report")]
    Task<TrainerAnswer> ReportAsync(TrainerReport report, CancellationToken cancellationToken = default);

    /// <summary>Makes a stored checkpoint the one to resume from, for rank 0. Refused (EndAtOnce) if the generation is over.</summary>
    [Alias("CommitCheckpoint")]
    Task<TrainerAnswer> CommitCheckpointAsync(long generation, CommittedCheckpoint checkpoint, CancellationToken cancellationToken = default);

    /// <summary>
    /// A trainer that takes steps by itself (DiLoCo) has stored what it brings to a meeting, and asks again and again until it is decided who takes part: all members that live. Refused
    /// (EndAtOnce) if it is no member any more, or comes to a meeting that is over.
    /// </summary>
    [Alias("Meet")]
    Task<MeetingAnswer> MeetAsync(TrainerDelivery delivery, CancellationToken cancellationToken = default);

    /// <summary>Keeps stored power-function averages for good, for rank 0. Refused (EndAtOnce) if the generation is over.</summary>
    [Alias("CommitAverages")]
    Task<TrainerAnswer> CommitAveragesAsync(long generation, CommittedCheckpoint averages, CancellationToken cancellationToken = default);

    /// <summary>The committed checkpoint cannot be used: the run goes on from the one before, and its status says so; it fails if there is none.</summary>
    /// <returns>Whether the checkpoint may be deleted. It must stay where the word of an old generation does not count, and where it is the only one.</returns>
    [Alias("RejectCheckpoint")]
    Task<bool> RejectCheckpointAsync(long generation, string artifact, string reason, CancellationToken cancellationToken = default);

    /// <summary>The last word of a trainer that has a model, or was asked to stop, or failed.</summary>
    [Alias("End")]
    Task EndAsync(TrainerEnd end, CancellationToken cancellationToken = default);

    /// <summary>The process of a trainer has ended by itself, says who started it; it will be started again.</summary>
    [Alias("Lost")]
    Task LostAsync(string place, string incarnation, string reason, CancellationToken cancellationToken = default);

    /// <summary>A silo that trains for this run is about to stop: its trainers write a checkpoint and end; the next generation begins on other silos. Returns at once.</summary>
    [Alias("HandOver")]
    Task HandOverAsync(CancellationToken cancellationToken = default);
}

/// <summary>One trainer of a run on one device slot. The key is <c>run/rank</c>.</summary>
[Alias("RadioDiffusion.ITrainerGrain")]
public interface ITrainerGrain : IGrainWithStringKey
{
    /// <summary>Starts the trainer if it does not run yet; returns at once. Without effect in a silo that is about to stop.</summary>
    /// <param name="workers">How many trainers the run wants: together with others, one needs a process of its own, and shares the cores with them.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    [Alias("Start")]
    Task StartAsync(int workers, CancellationToken cancellationToken = default);

    [Alias("GetActivity")]
    Task<TrainerActivity> GetActivityAsync(CancellationToken cancellationToken = default);
}

/// <summary>What to train: a data set, presets, and what differs from them.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainingRequest")]
public sealed record TrainingRequest
{
    /// <summary>Name of the data set.</summary>
    [Id(0)] public required string Dataset { get; init; }

    /// <summary>lofar, first (the paper's), small, demo, classifier or classifier-small.</summary>
    [Id(1)] public string Preset { get; init; } = "small";

    /// <summary>Iterations (optimiser steps) of the run; the preset's where null.</summary>
    [Id(2)] public long? Iterations { get; init; }

    [Id(3)] public int? BatchSize { get; init; }

    [Id(4)] public double? LearningRate { get; init; }

    [Id(5)] public ulong Seed { get; init; } = 42;

    /// <summary>Iterations between checkpoints.</summary>
    [Id(6)] public int? CheckpointEvery { get; init; }

    /// <summary>Iterations between validations.</summary>
    [Id(7)] public int? ValidateEvery { get; init; }

    /// <summary>At most so many trainers, each on a device slot of its own; together they train as one would, with a share of every batch each.</summary>
    [Id(8)] public int Workers { get; init; } = 1;

    /// <summary>The model that the finished run registers; the run's name where null.</summary>
    [Id(9)] public string? ModelName { get; init; }

    /// <summary>What is different from the preset: JSON as <see cref="ModelCore.Training.TrainingConfiguration"/> reads it; null for nothing.</summary>
    [Id(10)] public string? Configuration { get; init; }

    /// <summary>A model to begin with (warm start) instead of random weights: its name or digest; it must have the same network.</summary>
    [Id(11)] public string? InitialModel { get; init; }

    /// <summary>Grids of samples that are drawn at checkpoints and kept; where null, as many as cost less than 1 % of the run. 0 for none.</summary>
    [Id(12)] public int? SampleGrids { get; init; }

    /// <summary>With fewer trainers the run waits; <see cref="Workers"/> where null.</summary>
    [Id(13)] public int? MinWorkers { get; init; }

    /// <summary>The iteration after which the run pauses; null for its end.</summary>
    [Id(14)] public long? StopAt { get; init; }

    /// <summary>Checkpoints that are kept: the last so many.</summary>
    [Id(15)] public int KeepCheckpoints { get; init; } = 2;

    /// <summary>Checkpoints of iterations that this divides are kept for good; 0 for none.</summary>
    [Id(16)] public long MilestoneEvery { get; init; }
}

/// <summary>A new run from another one's checkpoint.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainingFork")]
public sealed record TrainingFork
{
    /// <summary>The run to begin from.</summary>
    [Id(0)] public required string From { get; init; }

    /// <summary>The iteration of one of its kept checkpoints; its last one where null.</summary>
    [Id(1)] public long? Iteration { get; init; }

    /// <summary>The settings of the new run. What belongs to the network and the data must be as in the old one.</summary>
    [Id(2)] public required TrainingRequest Request { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.CommittedCheckpoint")]
public sealed record CommittedCheckpoint([property: Id(0)] string Artifact, [property: Id(1)] long Iteration);

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainingStatus")]
public sealed record TrainingStatus
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required WorkState State { get; init; }

    /// <summary>Increases with every change.</summary>
    [Id(2)] public required long Version { get; init; }

    [Id(3)] public TrainingRequest? Request { get; init; }

    [Id(4)] public long Iteration { get; init; }

    [Id(5)] public long TotalIterations { get; init; }

    /// <summary>Mean training loss since the report before.</summary>
    [Id(6)] public double Loss { get; init; } = double.NaN;

    [Id(7)] public double ValidationLoss { get; init; } = double.NaN;

    [Id(8)] public double ImagesPerSecond { get; init; }

    [Id(9)] public TimeSpan? TimeLeft { get; init; }

    /// <summary>Counts how often trainers were started; every decision is bound to it.</summary>
    [Id(10)] public long Generation { get; init; }

    [Id(11)] public CommittedCheckpoint? Checkpoint { get; init; }

    /// <summary>The iteration at which the present generation began; 0 for a fresh start.</summary>
    [Id(12)] public long ResumedAt { get; init; }

    /// <summary>The model's weights, when done.</summary>
    [Id(13)] public string? Snapshot { get; init; }

    [Id(14)] public string? Error { get; init; }

    /// <summary>The iterations of the checkpoints from which the run went on, however often from each.</summary>
    [Id(15)] public IReadOnlyList<long> Resumptions { get; init; } = [];

    /// <summary>The trainers of the present generation, by rank.</summary>
    [Id(16)] public IReadOnlyList<string> Trainers { get; init; } = [];

    /// <summary>At most so many train together.</summary>
    [Id(17)] public int Workers { get; init; } = 1;

    /// <summary>With fewer the run waits.</summary>
    [Id(18)] public int MinWorkers { get; init; } = 1;

    /// <summary>What the user should know though the run goes on: what it waits for, or that a checkpoint was damaged.</summary>
    [Id(19)] public string? Note { get; init; }

    /// <summary>The checkpoints that are kept, the latest last.</summary>
    [Id(20)] public IReadOnlyList<CommittedCheckpoint> Checkpoints { get; init; } = [];

    /// <summary>The power-function averages that are kept for good, the latest last: `model reconstruct` makes models of them.</summary>
    [Id(21)] public IReadOnlyList<CommittedCheckpoint> Averages { get; init; } = [];

    /// <summary>Whether checkpoint and averages of the run that it was forked from are not all copied yet: forked again in the same way, it goes on with that.</summary>
    [Id(22)] public bool IsForkUnfinished { get; init; }

    public bool StandsStill => State is not WorkState.Running;
}

/// <summary>A trainer that would like to train for a run.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerOffer")]
public sealed record TrainerOffer
{
    /// <summary>Its place: <c>0</c>, <c>1</c>, ... for those that silos start, a name of its own for others. Ranks follow the order of places.</summary>
    [Id(0)] public required string Place { get; init; }

    /// <summary>Differs from start to start: a new one at a place proves that the one before is gone.</summary>
    [Id(1)] public required string Incarnation { get; init; }

    /// <summary>cpu, cuda:0, ...</summary>
    [Id(2)] public required string Device { get; init; }

    /// <summary>The generation in which it trained last; 0 for none.</summary>
    [Id(3)] public long LastGeneration { get; init; }

    /// <summary>Where the others find it, should it become rank 0 of a group.</summary>
    [Id(4)] public string Host { get; init; } = "";

    [Id(5)] public int Port { get; init; }
}

/// <summary>What a trainer is to do.</summary>
[GenerateSerializer, Alias("RadioDiffusion.TrainerDuty")]
public enum TrainerDuty
{
    /// <summary>Offer itself again a little later.</summary>
    Wait,

    Train,

    /// <summary>Nothing any more: the run stands still or does not need it.</summary>
    End,
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerAssignment")]
public sealed record TrainerAssignment
{
    [Id(6)] public required TrainerDuty Duty { get; init; }

    [Id(1)] public TrainingRequest? Request { get; init; }

    [Id(2)] public string? DatasetArtifact { get; init; }

    [Id(3)] public string? DatasetDigest { get; init; }

    /// <summary>Where to begin; null for the beginning.</summary>
    [Id(4)] public CommittedCheckpoint? Checkpoint { get; init; }

    /// <summary>The snapshot to begin with; null for random weights.</summary>
    [Id(5)] public string? InitialSnapshot { get; init; }

    [Id(7)] public long Generation { get; init; }

    [Id(8)] public int Rank { get; init; }

    /// <summary>How many train together.</summary>
    [Id(9)] public int Size { get; init; } = 1;

    /// <summary>Where rank 0 waits for the others.</summary>
    [Id(10)] public string Host { get; init; } = "";

    [Id(11)] public int Port { get; init; }

    /// <summary>The iteration after which rank 0 writes a checkpoint and ends; 0 for none.</summary>
    [Id(12)] public long StopAt { get; init; }

    /// <summary>The checkpoint of another run that this one began with; null for none.</summary>
    [Id(13)] public string? ForkedFrom { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerReport")]
public sealed record TrainerReport
{
    [Id(0)] public required int Rank { get; init; }

    [Id(1)] public required long Generation { get; init; }

    [Id(2)] public required long Iteration { get; init; }

    [Id(3)] public required long TotalIterations { get; init; }

    [Id(4)] public required double Loss { get; init; }

    [Id(5)] public double ValidationLoss { get; init; } = double.NaN;

    [Id(6)] public required double ImagesPerSecond { get; init; }

    [Id(7)] public required TimeSpan TimeLeft { get; init; }
}

/// <summary>What a trainer does.</summary>
[GenerateSerializer, Alias("RadioDiffusion.TrainerActivity")]
public enum TrainerActivity
{
    /// <summary>It does nothing: it has ended, or its silo died and this is a new activation.</summary>
    Idle,

    /// <summary>It trains, or offers itself.</summary>
    Training,

    /// <summary>It does nothing and will not, because its silo is about to stop.</summary>
    Leaving,
}

/// <summary>What the run wants of a trainer.</summary>
[GenerateSerializer, Alias("RadioDiffusion.TrainerOrder")]
public enum TrainerOrder
{
    GoOn,

    /// <summary>Write a checkpoint, then end.</summary>
    CheckpointAndEnd,

    /// <summary>The generation is over: end without writing anything.</summary>
    EndAtOnce,

    /// <summary>The checkpoint is committed; leave the group and offer yourself again, since the next one has other members.</summary>
    Regroup,
}

/// <summary>What the run says to rank 0.</summary>
/// <param name="Order">How to go on.</param>
/// <param name="StopAt">The iteration after which to write a checkpoint and end; 0 for none.</param>
/// <param name="Obsolete">Checkpoints to delete.</param>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerAnswer")]
public sealed record TrainerAnswer([property: Id(0)] TrainerOrder Order, [property: Id(1)] long StopAt, [property: Id(2)] IReadOnlyList<string> Obsolete);

/// <summary>What a trainer brings to a meeting of the trainers of its run.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerDelivery")]
public sealed record TrainerDelivery
{
    [Id(0)] public required string Place { get; init; }

    [Id(1)] public required long Generation { get; init; }

    /// <summary>The iteration after which the meeting is.</summary>
    [Id(2)] public required long Iteration { get; init; }

    /// <summary>Whether this is the second part of the meeting, about the optimisers' state.</summary>
    [Id(3)] public required bool IsMoments { get; init; }

    /// <summary>The artifact.</summary>
    [Id(4)] public required string Artifact { get; init; }
}

/// <summary>Who takes part in a meeting.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.MeetingAnswer")]
public sealed record MeetingAnswer
{
    [Id(0)] public required TrainerOrder Order { get; init; }

    /// <summary>What was brought, in the order of ranks; empty as long as it is not decided.</summary>
    [Id(1)] public IReadOnlyList<string> Artifacts { get; init; } = [];

    /// <summary>Whether the trainer that asks speaks for all until the next meeting, as rank 0 does elsewhere.</summary>
    [Id(2)] public bool IsFirst { get; init; }

    /// <summary>Whether the run stops here: a checkpoint is written after it.</summary>
    [Id(3)] public bool IsLast { get; init; }
}

/// <summary>How a trainer ended: with a model, by request (neither field set), or by an error.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerEnd")]
public sealed record TrainerEnd
{
    [Id(0)] public required int Rank { get; init; }

    [Id(1)] public required long Generation { get; init; }

    [Id(2)] public string? Snapshot { get; init; }

    [Id(3)] public string? Error { get; init; }
}
