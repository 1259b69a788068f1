using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>What is stored of a run.</summary>
internal sealed record TrainingRunState
{
    public TrainingRequest? Request { get; init; }

    public WorkState State { get; init; }

    /// <summary>Counts the groups of trainers; every word of a trainer carries its own, and what an old one says is refused.</summary>
    public long Generation { get; init; }

    /// <summary>The trainers of the generation, by rank.</summary>
    public IReadOnlyList<TrainerOffer> Group { get; init; } = [];

    /// <summary>The last meeting that was decided in this generation; null for none.</summary>
    public Meeting? Meeting { get; init; }

    public string DatasetArtifact { get; init; } = "";

    public string DatasetDigest { get; init; } = "";

    /// <summary>The snapshot that training begins with; null for random weights.</summary>
    public string? InitialSnapshot { get; init; }

    /// <summary>The checkpoint of another run that this one began with; null for none.</summary>
    public string? ForkedFrom { get; init; }

    /// <summary>How the run was forked, as it was asked for; null if it was not, or before this was kept.</summary>
    public TrainingFork? Fork { get; init; }

    /// <summary>What a fork still has to copy from the other run: the checkpoint, then averages. The run is Interrupted or Failed until nothing is left.</summary>
    public IReadOnlyList<CommittedCheckpoint> ToCopy { get; init; } = [];

    public long TotalIterations { get; init; }

    public int Workers { get; init; } = 1;

    public int MinWorkers { get; init; } = 1;

    /// <summary>The iteration after which the run pauses; 0 for none.</summary>
    public long StopAt { get; init; }

    public CommittedCheckpoint? Checkpoint { get; init; }

    /// <summary>Those that are kept, the latest last.</summary>
    public IReadOnlyList<CommittedCheckpoint> Checkpoints { get; init; } = [];

    /// <summary>Those that were given up last, and perhaps not deleted yet.</summary>
    public IReadOnlyList<string> Obsolete { get; init; } = [];

    /// <summary>The power-function averages that are kept for good, the latest last.</summary>
    public IReadOnlyList<CommittedCheckpoint> Averages { get; init; } = [];

    public string? Snapshot { get; init; }

    public string? Error { get; init; }

    /// <summary>What went wrong though the run goes on.</summary>
    public string? Note { get; init; }

    public IReadOnlyList<long> Resumptions { get; init; } = [];

    /// <summary>With a new checkpoint: the last few and the milestones are kept.</summary>
    public TrainingRunState WithCheckpoint(CommittedCheckpoint checkpoint)
    {
        var all = Checkpoints.Where(kept => kept.Iteration < checkpoint.Iteration).Append(checkpoint).ToList();
        bool IsKept(CommittedCheckpoint kept, int index) =>
            index >= all.Count - Math.Max(1, Request!.KeepCheckpoints) || (Request.MilestoneEvery > 0 && kept.Iteration % Request.MilestoneEvery == 0);
        var keptOnes = all.Where(IsKept).ToArray();
        return this with
        {
            Checkpoint = checkpoint,
            Checkpoints = keptOnes,
            Obsolete = [.. Checkpoints.Select(kept => kept.Artifact).Except(keptOnes.Select(kept => kept.Artifact))],
        };
    }

    /// <summary>With the copy of the first that was to be copied: once all are there, the run is paused.</summary>
    public TrainingRunState WithCopy(CommittedCheckpoint copy)
    {
        var next = this with { ToCopy = [.. ToCopy.Skip(1)], State = ToCopy.Count > 1 ? State : WorkState.Paused };
        return Checkpoint == null ? next.WithCheckpoint(copy) : next with { Averages = [.. Averages, copy] };
    }

    /// <summary>With averages; later ones are of a way that the run has left.</summary>
    public TrainingRunState WithAverages(CommittedCheckpoint averages) =>
        this with { Averages = [.. Averages.Where(kept => kept.Iteration < averages.Iteration), averages] };

    /// <summary>Without a checkpoint that cannot be used; null if there is no other one.</summary>
    public TrainingRunState? WithoutCheckpoint(string artifact, string reason)
    {
        var others = Checkpoints.Where(kept => kept.Artifact != artifact).ToArray();
        if (others.Length == 0 || Checkpoint is not { } bad)
            return null;
        return this with
        {
            Checkpoint = others[^1],
            Checkpoints = others,
            Note = $"The checkpoint of iteration {bad.Iteration} cannot be used ({reason.TrimEnd('.')}): the run went on from that of iteration {others[^1].Iteration}.",
        };
    }
}
