namespace RadioDiffusion.Grains.Interfaces.Tests;

/// <summary>A clock that jumps to the end of every pause at once, and remembers the pauses.</summary>
internal sealed class InstantTime : TimeProvider
{
    private readonly Lock _gate = new();
    private long _now;

    public List<TimeSpan> Pauses { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate)
            return _now;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            _now += dueTime.Ticks;
            Pauses.Add(dueTime);
        }
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
