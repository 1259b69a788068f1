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

    /// <summary>A trainer's first word: what to do, for which generation, from which checkpoint.</summary>
    [Alias("Join")]
    Task<TrainerAssignment> JoinAsync(int rank, long generation, CancellationToken cancellationToken = default);

    /// <summary>Progress of a trainer; the answer says whether to go on.</summary>
    [Alias("Report")]
    Task<TrainerOrder> ReportAsync(TrainerReport report, CancellationToken cancellationToken = default);

    /// <summary>Makes a stored checkpoint the one to resume from. Refused (false) if the generation is over.</summary>
    [Alias("CommitCheckpoint")]
    Task<bool> CommitCheckpointAsync(long generation, CommittedCheckpoint checkpoint, CancellationToken cancellationToken = default);

    /// <summary>A trainer's last word.</summary>
    [Alias("End")]
    Task EndAsync(TrainerEnd end, CancellationToken cancellationToken = default);

    /// <summary>A silo that trains for this run is about to stop: its trainers write a checkpoint and end; the next generation begins on other silos. Returns at once.</summary>
    [Alias("HandOver")]
    Task HandOverAsync(CancellationToken cancellationToken = default);
}

/// <summary>One trainer of a run on one device slot. The key is <c>run/rank</c>.</summary>
[Alias("RadioDiffusion.ITrainerGrain")]
public interface ITrainerGrain : IGrainWithStringKey
{
    /// <summary>Starts the trainer for a generation of its run; returns at once. Without effect in a silo that is about to stop.</summary>
    [Alias("Start")]
    Task StartAsync(long generation, CancellationToken cancellationToken = default);

    /// <summary>What the trainer does about a generation of its run.</summary>
    [Alias("GetActivity")]
    Task<TrainerActivity> GetActivityAsync(long generation, CancellationToken cancellationToken = default);
}

/// <summary>What to train: a data set, presets, and what differs from them.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainingRequest")]
public sealed record TrainingRequest
{
    /// <summary>Name of the data set.</summary>
    [Id(0)] public required string Dataset { get; init; }

    /// <summary>lofar, first (the paper's), small or demo.</summary>
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

    /// <summary>Trainers, each on a device slot of its own. One so far.</summary>
    [Id(8)] public int Workers { get; init; } = 1;

    /// <summary>The model that the finished run registers; the run's name where null.</summary>
    [Id(9)] public string? ModelName { get; init; }

    /// <summary>What is different from the preset: JSON as <see cref="ModelCore.Training.TrainingConfiguration"/> reads it; null for nothing.</summary>
    [Id(10)] public string? Configuration { get; init; }

    /// <summary>A model to begin with (warm start) instead of random weights: its name or digest; it must have the same network.</summary>
    [Id(11)] public string? InitialModel { get; init; }

    /// <summary>Grids of samples that are drawn at checkpoints and kept; where null, as many as cost less than 1 % of the run. 0 for none.</summary>
    [Id(12)] public int? SampleGrids { get; init; }
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

    public bool StandsStill => State is not WorkState.Running;
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TrainerAssignment")]
public sealed record TrainerAssignment
{
    /// <summary>False if the generation is over: stop.</summary>
    [Id(0)] public required bool Accepted { get; init; }

    [Id(1)] public TrainingRequest? Request { get; init; }

    [Id(2)] public string? DatasetArtifact { get; init; }

    [Id(3)] public string? DatasetDigest { get; init; }

    [Id(4)] public CommittedCheckpoint? Checkpoint { get; init; }

    /// <summary>The snapshot to begin with; null for random weights.</summary>
    [Id(5)] public string? InitialSnapshot { get; init; }
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

    Training,

    /// <summary>It does nothing and will not, because its silo is about to stop.</summary>
    Leaving,
}

/// <summary>What the run wants of a trainer after a report.</summary>
[GenerateSerializer, Alias("RadioDiffusion.TrainerOrder")]
public enum TrainerOrder
{
    GoOn,

    /// <summary>Write a checkpoint, then end.</summary>
    CheckpointAndEnd,

    /// <summary>The generation is over: end without writing anything.</summary>
    EndAtOnce,
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
