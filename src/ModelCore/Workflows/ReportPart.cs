using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>What a part of a report can show.</summary>
/// <param name="Name">As a study writes it.</param>
/// <param name="Output">The result of a target that it shows; null for none.</param>
/// <param name="Kinds">Of which kind the target has to be.</param>
/// <param name="Description">For people.</param>
public sealed record ReportView(string Name, string? Output, IReadOnlyList<string> Kinds, string Description)
{
    public static IReadOnlyList<ReportView> All { get; } =
    [
        new("selection", TargetKinds.Artifact, ["dataset"], "what each cut leaves (the paper's Table 1)"),
        new("classes", TargetKinds.Artifact, ["dataset"], "images of each class (Table 2)"),
        new("dataset", TargetKinds.Artifact, ["dataset"], "pictures and distributions of a data set"),
        new("losses", "run", ["train", "distil"], "the losses of a training"),
        new("images", TargetKinds.Artifact, ["evaluate"], "random images of both sets"),
        new("distributions", TargetKinds.Artifact, ["evaluate"], "distributions of both sets"),
        new("source-finding", TargetKinds.Artifact, ["evaluate"], "what the source finder made of the images"),
        new("flux-conditioning", TargetKinds.Artifact, ["evaluate"], "residuals against fluxes"),
        new("class-conditioning", TargetKinds.Artifact, ["evaluate"], "confusion matrices, accuracy by guidance strength"),
        new("features", TargetKinds.Artifact, ["evaluate"], "distances in the classifier's features"),
        new("nearest", TargetKinds.Artifact, ["evaluate"], "nearest training images"),
        new("sky", TargetKinds.Artifact, ["sky"], "tiles of a sky"),
        new("picture", TargetKinds.Artifact, ["exec"], "a PNG file ('file') that a program made"),
        new("settings", null, [], "values that 'paper' gives with 'ours'"),
    ];

    public static ReportView? Find(string name) => All.FirstOrDefault(view => view.Name == name);
}

/// <summary>A value beside the paper's.</summary>
/// <param name="Name">Of the value: one that the part has, or any where <paramref name="Ours"/> is given.</param>
/// <param name="Ours">Ours, where the part does not measure it.</param>
/// <param name="Paper">The paper's, as it is written; null where it is not at hand.</param>
/// <param name="Source">Where the paper's is from.</param>
public sealed record PaperValue(string Name, string? Ours, string? Paper, string? Source);

/// <summary>One part of a report: a figure or table with the paper's values beside ours.</summary>
public sealed record ReportPart
{
    private static readonly string[] _keys = ["section", "show", "of", "file", "title", "text", "reduced", "paper"], _paperKeys = ["ours", "value", "source"];

    /// <summary>Title of the section that begins with it; empty where the one before goes on.</summary>
    public string Section { get; init; } = "";

    /// <summary>With the number of the figure or table in the paper.</summary>
    public string Title { get; init; } = "";

    public string Text { get; init; } = "";

    /// <summary>What is smaller here than in the paper.</summary>
    public string Reduced { get; init; } = "";

    /// <summary>Null for words alone.</summary>
    public ReportView? View { get; init; }

    /// <summary>The result that is shown, once it is known: an artifact, or the name of a run.</summary>
    public string Of { get; init; } = "";

    /// <summary>Of the result.</summary>
    public string File { get; init; } = "";

    public IReadOnlyList<PaperValue> Paper { get; init; } = [];

    /// <summary>The parts of a list that <see cref="Problem"/> has nothing against, with its references filled in.</summary>
    public static IReadOnlyList<ReportPart> Read(JsonArray contents) =>
    [
        .. contents.Select(item => item!.AsObject()).Select(item => new ReportPart
        {
            Section = Word(item, "section"),
            Title = Word(item, "title"),
            Text = Word(item, "text"),
            Reduced = Word(item, "reduced"),
            View = item["show"] is { } show ? ReportView.Find(show.ToString()) : null,
            Of = Word(item, "of"),
            File = Word(item, "file"),
            Paper = [.. (item["paper"] as JsonObject ?? []).Select(entry => ValueOf(entry.Key, entry.Value!.AsObject()))],
        }),
    ];

    /// <summary>What is wrong with a list of parts; null if nothing is.</summary>
    /// <param name="value">With references that are not filled in.</param>
    public static string? Problem(JsonNode value)
    {
        if (value is not JsonArray { Count: > 0 } list)
            return "should be a list of parts (- show: ..., of: ${targets.NAME})";
        for (int i = 0; i < list.Count; i++)
        {
            if (Problem(list[i] as JsonObject) is { } problem)
                return $"{problem}, in part {i + 1}{(list[i] is JsonObject item && item["title"] is JsonValue title ? $" ('{title}')" : "")}";
        }
        return null;
    }

    private static string? Problem(JsonObject? part)
    {
        if (part == null)
            return "should have mappings (show: ..., of: ...)";
        if (part.Select(entry => entry.Key).FirstOrDefault(key => !_keys.Contains(key)) is { } unknown)
            return $"has the key '{unknown}', which is not known.{NearestName.Hint(unknown, _keys).TrimEnd('.')}";
        if (_keys.Except(["of", "paper"]).FirstOrDefault(key => part[key] is not (null or JsonValue)) is { } odd)
            return $"should have a text as '{odd}'";
        var view = part["show"] is { } show ? ReportView.Find(show.ToString()) : null;
        if (part["show"] != null && view == null)
            return $"can show {string.Join(", ", ReportView.All.Select(one => one.Name))}, but not '{part["show"]}'";
        if (view?.Output == null != (part["of"] == null))
            return view?.Output == null ? "has an 'of' where nothing of a target is shown" : $"needs 'of', the target that '{view.Name}' is shown of";
        if (view?.Output is { } output && (TargetReference.In(part["of"]).ToArray() is not [var reference] || reference.Output != output))
            return $"should have a target of kind {string.Join(" or ", view.Kinds)} as 'of' (${{targets.NAME.{output}}})";
        if ((view?.Name == "picture") != (part["file"] != null))
            return "needs 'file' with 'show: picture', and only there";
        return part["paper"] is { } paper ? PaperProblem(paper) : null;
    }

    private static string? PaperProblem(JsonNode paper)
    {
        if (paper is not JsonObject values)
            return "should have a mapping of names to values as 'paper'";
        foreach (var (name, value) in values)
        {
            if (value is not JsonObject map || map.Any(entry => !_paperKeys.Contains(entry.Key) || entry.Value is not (null or JsonValue)))
                return $"should say {string.Join(", ", _paperKeys)} of '{name}' in 'paper'";
            if (map["value"] != null && map["source"] == null)
                return $"needs the source of the paper's '{name}'";
        }
        return null;
    }

    private static string Word(JsonObject item, string key) => item[key]?.ToString() ?? "";

    private static PaperValue ValueOf(string name, JsonObject map) => new(name, map["ours"]?.ToString(), map["value"]?.ToString(), map["source"]?.ToString());
}
