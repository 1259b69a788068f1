using System.Runtime.CompilerServices;

namespace RadioDiffusion.Grains;

/// <summary>
/// A value that callers watch. Each change has a higher version, and a watcher names the last one it saw, so that it can
/// come back after a lost connection. Belongs to one grain and its turns.
/// </summary>
internal sealed class Watched<T>(T value)
    where T : class
{
    private TaskCompletionSource _changed = NewSignal();

    public T Value { get; private set; } = value;

    public void Set(T value)
    {
        Value = value;
        var signal = _changed;
        _changed = NewSignal();
        signal.SetResult();
    }

    /// <summary>Ends when the value changes.</summary>
    public Task NextChange => _changed.Task;

    /// <summary>The value as soon as its version is above <paramref name="afterVersion"/>, then every further one, until one that <paramref name="isLast"/>.</summary>
    public async IAsyncEnumerable<T> WatchAsync(long afterVersion, Func<T, long> version, Func<T, bool> isLast,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var changed = NextChange;
            var current = Value;
            if (version(current) > afterVersion)
            {
                afterVersion = version(current);
                yield return current;
            }
            if (isLast(current))
                yield break;
            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
