using System.Text.Json;
using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>A study as it is built: properties filled in, conditions decided, matrix targets written out. What is left open are results of other targets.</summary>
public sealed record Study
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    /// <summary>Letters, digits, '_', '.', '-'.</summary>
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    /// <summary>How much of each resource there is, for all targets that run at a time.</summary>
    public SortedDictionary<string, int> Limits { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The properties as they were in the end.</summary>
    public SortedDictionary<string, JsonNode?> Properties { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Each after those that it depends on.</summary>
    public required IReadOnlyList<StudyTarget> Targets { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, _json);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    public static Study FromJson(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<Study>(json, _json)!;

    /// <summary>The targets that are needed for some, in their order; all of them where none is named.</summary>
    /// <param name="names">Names of targets; that of a matrix target stands for all that it was written out to.</param>
    /// <exception cref="RadioDiffusionException">A name is not known.</exception>
    public IReadOnlyList<StudyTarget> NeededFor(IReadOnlyCollection<string> names)
    {
        if (names.Count == 0)
            return Targets;
        var needed = new HashSet<string>();
        var open = new Stack<string>(names.SelectMany(Matching));
        var byName = Targets.ToDictionary(target => target.Name);
        while (open.TryPop(out string? name))
        {
            if (needed.Add(name))
                byName[name].DependsOn.ToList().ForEach(open.Push);
        }
        return [.. Targets.Where(target => needed.Contains(target.Name))];
    }

    /// <summary>The targets that a name stands for.</summary>
    /// <exception cref="RadioDiffusionException">It is not known.</exception>
    public IReadOnlyList<string> Matching(string name)
    {
        string[] found = [.. Targets.Where(target => target.Name == name || target.WrittenAs == name).Select(target => target.Name)];
        return found.Length > 0 ? found : throw new RadioDiffusionException($"Study '{Name}' has no target '{name}'.{NearestName.Hint(name, Targets.Select(target => target.WrittenAs).Distinct())}");
    }
}

/// <summary>One step of a study.</summary>
public sealed record StudyTarget
{
    /// <summary>With the values of its matrix: accuracy[guidance=0.1].</summary>
    public required string Name { get; init; }

    /// <summary>As the file calls it: accuracy.</summary>
    public required string WrittenAs { get; init; }

    /// <summary>One of <see cref="TargetKinds.All"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>What the kind takes; results of other targets stand in it as <see cref="TargetReference"/> writes them.</summary>
    public required JsonObject Parameters { get; init; }

    /// <summary>All that must be done before: those that it refers to, and those that it names besides.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>How often it is tried again after it failed.</summary>
    public int Retry { get; init; }

    /// <summary>Of one attempt; null for no limit.</summary>
    public double? TimeoutSeconds { get; init; }

    /// <summary>What it takes of <see cref="Study.Limits"/> while it runs.</summary>
    public SortedDictionary<string, int> Resources { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Where it stands in the file.</summary>
    public required StudyPlace Place { get; init; }
}
