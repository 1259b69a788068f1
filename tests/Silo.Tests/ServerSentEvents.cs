using System.Text.Json;

namespace RadioDiffusion.Silo.Tests;

/// <summary>Server-sent events as a client reads them.</summary>
internal static class ServerSentEvents
{
    /// <summary>All of them, until the service ends the stream.</summary>
    public static async Task<List<(string Event, JsonElement Data)>> EventsAsync(this HttpClient http, string path)
    {
        string[] lines = (await http.GetStringAsync(path, TestContext.Current.CancellationToken)).Split('\n');
        var events = new List<(string, JsonElement)>();
        for (int i = 0; i + 1 < lines.Length; i++)
        {
            if (lines[i].StartsWith("event: ", StringComparison.Ordinal))
                events.Add((lines[i]["event: ".Length..], JsonDocument.Parse(lines[i + 1]["data: ".Length..]).RootElement));
        }
        return events;
    }
}
