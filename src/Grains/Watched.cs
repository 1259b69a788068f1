using System.Runtime.CompilerServices;

namespace RadioDiffusion.Grains;

/// <summary>
/// A value that callers watch. Each change has a higher version, and a watcher names the last one it saw, so that it can
/// come back after a lost connection. Belongs to one grain and its turns.
/// </summary>
internal sealed class Watched<T>(T value)
    where T : class
{
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(8);

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

    /// <summary>The value at its next change, or as it is after a wait; at once if none is to be expected.</summary>
    /// <param name="isChanging">Whether a value will be followed by another one.</param>
    /// <param name="wait">At most 8 s of it, since a call to a grain ends within 10.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> WaitAsync(Func<T, bool> isChanging, TimeSpan wait, CancellationToken cancellationToken)
    {
        var changed = NextChange;
        if (isChanging(Value))
            await Task.WhenAny(changed, Task.Delay(wait < _longestWait ? wait : _longestWait, cancellationToken));
        return Value;
    }

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
