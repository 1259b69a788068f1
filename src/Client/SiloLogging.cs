using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace RadioDiffusion.Client;

/// <summary>The silo's structured log on standard error, so that standard output stays the command's.</summary>
internal static class SiloLogging
{
    /// <param name="logging">The log.</param>
    /// <param name="verbose">Whether more than warnings is written.</param>
    /// <param name="json">A JSON document a line, for programs, instead of a line for people.</param>
    public static void ToStandardError(ILoggingBuilder logging, bool verbose, bool json = false)
    {
        logging.AddConsole(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            options.FormatterName = json ? ConsoleFormatterNames.Json : ConsoleFormatterNames.Simple;
        });
        logging.Services.Configure<JsonConsoleFormatterOptions>(options =>
        {
            options.TimestampFormat = "O";
            options.UseUtcTimestamp = true;
            options.JsonWriterOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        });
        logging.Services.Configure<SimpleConsoleFormatterOptions>(options =>
        {
            options.SingleLine = true;
            options.TimestampFormat = "HH:mm:ss ";
        });
        logging.SetMinimumLevel(verbose ? LogLevel.Information : LogLevel.Warning);
        logging.AddFilter("Orleans", verbose ? LogLevel.Warning : LogLevel.Error);
        logging.AddFilter("Microsoft", verbose ? LogLevel.Warning : LogLevel.Error);
        logging.AddFilter("Polly", LogLevel.Warning);
        // A spurious line at start-up in Orleans 10.4.2: "Participant check thread has not completed".
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
    }
}
