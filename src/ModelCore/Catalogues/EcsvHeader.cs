using System.Text.RegularExpressions;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>The comment lines of an ECSV file: YAML that gives each column's name, type, unit and description.</summary>
/// <remarks>Astropy Proposal for Enhancement 6. Only the entries that a catalogue needs are read, in flow style ({...}) and in block style.</remarks>
internal sealed partial class EcsvHeader
{
    private readonly List<Dictionary<string, string>> _columns;

    private EcsvHeader(List<Dictionary<string, string>> columns, byte delimiter) => (_columns, Delimiter) = (columns, delimiter);

    public byte Delimiter { get; }

    public static EcsvHeader Parse(IReadOnlyList<string> comments, string path)
    {
        byte delimiter = DelimitedText.Blanks;
        var columns = new List<Dictionary<string, string>>();
        bool inside = false;
        foreach (string comment in comments)
        {
            string line = comment.TrimStart('#').TrimEnd();
            string text = line.Trim();
            if (text.StartsWith("delimiter:", StringComparison.Ordinal))
                delimiter = text[10..].Trim().Trim('\'', '"') is ['\\', 't'] or ['\t'] ? (byte)'\t' : text.Contains(',', StringComparison.Ordinal) ? (byte)',' : DelimitedText.Blanks;
            if (text is "datatype:")
                inside = true;
            else if (inside && text.StartsWith("- ", StringComparison.Ordinal))
                columns.Add(Entries(text[2..]));
            else if (inside && columns.Count > 0 && line.StartsWith("  ", StringComparison.Ordinal))
                AddTo(columns[^1], Entries(text));
            else
                inside = false;
        }
        return columns.Count > 0 ? new EcsvHeader(columns, delimiter)
            : throw new RadioDiffusionException($"{path}: the comment lines of an ECSV file should have an entry 'datatype:' with a line for each column, but there is none.");
    }

    /// <summary>The columns by the header line's names; arrays and objects are left out.</summary>
    public IReadOnlyList<CatalogueColumn> Columns(string[] names, string path, out List<string> leftOut)
    {
        leftOut = [];
        var columns = new List<CatalogueColumn>();
        for (int i = 0; i < names.Length; i++)
        {
            var entry = _columns.Find(entries => entries.GetValueOrDefault("name") == names[i])
                ?? throw new RadioDiffusionException($"{path}: column '{names[i]}' of the header line should be described in the comment lines, but it is not.");
            string type = entry.GetValueOrDefault("datatype", "");
            if (entry.ContainsKey("subtype") || TypeOf(type) is not { } found)
            {
                leftOut.Add($"{names[i]}: is of type {entry.GetValueOrDefault("subtype", type)}, one number or text is expected");
                continue;
            }
            columns.Add(new CatalogueColumn(names[i], found) { Unit = entry.GetValueOrDefault("unit"), Description = entry.GetValueOrDefault("description"), Position = i });
        }
        return columns;
    }

    private static ColumnType? TypeOf(string type) => type switch
    {
        "bool" => ColumnType.Boolean,
        "int8" or "int16" or "int32" or "int64" or "uint8" or "uint16" or "uint32" or "uint64" => ColumnType.Integer,
        "float16" or "float32" => ColumnType.Single,
        "float64" or "float128" => ColumnType.Double,
        "string" => ColumnType.Text,
        _ => null,
    };

    private static Dictionary<string, string> Entries(string text)
    {
        var entries = new Dictionary<string, string>(StringComparer.Ordinal);
        var pattern = text.StartsWith('{') ? FlowEntry() : BlockEntry();
        foreach (Match match in pattern.Matches(text.Trim('{', '}')))
            entries.TryAdd(match.Groups["key"].Value, Plain(match.Groups["value"].Value.Trim()));
        return entries;
    }

    private static void AddTo(Dictionary<string, string> entries, Dictionary<string, string> more)
    {
        foreach (var (key, value) in more)
            entries.TryAdd(key, value);
    }

    private static string Plain(string value) => value switch
    {
        ['\'', .., '\''] => value[1..^1].Replace("''", "'", StringComparison.Ordinal),
        ['"', .., '"'] => value[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal),
        _ => value,
    };

    [GeneratedRegex("""(?<key>\w+):\s*(?<value>'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^,}]*)""")]
    private static partial Regex FlowEntry();

    [GeneratedRegex("""^(?<key>\w+):\s*(?<value>.*)$""")]
    private static partial Regex BlockEntry();
}
