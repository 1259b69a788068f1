using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>What ${...} may stand for at a place.</summary>
internal sealed record ExpressionScope
{
    /// <summary>The values of the target's matrix.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Matrix { get; init; }

    /// <summary>Finds the results of other targets: text after 'targets.', place. Null where there are none.</summary>
    public Func<string, StudyPlace, JsonNode?>? Target { get; init; }

    /// <summary>Names of the target's inputs.</summary>
    public IReadOnlyCollection<string>? Inputs { get; init; }

    /// <summary>Whether words stay as they are written, instead of becoming numbers.</summary>
    public bool AsText { get; init; }
}

/// <summary>Fills in ${...}.</summary>
internal sealed class StudyExpressions(StudyPropertyValues properties, StudyProblems problems)
{
    /// <summary>A piece of the file as a value; null where something is wrong, which has been told, or it says null.</summary>
    public JsonNode? Value(StudyNode node, ExpressionScope scope)
    {
        switch (node)
        {
            case ListNode list:
                var items = new JsonArray();
                foreach (var item in list.Items)
                {
                    // A matrix target stands for several results: among others of a list they follow one another.
                    if (Value(item, scope) is JsonArray several && item is ScalarNode)
                        several.ToList().ForEach(one => items.Add(one?.DeepClone()));
                    else
                        items.Add(Value(item, scope));
                }
                return items;
            case MapNode map:
                return new JsonObject(map.Entries.Select(entry => KeyValuePair.Create(entry.Key, Value(entry.Value, scope))));
            default:
                return Value((ScalarNode)node, scope);
        }
    }

    private JsonNode? Value(ScalarNode node, ExpressionScope scope)
    {
        if (!node.Text.Contains("${", StringComparison.Ordinal))
            return scope.AsText && !node.IsNull ? JsonValue.Create(node.Text) : node.ToJson();
        var parts = TemplateText.Split(node.Text, out int unclosed);
        if (unclosed >= 0)
        {
            problems.Add(node.PlaceAt(unclosed), "This ${ is not closed by a }. ($${ stands for ${ itself.)");
            return null;
        }
        if (parts is [{ IsExpression: true } only])
            return Expression(only.Text, node.PlaceAt(only.Letter), scope)?.DeepClone();
        var values = new List<JsonNode?>();
        foreach (var part in parts)
        {
            var value = part.IsExpression ? Expression(part.Text, node.PlaceAt(part.Letter), scope) : JsonValue.Create(part.Text);
            if (value is JsonArray || (value is JsonObject && !TargetReference.In(value).Any()))
                problems.Add(node.PlaceAt(part.Letter), $"'{part.Text}' stands for several values, which cannot be in the middle of a text: give it alone, or name one of them.");
            else
                values.Add(value?.DeepClone());
        }
        return values.Any(value => value is JsonObject) ? TargetReference.Join(values) : JsonValue.Create(string.Concat(values.Select(value => value?.ToString())));
    }

    private JsonNode? Expression(string text, StudyPlace place, ExpressionScope scope)
    {
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        var (head, rest) = dot < 0 ? ("properties", text) : (text[..dot], text[(dot + 1)..]);
        switch (head)
        {
            case "properties":
                return properties.Value(rest, place);
            case "matrix" when scope.Matrix != null:
                if (scope.Matrix.TryGetValue(rest, out var value))
                    return value;
                problems.Add(place, $"The matrix has no '{rest}'.{NearestName.Hint(rest, scope.Matrix.Keys)}");
                return null;
            case "inputs" when scope.Inputs != null:
                if (scope.Inputs.Contains(rest))
                    return new TargetReference("", rest).ToJson();
                problems.Add(place, $"The target has no input '{rest}'.{NearestName.Hint(rest, scope.Inputs)}");
                return null;
            case "targets" when scope.Target != null:
                return scope.Target(rest, place);
            case "matrix" or "inputs" or "targets":
                problems.Add(place, $"{head} cannot be used here.");
                return null;
            default:
                problems.Add(place, $"'{text}' is not known: ${{NAME}} is a property, ${{targets.NAME.RESULT}} a result, ${{matrix.NAME}} a value of the matrix, ${{inputs.NAME}} an input.{(NearestName.Of(head, ["properties", "targets", "matrix", "inputs"]) is { } near ? $" Did you mean '{near}'?" : "")}");
                return null;
        }
    }
}
