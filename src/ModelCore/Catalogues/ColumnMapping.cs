using System.Text.Json;
using System.Text.Json.Serialization;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Where a field stands.</summary>
public sealed record FieldColumns
{
    /// <summary>Names that the column may have, the best first.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>The unit if the file gives none.</summary>
    public string? Unit { get; init; }
}

/// <summary>Which columns of a survey's catalogues hold which fields: a JSON file, built in or the user's own.</summary>
public sealed record ColumnMapping
{
    private const string Resource = "mapping:";

    private static readonly JsonSerializerOptions _options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
    };

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary>Columns that hold no field, but tell this survey's catalogues from those of others.</summary>
    public IReadOnlyList<string> RecognisedBy { get; init; } = [];

    public required IReadOnlyDictionary<CatalogueField, FieldColumns> Fields { get; init; }

    /// <summary>lotss-dr2, lotss-dr1, pybdsf-srl, first, aegean, sdc1-truth: of those that fit equally well, the first is taken.</summary>
    public static IReadOnlyList<ColumnMapping> BuiltIn { get; } = [.. new[] { "lotss-dr2", "lotss-dr1", "pybdsf-srl", "first", "aegean", "sdc1-truth" }.Select(ReadBuiltIn)];

    /// <summary>A built-in mapping by its name, or a mapping file by its path.</summary>
    /// <exception cref="RadioDiffusionException">There is neither, or the file is no mapping.</exception>
    public static ColumnMapping Open(string nameOrPath)
    {
        if (BuiltIn.FirstOrDefault(mapping => mapping.Name == nameOrPath) is { } builtIn)
            return builtIn;
        if (!File.Exists(nameOrPath))
        {
            throw new RadioDiffusionException(
                $"The column mapping '{nameOrPath}' should be one of {string.Join(", ", BuiltIn.Select(mapping => mapping.Name))}, or a JSON file of your own, but there is no such file.");
        }
        return Parse(File.ReadAllBytes(nameOrPath), nameOrPath);
    }

    /// <summary>The mapping that finds the most columns; null if none finds a position.</summary>
    public static ColumnMapping? Detect(CatalogueReader catalogue) => BuiltIn
        .Where(mapping => mapping.Find(catalogue, CatalogueField.RightAscension) != null && mapping.Find(catalogue, CatalogueField.Declination) != null)
        .MaxBy(mapping => mapping.Score(catalogue));

    /// <summary>The column of a field; null if the catalogue has none of its names.</summary>
    public CatalogueColumn? Find(CatalogueReader catalogue, CatalogueField field) =>
        Fields.TryGetValue(field, out var place) ? place.Columns.Select(catalogue.Find).FirstOrDefault(column => column != null) : null;

    private int Score(CatalogueReader catalogue) =>
        Fields.Keys.Count(field => Find(catalogue, field) != null) + RecognisedBy.Count(name => catalogue.Columns.Any(column => column.Name == name));

    private static ColumnMapping ReadBuiltIn(string name)
    {
        using var stream = typeof(ColumnMapping).Assembly.GetManifestResourceStream(Resource + name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return Parse(bytes.ToArray(), Resource + name);
    }

    private static ColumnMapping Parse(byte[] json, string path)
    {
        ColumnMapping mapping;
        try
        {
            mapping = JsonSerializer.Deserialize<ColumnMapping>(json, _options) ?? throw new JsonException("it is null");
        }
        catch (JsonException error)
        {
            throw new RadioDiffusionException(
                $"{path}{(error.LineNumber is { } line ? $", line {line + 1}" : "")}: a column mapping should be JSON with \"name\" and \"fields\", where each of {FieldNames} may have \"columns\" and \"unit\": {error.Message}", error);
        }
        foreach (var (field, place) in mapping.Fields)
        {
            if (place?.Columns is not { Count: > 0 })
                throw new RadioDiffusionException($"{path}: field {CatalogueFields.NameOf(field)} should name at least one column.");
            if (place.Unit != null && !CatalogueUnit.TryParse(place.Unit, CatalogueFields.QuantityOf(field), out _))
                throw new RadioDiffusionException($"{path}: the unit of field {CatalogueFields.NameOf(field)} should be {CatalogueUnit.Accepted(CatalogueFields.QuantityOf(field))}, but it is '{place.Unit}'.");
        }
        foreach (var needed in new[] { CatalogueField.RightAscension, CatalogueField.Declination })
        {
            if (!mapping.Fields.ContainsKey(needed))
                throw new RadioDiffusionException($"{path}: a column mapping should have the field {CatalogueFields.NameOf(needed)}.");
        }
        return mapping;
    }

    private static string FieldNames => string.Join(", ", Enum.GetValues<CatalogueField>().Select(CatalogueFields.NameOf));
}
