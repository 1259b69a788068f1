using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Workflows;

/// <summary>A study: looks which of its targets are up to date, and runs the others as wide as dependencies and resources allow. The key is the study's name.</summary>
[Alias("RadioDiffusion.IWorkflowGrain")]
public interface IWorkflowGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts a build, or goes on with one, and returns at once. Asking again while it runs does nothing; another request is refused then. What is up to date is not run again.
    /// </summary>
    [Alias("Start")]
    Task<WorkflowStatus> StartAsync(WorkflowRequest request, CancellationToken cancellationToken = default);

    /// <summary>Stops what runs, each target at a point where it can go on; the state is Paused once all stand still.</summary>
    [Alias("Pause")]
    Task<WorkflowStatus> PauseAsync(CancellationToken cancellationToken = default);

    /// <summary>Goes on with a build that is paused or was interrupted.</summary>
    /// <exception cref="UserErrorException">There is nothing to go on with.</exception>
    [Alias("Resume")]
    Task<WorkflowStatus> ResumeAsync(CancellationToken cancellationToken = default);

    /// <summary>Stops what runs, and gives the build up. What is done stays up to date.</summary>
    [Alias("Cancel")]
    Task<WorkflowStatus> CancelAsync(CancellationToken cancellationToken = default);

    /// <summary>The status with the first of its targets; <see cref="WorkflowStatus.HasMore"/> says whether <see cref="WatchAsync"/> has more of them.</summary>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<WorkflowStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The status with the targets that have changed after <paramref name="afterVersion"/>, some hundred at a time, until the build stands still.</summary>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<WorkflowStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default);
}

/// <summary>
/// A target of whichever study: runs it once for all that want it. The key is the ID of its artifact, which is the digest of all that its result depends on; it is
/// done when that artifact is in the store.
/// </summary>
[Alias("RadioDiffusion.ITargetGrain")]
public interface ITargetGrain : IGrainWithStringKey
{
    /// <summary>Starts it if it is neither done nor under way; returns at once.</summary>
    [Alias("Start")]
    Task<TargetProgress> StartAsync(TargetRequest request, CancellationToken cancellationToken = default);

    /// <summary>The progress at its next change, or as it is after <paramref name="wait"/> (8 s at most).</summary>
    [Alias("Wait"), AlwaysInterleave]
    Task<TargetProgress> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>A study does not want it any more: it stops if no other one does.</summary>
    /// <returns>Whether it stops.</returns>
    [Alias("Release"), AlwaysInterleave]
    Task<bool> ReleaseAsync(string study, CancellationToken cancellationToken = default);
}

/// <summary>What a file or folder holds: its digest, computed anew only where length or date have changed. The key is the path.</summary>
[Alias("RadioDiffusion.IFileContentGrain")]
public interface IFileContentGrain : IGrainWithStringKey
{
    /// <summary>The digest if it is known within <paramref name="wait"/> (8 s at most); asking again goes on waiting.</summary>
    /// <exception cref="UserErrorException">There is no such file or folder, or it cannot be read.</exception>
    [Alias("Digest"), AlwaysInterleave]
    Task<FileContent> DigestAsync(FileContentRequest request, TimeSpan wait, CancellationToken cancellationToken = default);
}
