using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace RadioDiffusion.Client;

/// <summary>The silo's structured log on standard error, so that standard output stays the command's.</summary>
internal static class SiloLogging
{
    public static void ToStandardError(ILoggingBuilder logging, bool verbose)
    {
        logging.AddConsole(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            options.FormatterName = ConsoleFormatterNames.Simple;
        });
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss ";
        });
        logging.SetMinimumLevel(verbose ? LogLevel.Information : LogLevel.Warning);
        logging.AddFilter("Orleans", verbose ? LogLevel.Warning : LogLevel.Error);
        logging.AddFilter("Microsoft", verbose ? LogLevel.Warning : LogLevel.Error);
        // A spurious line at start-up in Orleans 10.4.2: "Participant check thread has not completed".
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }
}
