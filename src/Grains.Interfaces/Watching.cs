using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Interfaces.Training;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>Follows long work to its end, taking up again from the last version seen when the stream breaks.</summary>
public static class Watching
{
    private const int Patience = 5;

    /// <summary>Until the run stands still (paused, done or failed); <paramref name="onChange"/> gets every status seen, the newest last.</summary>
    public static Task<TrainingStatus> FollowAsync(this ITrainingRunGrain run, Action<TrainingStatus> onChange, CancellationToken cancellationToken) =>
        FollowAsync(version => run.WatchAsync(version, cancellationToken), status => status.Version, status => status.StandsStill, onChange, cancellationToken);

    /// <summary>Until the build has ended; <paramref name="onChange"/> gets every status seen, the newest last.</summary>
    public static Task<DatasetStatus> FollowAsync(this IDatasetGrain dataset, Action<DatasetStatus> onChange, CancellationToken cancellationToken) =>
        FollowAsync(version => dataset.WatchAsync(version, cancellationToken), status => status.Version, status => status.State != WorkState.Running,
            onChange, cancellationToken);

    private static async Task<T> FollowAsync<T>(Func<long, IAsyncEnumerable<T>> watch, Func<T, long> version, Func<T, bool> isLast,
        Action<T> onChange, CancellationToken cancellationToken)
        where T : class
    {
        long seen = -1;
        for (int failures = 0; ;)
        {
            try
            {
                T? last = null;
                await foreach (var status in watch(seen).WithCancellation(cancellationToken))
                {
                    failures = 0;
                    seen = version(status);
                    onChange(status);
                    last = status;
                }
                if (last != null && isLast(last))
                    return last;
            }
            catch (Exception error) when (error is EnumerationAbortedException or TimeoutException or OrleansException && failures < Patience)
            {
                failures++;
            }
        }
    }
}
