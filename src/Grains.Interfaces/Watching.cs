using RadioDiffusion.Grains.Interfaces.Evaluation;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;
using RadioDiffusion.Grains.Interfaces.Workflows;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>Follows long work to its end, through outages of up to a minute.</summary>
public static class Watching
{
    /// <summary>Until the run stands still (paused, done or failed); <paramref name="onChange"/> gets every status seen, the newest last.</summary>
    public static Task<TrainingStatus> FollowAsync(this ITrainingRunGrain run, Action<TrainingStatus> onChange, CancellationToken cancellationToken) =>
        run.FollowAsync(onChange, TimeProvider.System, cancellationToken);

    /// <summary>Until the build has ended; <paramref name="onChange"/> gets every status seen, the newest last.</summary>
    public static Task<DatasetStatus> FollowAsync(this IDatasetGrain dataset, Action<DatasetStatus> onChange, CancellationToken cancellationToken) =>
        FollowAsync(version => dataset.WatchAsync(version, cancellationToken), () => dataset.GetStatusAsync(cancellationToken),
            status => status.Version, status => status.State != WorkState.Running, onChange, new Patience(TimeProvider.System), cancellationToken);

    /// <summary>Until the comparison has ended; <paramref name="onChange"/> gets every status seen, the newest last.</summary>
    public static Task<EvaluationStatus> FollowAsync(this IEvaluationGrain evaluation, Action<EvaluationStatus> onChange, CancellationToken cancellationToken) =>
        FollowAsync(version => evaluation.WatchAsync(version, cancellationToken), () => evaluation.GetStatusAsync(cancellationToken),
            status => status.Version, status => status.State != WorkState.Running, onChange, new Patience(TimeProvider.System), cancellationToken);

    /// <summary>Until the build stands still; <paramref name="onChange"/> gets every status seen, the newest last.</summary>
    public static Task<SkyBuildStatus> FollowAsync(this ISkyBuildGrain build, Action<SkyBuildStatus> onChange, CancellationToken cancellationToken) =>
        FollowAsync(version => build.WatchAsync(version, cancellationToken), () => build.GetStatusAsync(cancellationToken),
            status => status.Version, status => status.State != WorkState.Running, onChange, new Patience(TimeProvider.System), cancellationToken);

    /// <summary>Until the build stands still; <paramref name="onChange"/> gets every status seen, each with the targets that have changed.</summary>
    public static Task<WorkflowStatus> FollowAsync(this IWorkflowGrain workflow, Action<WorkflowStatus> onChange, CancellationToken cancellationToken) =>
        FollowAsync(version => workflow.WatchAsync(version, cancellationToken), () => workflow.GetStatusAsync(cancellationToken),
            status => status.Version, status => status.IsLast, onChange, new Patience(TimeProvider.System), cancellationToken);

    internal static Task<TrainingStatus> FollowAsync(this ITrainingRunGrain run, Action<TrainingStatus> onChange, TimeProvider time,
        CancellationToken cancellationToken) =>
        FollowAsync(version => run.WatchAsync(version, cancellationToken), () => run.GetStatusAsync(cancellationToken),
            status => status.Version, status => status.StandsStill, onChange, new Patience(time), cancellationToken);

    private static async Task<T> FollowAsync<T>(Func<long, IAsyncEnumerable<T>> watch, Func<Task<T>> ask, Func<T, long> version, Func<T, bool> isLast,
        Action<T> onChange, Patience patience, CancellationToken cancellationToken)
        where T : class
    {
        long seen = -1;
        for (bool broken = false; ; broken = true)
        {
            try
            {
                if (broken)
                {
                    // A new activation counts its versions from the beginning, so the last one seen says nothing to it.
                    var now = await ask();
                    onChange(now);
                    if (isLast(now))
                        return now;
                    seen = version(now);
                }
                await foreach (var status in watch(seen).WithCancellation(cancellationToken))
                {
                    patience.Renew();
                    onChange(status);
                    if (isLast(status))
                        return status;
                    seen = version(status);
                }
                if (!await patience.PauseAsync(cancellationToken))
                    throw new TimeoutException("Whoever does the work goes on, but does not say how it gets on.");
            }
            catch (Exception error) when (Outages.IsOutage(error))
            {
                if (!await patience.PauseAsync(cancellationToken))
                    throw;
            }
        }
    }
}
