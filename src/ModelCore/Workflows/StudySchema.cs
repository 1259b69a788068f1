using System.Text.Json.Nodes;

namespace RadioDiffusion.ModelCore.Workflows;

/// <summary>The JSON schema of a study's file, with which editors complete and check what is written.</summary>
public static class StudySchema
{
    /// <remarks>JSON Schema 2020-12. Values may be texts with ${...} in them, whatever they stand for, so that types are no stricter than that.</remarks>
    public static JsonObject Make() => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["title"] = "A study of RadioDiffusion",
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["required"] = new JsonArray("targets"),
        ["properties"] = new JsonObject
        {
            ["$schema"] = new JsonObject { ["type"] = "string" },
            ["name"] = Described("string", "Name of the study; that of the file if it is not given."),
            ["description"] = Described("string", "For people."),
            ["imports"] = new JsonObject { ["description"] = "Files whose properties, limits and targets belong to this study too.", ["type"] = "array", ["items"] = new JsonObject { ["type"] = "string" } },
            ["properties"] = Described("object", "Values that ${NAME} stands for; 'build -p NAME=VALUE' changes them."),
            ["limits"] = new JsonObject { ["description"] = "How much of each resource there is for the targets that run at a time.", ["type"] = "object", ["additionalProperties"] = OrExpression("integer") },
            ["targets"] = new JsonObject
            {
                ["type"] = "object",
                ["additionalProperties"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("kind"),
                    ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["enum"] = new JsonArray([.. TargetKinds.All.Select(kind => JsonValue.Create(kind.Name))]) } },
                    ["allOf"] = new JsonArray([.. TargetKinds.All.Select(ForKind)]),
                },
            },
        },
    };

    private static JsonObject ForKind(TargetKind kind)
    {
        var properties = new JsonObject
        {
            ["kind"] = Described("string", kind.Description),
            ["description"] = Described("string", "For people."),
            ["dependsOn"] = new JsonObject { ["description"] = "Targets that must be done before, besides those that are referred to.", ["type"] = new JsonArray("array", "string") },
            ["condition"] = new JsonObject { ["description"] = "The target belongs to the study only if this holds, such as ${size} > 80 and ${survey} == lotss.", ["type"] = new JsonArray("string", "boolean") },
            ["matrix"] = Described("object", "Names to lists of values: the target is written out for each of them, and ${matrix.NAME} is the value."),
            ["retry"] = OrExpression("integer"),
            ["timeout"] = new JsonObject { ["description"] = "Of one attempt: 90s, 20min, 2h.", ["type"] = new JsonArray("string", "number") },
            ["resources"] = new JsonObject { ["description"] = "What it takes of 'limits' while it runs.", ["type"] = "object", ["additionalProperties"] = OrExpression("integer") },
        };
        foreach (var parameter in kind.Parameters)
            properties[parameter.Name] = ForParameter(parameter);
        return new JsonObject
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = kind.Name } } },
            ["then"] = new JsonObject
            {
                ["properties"] = properties,
                ["required"] = new JsonArray([JsonValue.Create("kind"), .. kind.Parameters.Where(parameter => parameter.IsRequired).Select(parameter => JsonValue.Create(parameter.Name))]),
                ["additionalProperties"] = false,
            },
        };
    }

    private static JsonObject ForParameter(TargetParameter parameter)
    {
        var schema = parameter.Type switch
        {
            ParameterType.Integer => OrExpression("integer"),
            ParameterType.Number when parameter.Unit != null => OrExpression("number", new JsonObject { ["type"] = "string", ["pattern"] = @"^[-+.0-9]" }),
            ParameterType.Number => OrExpression("number"),
            ParameterType.Boolean => OrExpression("boolean"),
            ParameterType.Mapping or ParameterType.TextMapping or ParameterType.PathMapping => new JsonObject { ["type"] = "object" },
            ParameterType.Parts => new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["type"] = "object" } },
            ParameterType.Texts or ParameterType.Numbers => new JsonObject { ["type"] = new JsonArray("array", "string", "number") },
            ParameterType.Text when parameter.Choices is { } choices => new JsonObject
            {
                ["anyOf"] = new JsonArray(new JsonObject { ["enum"] = new JsonArray([.. choices.Select(choice => JsonValue.Create(choice))]) }, Expression()),
            },
            _ => new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") },
        };
        schema["description"] = parameter.Description;
        return schema;
    }

    private static JsonObject Described(string type, string description) => new() { ["type"] = type, ["description"] = description };

    private static JsonObject Expression() => new() { ["type"] = "string", ["pattern"] = @"\$\{" };

    private static JsonObject OrExpression(string type, params JsonObject[] others) => new() { ["anyOf"] = new JsonArray([new JsonObject { ["type"] = type }, Expression(), .. others]) };
}
