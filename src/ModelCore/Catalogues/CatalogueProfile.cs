namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>What a column holds, over all rows.</summary>
/// <param name="Column">The column.</param>
/// <param name="Missing">Rows without a value.</param>
/// <param name="Minimum">Smallest number; null of a column of text, or without any.</param>
/// <param name="Maximum">Largest number.</param>
/// <param name="FirstText">The first text that is there; null of a column of numbers.</param>
public sealed record ColumnProfile(CatalogueColumn Column, long Missing, double? Minimum, double? Maximum, string? FirstText);

/// <summary>What a catalogue holds, column by column.</summary>
public sealed record CatalogueProfile
{
    public required string Path { get; init; }

    public required CatalogueFormat Format { get; init; }

    public required long Rows { get; init; }

    public required IReadOnlyList<ColumnProfile> Columns { get; init; }

    /// <summary>Columns that cannot be read, each with the reason.</summary>
    public required IReadOnlyList<string> LeftOut { get; init; }

    /// <summary>Reads all of a catalogue once, in bounded memory.</summary>
    /// <exception cref="RadioDiffusionException">The file is missing or malformed.</exception>
    public static CatalogueProfile Of(string path, CancellationToken cancellationToken = default)
    {
        using var reader = CatalogueReader.Open(path, long.MaxValue);
        var columns = reader.Columns.Select(column => new ColumnProfile(column, 0, null, null, null)).ToArray();
        long rows = 0;
        foreach (var batch in reader.Read(reader.Columns, cancellationToken))
        {
            for (int i = 0; i < columns.Length; i++)
                columns[i] = With(columns[i], batch.Columns[i]);
            rows += batch.RowCount;
        }
        return new CatalogueProfile { Path = path, Format = reader.Format, Rows = rows, Columns = columns, LeftOut = reader.LeftOut };
    }

    private static ColumnProfile With(ColumnProfile profile, ColumnValues values)
    {
        long missing = profile.Missing;
        double minimum = profile.Minimum ?? double.PositiveInfinity, maximum = profile.Maximum ?? double.NegativeInfinity;
        bool any = profile.Minimum != null;
        string? text = profile.FirstText;
        for (int row = 0; row < values.Count; row++)
        {
            if (values.IsMissing(row))
            {
                missing++;
            }
            else if (values is TextValues)
            {
                text ??= values.Text(row);
            }
            else
            {
                double number = values.Number(row);
                (minimum, maximum, any) = (Math.Min(minimum, number), Math.Max(maximum, number), true);
            }
        }
        return profile with { Missing = missing, Minimum = any ? minimum : null, Maximum = any ? maximum : null, FirstText = text };
    }
}
