using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace RadioDiffusion.Client;

/// <summary>Where a command writes: text for people on standard output, or one JSON document there and messages on standard error.</summary>
public sealed class Output
{
    private static readonly JsonSerializerOptions _jsonOptions = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter() },
    };

    private const int WidthOfFiles = 1000;

    public Output(bool json)
    {
        IsJson = json;
        var writer = json ? Console.Error : Console.Out;
        Terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (json ? Console.IsErrorRedirected : Console.IsOutputRedirected)
            Terminal.Profile.Width = WidthOfFiles;           // nobody wants a table folded there
    }

    public bool IsJson { get; }

    /// <summary>For tables and live displays.</summary>
    public IAnsiConsole Terminal { get; }

    /// <summary>Whether a live display makes sense; else lines are printed now and then.</summary>
    public bool IsLive => Terminal.Profile.Capabilities.Interactive && !(IsJson ? Console.IsErrorRedirected : Console.IsOutputRedirected);

    public void Message(string text) => Terminal.Line(text);

    public static void Error(string text) => Console.Error.WriteLine($"Error: {text}");

    /// <summary>The result: as JSON if asked for, else as text.</summary>
    public void Result<T>(T value, Action<IAnsiConsole> asText)
    {
        if (IsJson)
            Console.Out.WriteLine(JsonSerializer.Serialize(value, _jsonOptions));
        else
            asText(Terminal);
    }
}

/// <summary>Lines that stay whole.</summary>
internal static class Lines
{
    /// <summary>Writes a line as it is: Spectre would fold paths and sample IDs at the width of the terminal, and nobody could copy them.</summary>
    public static void Line(this IAnsiConsole console, string text) => console.Profile.Out.Writer.WriteLine(text);
}
