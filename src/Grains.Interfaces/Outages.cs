using Orleans.Runtime.Messaging;
using Orleans.Storage;

namespace RadioDiffusion.Grains.Interfaces;

/// <summary>
/// Errors that say nothing about what was asked for: the silo or the store is away or starting, or a state was written by someone else, often by the same
/// call's first attempt, whose answer was lost. Asking again is right.
/// </summary>
public static class Outages
{
    /// <summary>Whether asking again, later, may bring an answer.</summary>
    public static bool IsOutage(Exception error) =>
        ErrorReasons.Of(error) is UserErrorException { Kind: ErrorKind.Unavailable }
        || error is OrleansMessageRejectionException or ConnectionFailedException or ClientNotAvailableException or GatewayTooBusyException
            or EnumerationAbortedException or TimeoutException or InconsistentStateException
        && !ErrorReasons.IsKnown(error);
}

/// <summary>
/// How long to go on asking while a silo is away: pauses that double from a quarter of a second to 8 s, a minute in all. The death of a
/// silo is agreed upon after 12 to 15 s.
/// </summary>
public sealed class Patience(TimeProvider time)
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan _total = TimeSpan.FromMinutes(1);
    private TimeSpan _pause = _firstPause;
    private long? _began;

    /// <summary>There was an answer: the next outage is a new one.</summary>
    public void Renew()
    {
        _pause = _firstPause;
        _began = null;
    }

    /// <summary>Pauses; false if the patience is at its end.</summary>
    public async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        _began ??= time.GetTimestamp();
        if (time.GetElapsedTime(_began.Value) >= _total)
            return false;
        await PauseLongerAsync(cancellationToken);
        return true;
    }

    /// <summary>Pauses, however long it takes already.</summary>
    public async Task PauseLongerAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(_pause, time, cancellationToken);
        _pause = _pause * 2 < _longestPause ? _pause * 2 : _longestPause;
    }
}
