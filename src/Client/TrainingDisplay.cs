using System.Diagnostics;
using System.Globalization;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Training;
using Spectre.Console;

namespace RadioDiffusion.Client;

/// <summary>A run as it goes: a live bar on a terminal, a line every few seconds elsewhere.</summary>
internal static class TrainingDisplay
{
    private static readonly TimeSpan _betweenLines = TimeSpan.FromSeconds(5);

    public static Task<TrainingStatus> ShowAsync(ITrainingRunGrain run, Output output, CancellationToken cancellationToken) =>
        ShowAsync(run, output, _ => { }, cancellationToken);

    /// <param name="run">The run.</param>
    /// <param name="output">Where to show it.</param>
    /// <param name="onChange">Also told of every change.</param>
    /// <param name="cancellationToken">Ends the watching, not the run.</param>
    public static Task<TrainingStatus> ShowAsync(ITrainingRunGrain run, Output output, Action<TrainingStatus> onChange, CancellationToken cancellationToken) =>
        output.IsLive ? ShowLiveAsync(run, output, onChange, cancellationToken) : PrintAsync(run, output, onChange, cancellationToken);

    /// <summary>One line: iteration, loss, images/s, time left.</summary>
    public static string Line(TrainingStatus status)
    {
        string text = string.Create(CultureInfo.InvariantCulture, $"iteration {status.Iteration} of {status.TotalIterations}");
        if (!double.IsNaN(status.Loss))
            text += string.Create(CultureInfo.InvariantCulture, $"  loss {status.Loss:0.0000}");
        if (!double.IsNaN(status.ValidationLoss))
            text += string.Create(CultureInfo.InvariantCulture, $"  validation {status.ValidationLoss:0.0000}");
        if (status.ImagesPerSecond > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"  {status.ImagesPerSecond:0.0} images/s");
        if (status.TimeLeft is { } left)
            text += $"  {Duration(left)} left";
        if (((status.StandsStill ? null : status.Error) ?? status.Note) is { } note)
            text += $"  ({note.TrimEnd('.')})";
        return text;
    }

    public static string Duration(TimeSpan time) => time.TotalHours >= 1
        ? $"{(int)time.TotalHours} h {time.Minutes:00} min"
        : time.TotalMinutes >= 1 ? $"{time.Minutes} min {time.Seconds:00} s" : $"{time.TotalSeconds:0} s";

    private static async Task<TrainingStatus> PrintAsync(ITrainingRunGrain run, Output output, Action<TrainingStatus> onChange, CancellationToken cancellationToken)
    {
        long lastLine = 0;
        return await run.FollowAsync(
            status =>
            {
                onChange(status);
                if (lastLine != 0 && Stopwatch.GetElapsedTime(lastLine) < _betweenLines && !status.StandsStill)
                    return;
                lastLine = Stopwatch.GetTimestamp();
                output.Message($"  {Line(status)}");
            },
            cancellationToken);
    }

    private static Task<TrainingStatus> ShowLiveAsync(ITrainingRunGrain run, Output output, Action<TrainingStatus> onChange, CancellationToken cancellationToken) =>
        output.Terminal.Progress()
            .Columns(new SpinnerColumn(), new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(async progress =>
            {
                var bar = progress.AddTask("starting");
                return await run.FollowAsync(
                    status =>
                    {
                        onChange(status);
                        bar.MaxValue = Math.Max(1, status.TotalIterations);
                        bar.Value = status.Iteration;
                        bar.Description = Markup.Escape(Line(status));
                    },
                    cancellationToken);
            });
}
