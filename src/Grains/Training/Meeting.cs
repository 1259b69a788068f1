using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Grains.Training;

/// <summary>A meeting of the trainers of a run, decided: who brought what, in the order of ranks.</summary>
internal sealed record Meeting
{
    public required long Iteration { get; init; }

    public required bool IsMoments { get; init; }

    public required IReadOnlyList<string> Places { get; init; }

    public required IReadOnlyList<string> Artifacts { get; init; }

    /// <summary>Whether the run stops here.</summary>
    public required bool IsLast { get; init; }

    public bool IsAt(long iteration, bool isMoments) => Iteration == iteration && IsMoments == isMoments;

    public bool IsAfter(long iteration, bool isMoments) => Iteration > iteration || (Iteration == iteration && IsMoments && !isMoments);
}

/// <summary>What trainers have brought to the next meeting so far.</summary>
internal sealed class Deliveries
{
    private readonly Dictionary<string, string> _artifacts = [];
    private (long Generation, long Iteration, bool IsMoments) _meeting;

    /// <summary>Whatever was brought to another meeting, or by an older generation, is forgotten.</summary>
    public void Add(TrainerDelivery delivery)
    {
        var meeting = (delivery.Generation, delivery.Iteration, delivery.IsMoments);
        if (_meeting != meeting)
            _artifacts.Clear();
        _meeting = meeting;
        _artifacts[delivery.Place] = delivery.Artifact;
    }

    /// <summary>The meeting, if all have come; null otherwise.</summary>
    /// <param name="members">Who should, in the order of ranks.</param>
    /// <param name="isLast">Whether the run stops here.</param>
    public Meeting? Decide(IReadOnlyList<string> members, bool isLast) => members.Count == 0 || !members.All(_artifacts.ContainsKey)
        ? null
        : new Meeting
        {
            Iteration = _meeting.Iteration,
            IsMoments = _meeting.IsMoments,
            Places = members,
            Artifacts = [.. members.Select(place => _artifacts[place])],
            IsLast = isLast,
        };
}
