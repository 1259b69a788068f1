namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>The column that a field was read from.</summary>
/// <param name="Field">The field.</param>
/// <param name="Column">The column's name in the file.</param>
/// <param name="Unit">The unit its numbers were read in; null without one.</param>
/// <param name="UnitFromMapping">Whether the file gives none, and the mapping's was taken.</param>
public sealed record FieldSource(CatalogueField Field, string Column, string? Unit, bool UnitFromMapping);

/// <summary>What was found on reading a catalogue: how its columns were understood, and which rows are not as they should be.</summary>
public sealed record CatalogueReport
{
    public required string Path { get; init; }

    public required CatalogueFormat Format { get; init; }

    /// <summary>Name of the column mapping.</summary>
    public required string Mapping { get; init; }

    /// <summary>Whether the mapping was found by the columns, and not given.</summary>
    public required bool MappingDetected { get; init; }

    public required IReadOnlyList<FieldSource> Fields { get; init; }

    public required int Rows { get; init; }

    /// <summary>Rows whose right ascension or declination is missing.</summary>
    public int RowsWithoutPosition { get; init; }

    /// <summary>Rows whose declination is beyond the poles, or whose right ascension is more than a turn off 0 to 360: they count as without position.</summary>
    public int RowsOutOfRange { get; init; }

    /// <summary>The first of these.</summary>
    public int? FirstRowOutOfRange { get; init; }

    /// <summary>Rows whose right ascension was brought into 0 to 360.</summary>
    public int RowsWrapped { get; init; }

    /// <summary>Rows whose optical position was out of range: it is not used.</summary>
    public int OpticalPositionsOutOfRange { get; init; }

    /// <summary>Rows with a name that an earlier row has.</summary>
    public int DuplicateNames { get; init; }

    /// <summary>The first of these names.</summary>
    public string? FirstDuplicateName { get; init; }

    /// <summary>Rows that have a position, but lie outside every mosaic; null until that was looked for.</summary>
    public int? RowsOutside { get; init; }

    /// <summary>Columns that were not used, each with the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>All of it in sentences, the mapping first.</summary>
    public IEnumerable<string> Sentences()
    {
        yield return $"Columns of {Path} were read as {Mapping}{(MappingDetected ? " (found by their names; --columns chooses another)" : "")}: "
            + string.Join(", ", Fields.Select(Sentence));
        foreach (string problem in Problems())
            yield return problem;
    }

    /// <summary>Only what is not as it should be.</summary>
    public IEnumerable<string> Problems()
    {
        if (RowsWithoutPosition > 0)
            yield return $"{RowsWithoutPosition} of {Rows} rows have no position (NaN or blank).";
        if (RowsOutOfRange > 0)
            yield return $"{RowsOutOfRange} of {Rows} rows have a position out of range and count as without one; the first is row {FirstRowOutOfRange}.";
        if (RowsWrapped > 0)
            yield return $"{RowsWrapped} of {Rows} rows have a right ascension outside 0 to 360 degrees; it was brought into that range.";
        if (OpticalPositionsOutOfRange > 0)
            yield return $"{OpticalPositionsOutOfRange} of {Rows} rows have an optical position out of range; it is not used.";
        if (DuplicateNames > 0)
            yield return $"{DuplicateNames} of {Rows} rows have a name that an earlier row has, '{FirstDuplicateName}' first; they are told apart by their row.";
        if (RowsOutside > 0)
            yield return $"{RowsOutside} of {Rows} rows lie outside every mosaic.";
        foreach (string column in LeftOut)
            yield return $"Column {column}.";
    }

    private static string Sentence(FieldSource source) =>
        $"{CatalogueFields.NameOf(source.Field)} = {source.Column}{(source.Unit is { } unit ? $" ({unit}{(source.UnitFromMapping ? ", assumed" : "")})" : "")}";
}
