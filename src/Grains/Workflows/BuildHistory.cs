using System.Globalization;
using System.Runtime.CompilerServices;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Workflows;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Grains.Workflows;

/// <summary>The builds of a study: records that each name the one before.</summary>
public static class BuildHistory
{
    /// <summary>The newest first, as far back as the store has them.</summary>
    /// <param name="store">Where records are.</param>
    /// <param name="last">The last record; null where the study was never built to an end.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<RecordedBuild> ReadAsync(IArtifactStore store, string? last, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (string? id = last; id != null && await BuildRecord.FindAsync(store, id, cancellationToken) is { } record; id = record.Previous)
            yield return new RecordedBuild(id, record);
    }

    /// <summary>One of a study's builds.</summary>
    /// <param name="store">Where records are.</param>
    /// <param name="study">Its status.</param>
    /// <param name="which">The record's ID, or its number as the history counts: 1 is the last build, 2 the one before.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="UserErrorException">It has no such build.</exception>
    public static async Task<RecordedBuild> FindAsync(IArtifactStore store, WorkflowStatus study, string which, CancellationToken cancellationToken)
    {
        int builds = 0;
        await foreach (var build in ReadAsync(store, study.LastBuild, cancellationToken))
        {
            if (build.Id == which || (++builds).ToString(CultureInfo.InvariantCulture) == which)
                return build;
        }
        throw new UserErrorException(ErrorKind.NotFound, which,
            $"Study '{study.Name}' has no build '{which}': {(builds == 0 ? "none has come to an end yet" : $"there {(builds == 1 ? "is 1, named 1" : $"are {builds}, named 1 (the last one) to {builds}")} or by ID")}. 'radiodiffusion study history {study.Name}' lists them.");
    }
}

/// <summary>A build that has ended, by its record.</summary>
/// <param name="Id">The record's artifact.</param>
/// <param name="Record">What became of it.</param>
public sealed record RecordedBuild(string Id, BuildRecord Record)
{
    public BuildSummary Summary => new(Id, Record.Began, Record.Ended, Record.State, Math.Round((Record.Ended - Record.Began).TotalSeconds, 3),
        Record.Count(TargetState.Done), Record.Count(TargetState.UpToDate), Record.Count(TargetState.Failed), Record.Count(TargetState.Blocked), Record.Study, Record.Error);
}

/// <summary>A build in a line.</summary>
/// <param name="Id">The record's artifact.</param>
/// <param name="Began">When.</param>
/// <param name="Ended">When; of one that was interrupted, when that was found.</param>
/// <param name="State">Done, Failed, Paused, None (given up), or Interrupted (killed: how far it came is not known, and what it finished is up to date).</param>
/// <param name="Seconds">From its beginning to its end.</param>
/// <param name="Ran">Targets that ran to their ends.</param>
/// <param name="UpToDate">Targets that were up to date.</param>
/// <param name="Failed">Targets that failed.</param>
/// <param name="Blocked">Targets that could not run because others failed.</param>
/// <param name="Study">The artifact with the study as it was.</param>
/// <param name="Error">Why it ended as it did, where that is not the failure of targets.</param>
public sealed record BuildSummary(string Id, DateTimeOffset Began, DateTimeOffset Ended, string State, double Seconds, int Ran, int UpToDate, int Failed, int Blocked, string Study, string? Error);
