namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Copies a catalogue into another format.</summary>
public static class CatalogueCopy
{
    /// <summary>Writes all columns that can be read; what they hold is decided by all rows.</summary>
    /// <returns>Rows written, and the columns that were left out, each with the reason.</returns>
    /// <exception cref="RadioDiffusionException">One of the files cannot be read or written.</exception>
    public static (long Rows, IReadOnlyList<string> LeftOut) Convert(string from, string to, CancellationToken cancellationToken = default)
    {
        using var reader = CatalogueReader.Open(from, long.MaxValue);
        if (Path.GetFullPath(from) == Path.GetFullPath(to))
            throw new RadioDiffusionException($"The catalogue {from} should be converted into another file, but both names are the same.");
        using var writer = CatalogueWriter.Create(to, reader.Columns);
        foreach (var batch in reader.Read(reader.Columns, cancellationToken))
            writer.Write(batch);
        writer.Complete();
        return (writer.RowCount, reader.LeftOut);
    }
}
