using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Artifacts;

/// <summary>
/// JSON with one spelling for each meaning, so that equal recipes have equal hashes: keys sorted by code unit, no spaces, whole
/// numbers as digits, other numbers as the shortest text that reads back as the same double, and no escape that is not needed.
/// </summary>
/// <remarks>As RFC 8785, but whole numbers of 64 bits keep all their digits (seeds need them).</remarks>
public static class CanonicalJson
{
    private const double LargestWholeNumber = 9.2e18;        // a little under 2^63

    /// <summary>The one spelling of <paramref name="node"/>.</summary>
    public static string Write(JsonNode? node)
    {
        if (node is null)
            return "null";
        // By way of the text, so that a float made in memory and the same number read from a file are spelled alike.
        using var document = JsonDocument.Parse(node.ToJsonString());
        var text = new StringBuilder();
        Append(text, document.RootElement);
        return text.ToString();
    }

    private static void Append(StringBuilder text, JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                AppendList(text, '{', element.EnumerateObject().OrderBy(property => property.Name, StringComparer.Ordinal), '}', property =>
                {
                    AppendString(text, property.Name);
                    text.Append(':');
                    Append(text, property.Value);
                });
                break;
            case JsonValueKind.Array:
                AppendList(text, '[', element.EnumerateArray(), ']', item => Append(text, item));
                break;
            case JsonValueKind.String:
                AppendString(text, element.GetString()!);
                break;
            case JsonValueKind.Number:
                text.Append(Number(element));
                break;
            default:
                text.Append(element.GetRawText());           // true, false, null
                break;
        }
    }

    private static void AppendList<T>(StringBuilder text, char open, IEnumerable<T> items, char close, Action<T> append)
    {
        text.Append(open);
        bool first = true;
        foreach (var item in items)
        {
            if (!first)
                text.Append(',');
            first = false;
            append(item);
        }
        text.Append(close);
    }

    private static void AppendString(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char letter in value)
        {
            if (letter is '"' or '\\')
                text.Append('\\').Append(letter);
            else if (letter < ' ')
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}");
            else
                text.Append(letter);
        }
        text.Append('"');
    }

    private static string Number(JsonElement element)
    {
        if (element.TryGetInt64(out long whole))
            return whole.ToString(CultureInfo.InvariantCulture);
        if (element.TryGetUInt64(out ulong large))
            return large.ToString(CultureInfo.InvariantCulture);
        double value = element.GetDouble();
        if (!double.IsFinite(value))
            throw new RadioDiffusionException($"A recipe's numbers should be finite, but one is '{element.GetRawText()}'.");
        if (value == Math.Truncate(value) && Math.Abs(value) < LargestWholeNumber)
            return ((long)value).ToString(CultureInfo.InvariantCulture);     // 1.0 and 1e0 are 1, and -0.0 is 0
        return ShortestNumber.Write(value);
    }
}
