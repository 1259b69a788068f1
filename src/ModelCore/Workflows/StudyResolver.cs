using System.Globalization;
using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>From a study's files to its targets: matrix targets are written out, conditions decided, parameters checked, references followed.</summary>
internal sealed class StudyResolver
{
    private const int MostTargets = 100_000;
    private readonly StudyPropertyValues _properties;
    private readonly StudyProblems _problems;
    private readonly StudyExpressions _expressions;
    private readonly Dictionary<string, TargetDraft> _drafts = [];
    private int _instances;

    private StudyResolver(StudyPropertyValues properties, StudyProblems problems)
    {
        _properties = properties;
        _problems = problems;
        _expressions = new StudyExpressions(properties, problems);
    }

    /// <exception cref="StudyException">Something is wrong.</exception>
    public static Study Resolve(IReadOnlyList<StudyPart> parts, StudyPropertyValues properties, string defaultName, StudyProblems problems) =>
        new StudyResolver(properties, problems).Resolve(parts, defaultName);

    private Study Resolve(IReadOnlyList<StudyPart> parts, string defaultName)
    {
        var file = parts[0].Root;
        string name = Text(file.Find("name"), "name") ?? defaultName;
        if (!IsName(name) || name.Length > 64)
            _problems.Add(file.Find("name")?.Place ?? file.Place, $"The name of a study should be 1 to 64 letters, digits, '_', '.' or '-' and begin with a letter or digit, but it is '{name}'.");
        var limits = Limits(parts);
        foreach (string property in _properties.Names)
            _properties.Value(property, file.Place);
        foreach (var part in parts)
        {
            foreach (var entry in StudyFile.Entries(part.Root.Find("targets"), "targets", _problems))
                Declare(part, entry);
        }
        if (_drafts.Count == 0)
            _problems.Add(file.Place, "The study has no targets.");
        var targets = new List<StudyTarget>();
        foreach (var draft in _drafts.Values)
            targets.AddRange(draft.Instances.Where(instance => !instance.IsSkipped).Select(instance => TargetOf(draft, instance, limits)));
        _problems.ThrowIfAny();
        var ordered = TargetOrder.Sort(targets, out var cycle);
        if (cycle.Count > 0)
        {
            var first = cycle[0];
            _problems.Add(first.Place, $"These targets wait for each other: {string.Join(" -> ", cycle.Append(first).Select(target => target.Name))} (each needs the one after it).");
        }
        _problems.ThrowIfAny();
        return new Study
        {
            Name = name,
            Description = Text(file.Find(StudyFile.Description), StudyFile.Description) ?? "",
            Limits = limits,
            Properties = new(_properties.Names.ToDictionary(property => property, property => _properties.Value(property, file.Place)?.DeepClone()), StringComparer.Ordinal),
            Targets = ordered,
        };
    }

    private SortedDictionary<string, int> Limits(IReadOnlyList<StudyPart> parts)
    {
        var limits = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in parts.SelectMany(part => StudyFile.Entries(part.Root.Find("limits"), "limits", _problems)))
        {
            if (Whole(entry.Value, $"limit '{entry.Key}'", 1, new ExpressionScope()) is { } limit)
                limits.TryAdd(entry.Key, limit);
        }
        return limits;
    }

    private void Declare(StudyPart part, MapEntry entry)
    {
        if (!char.IsAsciiLetter(entry.Key.FirstOrDefault()) || !entry.Key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '-'))
            _problems.Add(entry.KeyPlace, $"The name of a target should be letters, digits, '_' and '-', and begin with a letter, but it is '{entry.Key}'.");
        if (entry.Value is not MapNode map)
        {
            _problems.Add(entry.Value.Place, $"Target '{entry.Key}' should be a mapping ('kind: ...'), but it is {entry.Value.Described}.");
            return;
        }
        if (_drafts.TryGetValue(entry.Key, out var other))
        {
            _problems.Add(entry.KeyPlace, $"There is a target '{entry.Key}' at {other.Place} already.");
            return;
        }
        var kind = KindOf(entry, map);
        if (kind == null)
            return;
        var draft = new TargetDraft(entry.Key, entry.KeyPlace, part.Folder, kind, map);
        string[] known = [.. StudyFile.TargetKeys, .. kind.Parameters.Select(parameter => parameter.Name)];
        foreach (var key in map.Entries.Where(key => !known.Contains(key.Key)))
            _problems.Add(key.KeyPlace, $"A target of kind {kind.Name} takes no '{key.Key}'.{NearestName.Hint(key.Key, known)}");
        foreach (var missing in kind.Parameters.Where(parameter => parameter.IsRequired && map.Find(parameter.Name) == null))
            _problems.Add(entry.KeyPlace, $"Target '{entry.Key}' needs '{missing.Name}': {missing.Description}");
        draft.Axes = Axes(map);
        draft.Instances = [.. Instances(draft)];
        _drafts.Add(entry.Key, draft);
    }

    private TargetKind? KindOf(MapEntry entry, MapNode map)
    {
        string[] kinds = [.. TargetKinds.All.Select(kind => kind.Name)];
        if (map.Find(StudyFile.Kind) is not { } node)
        {
            _problems.Add(entry.KeyPlace, $"Target '{entry.Key}' does not say its kind: one of {string.Join(", ", kinds)}.");
            return null;
        }
        if (node is ScalarNode { Text: var name } && TargetKinds.Find(name) is { } kind)
            return kind;
        _problems.Add(node.Place, $"There is no kind {node.Described} of targets.{NearestName.Hint((node as ScalarNode)?.Text ?? "", kinds)}");
        return null;
    }

    private List<MatrixAxis> Axes(MapNode map)
    {
        var axes = new List<MatrixAxis>();
        foreach (var entry in StudyFile.Entries(map.Find(StudyFile.Matrix), StudyFile.Matrix, _problems))
        {
            var values = new List<(string Text, JsonNode? Value)>();
            foreach (var item in StudyFile.Items(entry.Value, $"matrix '{entry.Key}'", _problems))
            {
                var value = _expressions.Value(item, new ExpressionScope());
                foreach (var one in value is JsonArray several ? several.ToList() : [value])
                {
                    // As it is written, so that 0.10 stays 0.10 in the name.
                    string text = item is ScalarNode scalar && !scalar.Text.Contains("${", StringComparison.Ordinal) ? scalar.Text : one?.ToString() ?? "";
                    if (one is JsonObject or JsonArray or null || text.Length == 0 || text.AsSpan().IndexOfAny("[],= ") >= 0)
                        _problems.Add(item.Place, $"A value of a matrix should be a word or a number without blanks, commas, brackets and '=', but it is '{text}'.");
                    else if (values.Any(known => known.Text == text))
                        _problems.Add(item.Place, $"The value {text} is in the matrix twice.");
                    else
                        values.Add((text, one));
                }
            }
            if (values.Count == 0)
                _problems.Add(entry.KeyPlace, $"The matrix has no value for '{entry.Key}'.");
            axes.Add(new MatrixAxis(entry.Key, values));
        }
        return axes;
    }

    private IEnumerable<TargetInstance> Instances(TargetDraft draft)
    {
        IEnumerable<(string Axis, string Text, JsonNode? Value)[]> combinations = [[]];
        foreach (var axis in draft.Axes)
            combinations = combinations.SelectMany(before => axis.Values.Select(value => ((string, string, JsonNode?)[])[.. before, (axis.Name, value.Text, value.Value)]));
        foreach (var combination in combinations)
        {
            string name = combination.Length == 0 ? draft.Name : $"{draft.Name}[{string.Join(',', combination.Select(value => $"{value.Axis}={value.Text}"))}]";
            var instance = new TargetInstance(name, combination.ToDictionary(value => value.Axis, value => value.Text), combination.ToDictionary(value => value.Axis, value => value.Value));
            instance.IsSkipped = !IsWanted(draft, instance);
            yield return instance;
            if (++_instances <= MostTargets)
                continue;
            _problems.Add(draft.Place, $"The study has more than {MostTargets} targets.");
            yield break;
        }
    }

    private bool IsWanted(TargetDraft draft, TargetInstance instance)
    {
        if (draft.Map.Find(StudyFile.Condition) is not { } node)
            return true;
        var value = _expressions.Value(node, new ExpressionScope { Matrix = instance.Values });
        if (value is JsonValue)
        {
            try
            {
                return Condition.Holds(value.ToString() is "True" or "False" ? value.ToString().ToLowerInvariant() : value.ToString());
            }
            catch (FormatException error)
            {
                _problems.Add(node.Place, $"The condition '{value}' cannot be understood: {error.Message}.");
            }
        }
        else if (!_problems.Any)
        {
            _problems.Add(node.Place, $"A condition should be like '${{size}} > 80', but it is {node.Described}.");
        }
        return true;
    }

    private StudyTarget TargetOf(TargetDraft draft, TargetInstance instance, SortedDictionary<string, int> limits)
    {
        var needed = new SortedSet<string>(StringComparer.Ordinal);
        var parameters = new JsonObject();
        string[]? inputs = draft.Map.Find("inputs") is MapNode named ? [.. named.Entries.Select(entry => entry.Key)] : draft.Kind.Find("inputs") == null ? null : [];
        foreach (var entry in draft.Map.Entries)
        {
            if (draft.Kind.Find(entry.Key) is not { } parameter)
                continue;
            var scope = new ExpressionScope
            {
                Matrix = instance.Values,
                Inputs = inputs,
                AsText = parameter.Type is ParameterType.Text or ParameterType.Texts or ParameterType.TextMapping or ParameterType.Path or ParameterType.PathMapping or ParameterType.Destination or ParameterType.Dataset or ParameterType.Model,
                Target = (text, place) => Results(text, place, draft, instance, parameter.Type),
            };
            var value = _expressions.Value(entry.Value, scope);
            if (value == null)
                continue;
            if (ParameterValues.Check(parameter, value, draft.Folder, out string? problem) is { } right)
                parameters[entry.Key] = right;
            if (problem != null && !TargetReference.In(value).Any(reference => reference.Output.Length == 0))
                _problems.Add(entry.Value.Place, $"'{entry.Key}' {problem}");
            needed.UnionWith(TargetReference.In(value).Where(reference => !reference.IsInput).Select(reference => reference.Target));
        }
        ParameterValues.CheckTogether(draft.Kind, parameters, text => _problems.Add(draft.Place, $"Target '{draft.Name}' {text}"));
        foreach (var node in StudyFile.Items(draft.Map.Find(StudyFile.DependsOn), StudyFile.DependsOn, _problems))
            needed.UnionWith(Named(node, draft, instance));
        var plain = new ExpressionScope { Matrix = instance.Values };
        return new StudyTarget
        {
            Name = instance.Name,
            WrittenAs = draft.Name,
            Kind = draft.Kind.Name,
            Parameters = parameters,
            DependsOn = [.. needed],
            Retry = Whole(draft.Map.Find(StudyFile.Retry), "'retry'", 0, plain) ?? 0,
            TimeoutSeconds = Duration(draft.Map.Find(StudyFile.Timeout), plain),
            Resources = ResourcesOf(draft, plain, limits),
            Place = draft.Place,
        };
    }

    private SortedDictionary<string, int> ResourcesOf(TargetDraft draft, ExpressionScope scope, SortedDictionary<string, int> limits)
    {
        var resources = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var entry in StudyFile.Entries(draft.Map.Find(StudyFile.Resources), StudyFile.Resources, _problems))
        {
            if (!limits.TryGetValue(entry.Key, out int limit))
                _problems.Add(entry.KeyPlace, $"Of '{entry.Key}' the study does not say how much there is: add it to 'limits:'.{NearestName.Hint(entry.Key, limits.Keys)}");
            else if (Whole(entry.Value, $"resource '{entry.Key}'", 0, scope) is not { } amount)
                continue;
            else if (amount > limit)
                _problems.Add(entry.Value.Place, $"Target '{draft.Name}' wants {amount} of '{entry.Key}', but there {(limit == 1 ? "is" : "are")} {limit} ('limits:').");
            else
                resources[entry.Key] = amount;
        }
        return resources;
    }

    /// <summary>What ${targets.NAME.RESULT} stands for: one reference, or a list of them for a matrix target.</summary>
    private JsonNode? Results(string text, StudyPlace place, TargetDraft asking, TargetInstance instance, ParameterType type)
    {
        int bracket = text.IndexOf(']', StringComparison.Ordinal);
        int dot = text.IndexOf('.', Math.Max(0, bracket));
        var (name, output) = dot < 0 ? (text, null) : (text[..dot], text[(dot + 1)..]);
        if (Find(name, place, asking, instance) is not var (draft, found, isWhole))
            return null;
        output ??= DefaultOutput(type, draft.Kind);
        if (output == null || !draft.Kind.Outputs.Contains(output))
        {
            _problems.Add(place, output == null
                ? $"Say which result of '{draft.Name}' is meant: {string.Join(", ", draft.Kind.Outputs.Select(one => $"${{targets.{name}.{one}}}"))}."
                : $"A target of kind {draft.Kind.Name}, as '{draft.Name}' is one, has no result '{output}'.{NearestName.Hint(output, draft.Kind.Outputs)}");
            return null;
        }
        return isWhole ? new JsonArray([.. found.Select(one => new TargetReference(one.Name, output).ToJson())]) : new TargetReference(found[0].Name, output).ToJson();
    }

    private IEnumerable<string> Named(StudyNode node, TargetDraft asking, TargetInstance instance)
    {
        var value = _expressions.Value(node, new ExpressionScope { Matrix = instance.Values, AsText = true });
        if (value is JsonValue name)
            return Find(name.ToString(), node.Place, asking, instance, orSkipped: true) is var (_, found, _) ? found.Where(one => !one.IsSkipped).Select(one => one.Name) : [];
        _problems.Add(node.Place, $"'dependsOn' should name targets, but it has {node.Described}.");
        return [];
    }

    /// <summary>The targets that a name stands for where another target says it: of a matrix target, those that agree with the other's matrix.</summary>
    private (TargetDraft Draft, TargetInstance[] Found, bool IsSeveral)? Find(string name, StudyPlace place, TargetDraft asking, TargetInstance instance, bool orSkipped = false)
    {
        int bracket = name.IndexOf('[', StringComparison.Ordinal);
        string head = bracket < 0 ? name : name[..bracket];
        if (!_drafts.TryGetValue(head, out var draft))
        {
            _problems.Add(place, $"There is no target '{head}'.{NearestName.Hint(head, _drafts.Keys)}");
            return null;
        }
        bool isSeveral = bracket < 0 && draft.Axes.Any(axis => !instance.Texts.ContainsKey(axis.Name));
        TargetInstance[] found = bracket < 0
            ? [.. draft.Instances.Where(one => one.Texts.All(value => !instance.Texts.TryGetValue(value.Key, out string? mine) || mine == value.Value))]
            : [.. draft.Instances.Where(one => one.Name == name)];
        if (found.Length == 0)
        {
            _problems.Add(place, $"There is no target '{name}'{(bracket < 0 ? $" with the matrix of '{instance.Name}'" : "")}.{NearestName.Hint(name, draft.Instances.Select(one => one.Name))}");
            return null;
        }
        var skipped = found.FirstOrDefault(one => one.IsSkipped);
        if (skipped != null && !orSkipped)
        {
            _problems.Add(place, $"'{asking.Name}' needs '{skipped.Name}', which the condition at {draft.Map.Find(StudyFile.Condition)!.Place} leaves out.");
            return null;
        }
        return (draft, found, isSeveral);
    }

    private static string? DefaultOutput(ParameterType type, TargetKind kind)
    {
        string? output = type switch
        {
            ParameterType.Dataset => TargetKinds.Dataset,
            ParameterType.Model => TargetKinds.Model,
            ParameterType.Path or ParameterType.PathMapping => TargetKinds.Path,
            ParameterType.Parts => kind.Outputs.Contains("run") ? "run" : TargetKinds.Artifact,
            _ => null,
        };
        return output ?? (kind.Outputs.Count == 1 ? kind.Outputs[0] : null);
    }

    private int? Whole(StudyNode? node, string what, int least, ExpressionScope scope)
    {
        if (node == null)
            return null;
        if (_expressions.Value(node, scope) is JsonValue value && int.TryParse(value.ToString(), NumberStyles.Integer, CultureInfo.InvariantCulture, out int whole) && whole >= least)
            return whole;
        _problems.Add(node.Place, $"{what} should be a whole number of {least} or more, but it is {node.Described}.");
        return null;
    }

    private double? Duration(StudyNode? node, ExpressionScope scope)
    {
        if (node == null)
            return null;
        string text = (_expressions.Value(node, scope) as JsonValue)?.ToString() ?? "";
        string digits = text.TrimEnd([.. "abcdefghijklmnopqrstuvwxyz "]);
        double? unit = text[digits.Length..].Trim() switch { "" or "s" => 1, "min" => 60, "h" => 3600, "d" => 86400, _ => null };
        if (unit is { } seconds && double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number * seconds is > 0 and < 1e8)
            return number * seconds;
        _problems.Add(node.Place, $"'timeout' should be a duration such as 90s, 20min, 2h or 1d, but it is {node.Described}.");
        return null;
    }

    private string? Text(StudyNode? node, string what)
    {
        if (node == null)
            return null;
        if (_expressions.Value(node, new ExpressionScope { AsText = true }) is JsonValue value)
            return value.ToString();
        _problems.Add(node.Place, $"'{what}' should be a text, but it is {node.Described}.");
        return null;
    }

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterOrDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '_' or '.' or '-');
}

/// <summary>A target as the file has it.</summary>
internal sealed record TargetDraft(string Name, StudyPlace Place, string Folder, TargetKind Kind, MapNode Map)
{
    public List<MatrixAxis> Axes { get; set; } = [];

    /// <summary>What its matrix makes of it; itself alone without one.</summary>
    public List<TargetInstance> Instances { get; set; } = [];
}

internal sealed record MatrixAxis(string Name, List<(string Text, JsonNode? Value)> Values);

internal sealed record TargetInstance(string Name, Dictionary<string, string> Texts, Dictionary<string, JsonNode?> Values)
{
    /// <summary>Whether its condition leaves it out.</summary>
    public bool IsSkipped { get; set; }
}
