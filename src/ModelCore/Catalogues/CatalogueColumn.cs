namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>What a column of a catalogue holds, whichever format it comes from.</summary>
public enum ColumnType
{
    /// <summary>float64; NaN where there is no value.</summary>
    Double,

    /// <summary>float32; NaN where there is no value.</summary>
    Single,

    /// <summary>A whole number of 64 bits, or no value.</summary>
    Integer,

    /// <summary>True, false, or no value.</summary>
    Boolean,

    /// <summary>Text; empty where there is no value.</summary>
    Text,
}

/// <summary>A column of a catalogue.</summary>
/// <param name="Name">As the file has it.</param>
/// <param name="Type">What it holds.</param>
public sealed record CatalogueColumn(string Name, ColumnType Type)
{
    /// <summary>As the file spells it; null where the file gives none.</summary>
    public string? Unit { get; init; }

    public string? Description { get; init; }

    /// <summary>Zero-based position among the file's columns.</summary>
    public int Position { get; init; }

    /// <summary>A column by its name, in the same case or else in any.</summary>
    public static CatalogueColumn? Find(IReadOnlyList<CatalogueColumn> columns, string name) =>
        columns.FirstOrDefault(column => column.Name == name) ?? columns.FirstOrDefault(column => column.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
}
