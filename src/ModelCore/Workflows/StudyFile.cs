using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>Reads a study's file with what it imports. All that is wrong is told at once.</summary>
public static class StudyFile
{
    private const long LargestFile = 64 << 20;
    internal const string Matrix = "matrix", Kind = "kind", DependsOn = "dependsOn", Condition = "condition", Retry = "retry", Timeout = "timeout", Resources = "resources", Description = "description";

    /// <summary>What every target can say besides what its kind takes.</summary>
    public static IReadOnlyList<string> TargetKeys { get; } = [Kind, Description, DependsOn, Condition, Matrix, Retry, Timeout, Resources];

    /// <summary>What a file can say.</summary>
    public static IReadOnlyList<string> FileKeys { get; } = ["name", Description, "imports", "properties", "limits", "targets", "$schema"];

    /// <param name="path">YAML, or the JSON that it maps to.</param>
    /// <param name="overrides">Properties that are to be other than in the file, as texts.</param>
    /// <exception cref="StudyException">Something is wrong in it: everything that is, with file, line and column.</exception>
    public static Study Read(string path, IReadOnlyDictionary<string, string> overrides)
    {
        var problems = new StudyProblems();
        var parts = new List<StudyPart>();
        Load(Path.GetFullPath(path), new StudyPlace(path, 1, 1), parts, [], problems);
        if (parts.Count == 0)
            problems.ThrowIfAny();
        var properties = new StudyPropertyValues(parts, overrides, problems);
        return StudyResolver.Resolve(parts, properties, DefaultName(path), problems);
    }

    /// <summary>A study's file and those that it imports, as whole paths.</summary>
    /// <exception cref="StudyException">One of them cannot be read.</exception>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        var problems = new StudyProblems();
        var parts = new List<StudyPart>();
        Load(Path.GetFullPath(path), new StudyPlace(path, 1, 1), parts, [], problems);
        problems.ThrowIfAny();
        return [.. parts.Select(part => part.Path)];
    }

    /// <summary>The file's name without its end, with other letters than a name can have replaced.</summary>
    private static string DefaultName(string path)
    {
        string name = Path.GetFileNameWithoutExtension(path);
        return new string([.. name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-' or '.' ? letter : '-')]).TrimStart('_', '-', '.');
    }

    /// <summary>A file, then those that it imports, each once.</summary>
    private static void Load(string path, StudyPlace from, List<StudyPart> parts, HashSet<string> known, StudyProblems problems)
    {
        if (!known.Add(path))
            return;
        if (TextOf(path, from, problems) is not { } text || StudyNode.Parse(Shown(path), text, problems) is not { } node)
            return;
        if (node is not MapNode file)
        {
            problems.Add(node.Place, $"A study is a mapping ('targets: ...'), but this is {node.Described}.");
            return;
        }
        foreach (var entry in file.Entries.Where(entry => !FileKeys.Contains(entry.Key)))
            problems.Add(entry.KeyPlace, $"'{entry.Key}' is not known here.{NearestName.Hint(entry.Key, FileKeys)}");
        parts.Add(new StudyPart(path, file));
        foreach (var import in Items(file.Find("imports"), "imports", problems))
        {
            if (import is ScalarNode { Text.Length: > 0 } name)
                Load(Path.GetFullPath(name.Text, Path.GetDirectoryName(path)!), name.Place, parts, known, problems);
            else
                problems.Add(import.Place, $"An import is the path of a file, but it is {import.Described}.");
        }
    }

    private static string? TextOf(string path, StudyPlace from, StudyProblems problems)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length <= LargestFile)
                return File.ReadAllText(path);
            problems.Add(from, file.Exists ? $"'{path}' has {file.Length} bytes; a study's file has {LargestFile} at most." : $"There is no file '{path}'.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problems.Add(from, $"'{path}' cannot be read: {error.Message}");
        }
        return null;
    }

    /// <summary>As short as it can be said from here.</summary>
    private static string Shown(string path)
    {
        string relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }

    /// <summary>A list's items, or the one that stands there alone.</summary>
    internal static IReadOnlyList<StudyNode> Items(StudyNode? node, string what, StudyProblems problems)
    {
        switch (node)
        {
            case null or ScalarNode { IsNull: true }:
                return [];
            case ListNode list:
                return list.Items;
            case ScalarNode scalar:
                return [scalar];
            default:
                problems.Add(node.Place, $"'{what}' should be a list, but it is {node.Described}.");
                return [];
        }
    }

    /// <summary>A mapping's entries.</summary>
    internal static IReadOnlyList<MapEntry> Entries(StudyNode? node, string what, StudyProblems problems)
    {
        switch (node)
        {
            case null or ScalarNode { IsNull: true }:
                return [];
            case MapNode map:
                return map.Entries;
            default:
                problems.Add(node.Place, $"'{what}' should be a mapping, but it is {node.Described}.");
                return [];
        }
    }
}

/// <summary>One of a study's files.</summary>
internal sealed record StudyPart(string Path, MapNode Root)
{
    public string Folder => System.IO.Path.GetDirectoryName(Path)!;
}

/// <summary>The properties of a study: those of the command line before those of the file, those before the imported ones.</summary>
internal sealed class StudyPropertyValues
{
    private readonly Dictionary<string, StudyNode> _nodes = [];
    private readonly Dictionary<string, JsonNode?> _values = [];
    private readonly HashSet<string> _open = [];
    private readonly StudyProblems _problems;

    public StudyPropertyValues(IReadOnlyList<StudyPart> parts, IReadOnlyDictionary<string, string> overrides, StudyProblems problems)
    {
        _problems = problems;
        foreach (var entry in parts.SelectMany(part => StudyFile.Entries(part.Root.Find("properties"), "properties", problems)))
            _nodes.TryAdd(entry.Key, entry.Value);
        foreach (var (name, text) in overrides)
        {
            if (_nodes.ContainsKey(name))
                _values[name] = ScalarNode.Plain(text);
            else
                problems.Add(new StudyPlace($"-p {name}={text}", 1, 1), $"The study has no property '{name}'.{NearestName.Hint(name, _nodes.Keys)}");
        }
    }

    public IEnumerable<string> Names => _nodes.Keys;

    /// <summary>Its value; null for none, which has been told.</summary>
    /// <param name="name">Of the property.</param>
    /// <param name="asked">Where it is used.</param>
    public JsonNode? Value(string name, StudyPlace asked)
    {
        if (_values.TryGetValue(name, out var value))
            return value;
        if (!_nodes.TryGetValue(name, out var node))
        {
            _problems.Add(asked, $"The study has no property '{name}'.{NearestName.Hint(name, _nodes.Keys)}");
            return null;
        }
        if (!_open.Add(name))
        {
            _problems.Add(node.Place, $"Property '{name}' refers to itself, by way of others or at once.");
            return null;
        }
        value = new StudyExpressions(this, _problems).Value(node, new ExpressionScope());
        _open.Remove(name);
        _values[name] = value;
        return value;
    }
}
