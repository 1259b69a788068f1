using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace RadioDiffusion.Grains;

/// <summary>How what was running when a silo died goes on.</summary>
public sealed class WakeUpOptions
{
    /// <summary>Whether reminders outlive this silo: then work goes on by itself; else it is shown as interrupted until somebody asks for it again.</summary>
    public bool SurvivesSilos { get; set; }

    /// <summary>How often a reminder looks whether its grain is awake.</summary>
    public TimeSpan Period { get; set; } = TimeSpan.FromMinutes(1);
}

/// <summary>
/// A reminder for as long as a grain has long work: it activates the grain elsewhere when its silo has died, and the activation goes on with what the state
/// says is under way.
/// </summary>
public sealed partial class WakeUp(IOptions<WakeUpOptions> options, ILogger<WakeUp> logger)
{
    private const string Reminder = "resume";

    /// <inheritdoc cref="WakeUpOptions.SurvivesSilos"/>
    public bool SurvivesSilos => options.Value.SurvivesSilos;

    public Task SetAsync<T>(T grain)
        where T : IGrainBase, IRemindable => SurvivesSilos ? grain.RegisterOrUpdateReminder(Reminder, options.Value.Period, options.Value.Period) : Task.CompletedTask;

    /// <summary>What is done is done: a reminder that cannot be taken back now wakes the grain once more, which takes it back then.</summary>
    public async Task CancelAsync<T>(T grain)
        where T : IGrainBase, IRemindable
    {
        if (!SurvivesSilos)
            return;
        try
        {
            if (await grain.GetReminder(Reminder) is { } reminder)
                await grain.UnregisterReminder(reminder);
        }
        catch (Exception error)
        {
            LogNotCancelled(error, grain.GrainContext.GrainId);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reminder of {Grain} could not be taken back")]
    private partial void LogNotCancelled(Exception error, GrainId grain);
}
