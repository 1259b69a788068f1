namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Some consecutive rows of a catalogue, column by column.</summary>
/// <param name="FirstRow">Zero-based row of the catalogue.</param>
/// <param name="Columns">The columns asked for, in the order of asking, with equally many values.</param>
public sealed record CatalogueBatch(long FirstRow, IReadOnlyList<ColumnValues> Columns)
{
    public int RowCount => Columns.Count == 0 ? 0 : Columns[0].Count;
}
