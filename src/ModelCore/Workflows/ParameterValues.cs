using System.Globalization;
using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>Whether the value of a parameter is of its type, and the one form that it is kept in.</summary>
internal static class ParameterValues
{
    /// <param name="parameter">What it should be.</param>
    /// <param name="value">What it is.</param>
    /// <param name="folder">Of the file, for paths.</param>
    /// <param name="problem">What is wrong, to be put behind the parameter's name; null if nothing is.</param>
    /// <returns>Null if something is wrong.</returns>
    public static JsonNode? Check(TargetParameter parameter, JsonNode value, string folder, out string? problem)
    {
        problem = null;
        if (parameter.Type == ParameterType.Parts)
        {
            problem = ReportPart.Problem(value) is { } inParts ? $"{inParts}." : null;
            return problem == null ? value.DeepClone() : null;
        }
        var right = Convert(parameter, value, folder);
        if (right == null)
            problem = $"should be {Expected(parameter)}, but it is {Found(value)}.";
        return right;
    }

    /// <summary>What several parameters say together.</summary>
    public static void CheckTogether(TargetKind kind, JsonObject parameters, Action<string> add)
    {
        bool Has(string name) => parameters.ContainsKey(name);
        switch (kind.Name)
        {
            case "dataset" when new[] { Has("import"), Has("mosaics") || Has("catalogue"), Has("real") || Has("generated") }.Count(given => given) != 1:
                add("needs either 'mosaics' and 'catalogue', or 'import', or 'real' and 'generated'.");
                break;
            case "dataset" when Has("real") != Has("generated"):
                add("needs 'real' and 'generated' together.");
                break;
            case "dataset" when Has("mosaics") != Has("catalogue"):
                add("needs 'mosaics' and 'catalogue' together.");
                break;
            case "evaluate" when Has("model") == Has("generated"):
                add("needs either 'model' or 'generated'.");
                break;
            case "export" when Has("from") == Has("dataset"):
                add("needs either 'from' or 'dataset'.");
                break;
            case "sky" when Has("cone") == Has("area"):
                add("needs either 'cone' or 'area': a whole sky is not made at once.");
                break;
            case "sky" when Has("cone") && parameters["cone"] is JsonArray { Count: not 3 }:
                add("needs a 'cone' of three numbers: right ascension, declination, radius, in degrees.");
                break;
            case "exec" when parameters["command"] is JsonArray { Count: 0 }:
                add("needs a 'command' with a program.");
                break;
        }
    }

    private static JsonNode? Convert(TargetParameter parameter, JsonNode value, string folder) => parameter.Type switch
    {
        ParameterType.Integer => Scalar(value) is { } text && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) ? JsonValue.Create(whole) : null,
        ParameterType.Number => Number(parameter, value),
        ParameterType.Boolean => Scalar(value)?.ToLowerInvariant() switch { "true" => JsonValue.Create(true), "false" => JsonValue.Create(false), _ => null },
        ParameterType.Text when parameter.Choices is { } choices => Scalar(value) is { } text && choices.Contains(text) ? JsonValue.Create(text) : null,
        ParameterType.Text => TextOrReference(value),
        ParameterType.Dataset => NameOr(value, TargetKinds.Dataset),
        ParameterType.Model => NameOr(value, TargetKinds.Model),
        ParameterType.Path => FullPath(value, folder),
        ParameterType.Destination => Scalar(value) is { Length: > 0 } text ? JsonValue.Create(Path.GetFullPath(text, folder)) : null,
        ParameterType.Mapping => value is JsonObject map && !TargetReference.In(map).Any() ? map.DeepClone() : null,
        ParameterType.Texts => Each(value, TextOrReference),
        ParameterType.Numbers => Each(value, one => Number(parameter, one)),
        ParameterType.TextMapping => EachOf(value, TextOrReference),
        ParameterType.PathMapping => EachOf(value, one => FullPath(one, folder)),
        _ => null,
    };

    private static string Expected(TargetParameter parameter) => parameter.Type switch
    {
        ParameterType.Text when parameter.Choices is { } choices => $"one of {string.Join(", ", choices)}",
        ParameterType.Text => "a text",
        ParameterType.Integer => "a whole number",
        ParameterType.Number => $"a number{InUnit(parameter)}",
        ParameterType.Boolean => "true or false",
        ParameterType.Path => "a path, or the folder of a target's result",
        ParameterType.Destination => "a path",
        ParameterType.Dataset => "the name of a data set, or a target of kind dataset (${targets.NAME})",
        ParameterType.Model => "the name of a model, or a target of kind train or distil (${targets.NAME})",
        ParameterType.Mapping => "a mapping, without results of targets",
        ParameterType.Texts => "a list of texts",
        ParameterType.Numbers => $"a list of numbers{InUnit(parameter)}",
        ParameterType.TextMapping => "a mapping of names to texts",
        _ => "a mapping of names to paths",
    };

    private static string InUnit(TargetParameter parameter) => parameter.Unit is { } unit ? $" in {unit.Symbol}, or with one of the units {unit.Accepted}" : "";

    private static string Found(JsonNode value) => value switch
    {
        JsonArray list when list.All(item => item is JsonValue) => $"[{string.Join(", ", list)}]",
        JsonArray => "a list",
        JsonObject when TargetReference.In(value).FirstOrDefault() is { } reference => $"the {reference.Output} of target '{reference.Target}'",
        JsonObject => "a mapping",
        _ => $"'{value}'",
    };

    private static string? Scalar(JsonNode value) => value is JsonValue ? value.ToString() : null;

    private static JsonValue? Number(TargetParameter parameter, JsonNode? value)
    {
        if (value is not JsonValue)
            return null;
        if (parameter.Unit is { } unit)
            return unit.Parse(value.ToString()) is { } inUnit ? JsonValue.Create(inUnit) : null;
        return double.TryParse(value.ToString(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) ? JsonValue.Create(number) : null;
    }

    private static JsonNode? TextOrReference(JsonNode? value) => value switch
    {
        JsonValue => JsonValue.Create(value.ToString()),
        JsonObject when TargetReference.In(value).Any() => value.DeepClone(),
        _ => null,
    };

    private static JsonNode? NameOr(JsonNode value, string output) => value switch
    {
        JsonValue when value.ToString().Length > 0 => JsonValue.Create(value.ToString()),
        JsonObject when TargetReference.In(value).ToArray() is [var reference] && reference.Output == output && value.AsObject().ContainsKey("$target") => value.DeepClone(),
        _ => null,
    };

    private static JsonNode? FullPath(JsonNode? value, string folder)
    {
        if (value is JsonValue && value.ToString().Length > 0)
            return JsonValue.Create(Path.GetFullPath(value.ToString(), folder));
        return value is JsonObject && TargetReference.In(value).Any() && TargetReference.In(value).All(reference => reference.Output == TargetKinds.Path && !reference.IsInput) ? value.DeepClone() : null;
    }

    private static JsonArray? Each(JsonNode value, Func<JsonNode?, JsonNode?> convert)
    {
        JsonNode?[] items = [.. (value is JsonArray list ? list.ToArray() : [value]).Select(convert)];
        return items.Any(item => item == null) ? null : new JsonArray(items);
    }

    private static JsonObject? EachOf(JsonNode value, Func<JsonNode?, JsonNode?> convert)
    {
        if (value is not JsonObject map || map.ContainsKey("$target") || map.ContainsKey("$join"))
            return null;
        var items = map.Select(entry => KeyValuePair.Create(entry.Key, convert(entry.Value))).ToArray();
        return items.Any(item => item.Value == null) ? null : new JsonObject(items);
    }
}
