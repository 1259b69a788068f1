using System.Diagnostics;

namespace RadioDiffusion.Client;

/// <summary>How far each phase of some work is: a line when one begins and ends, and every few seconds in between.</summary>
internal sealed class PhaseDisplay(Output output)
{
    private static readonly TimeSpan _betweenLines = TimeSpan.FromSeconds(5);
    private string _phase = "";
    private long _lastLine;

    /// <param name="phase">In words.</param>
    /// <param name="done">Of <paramref name="total"/>.</param>
    /// <param name="total">0 where nothing is counted.</param>
    public void Show(string phase, int done, int total) => Show(phase, done, total, "");

    /// <inheritdoc cref="Show(string, int, int)"/>
    /// <param name="phase">In words.</param>
    /// <param name="done">Of <paramref name="total"/>.</param>
    /// <param name="total">0 where nothing is counted.</param>
    /// <param name="note">What follows on the line.</param>
    public void Show(string phase, long done, long total, string note)
    {
        bool isNew = phase != _phase;
        if (phase.Length == 0 || (!isNew && (total == 0 || (done < total && Stopwatch.GetElapsedTime(_lastLine) < _betweenLines))))
            return;
        _phase = phase;
        _lastLine = Stopwatch.GetTimestamp();
        output.Message(total == 0 ? $"  {phase}" : $"  {phase}: {done} of {total}{note}");
    }
}
