using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Writes a catalogue batch by batch. The file is there whole or not at all: temporary name, flush, rename.</summary>
public abstract class CatalogueWriter : IDisposable
{
    private readonly FileStream _stream;
    private bool _completed;

    private protected CatalogueWriter(string path, IReadOnlyList<CatalogueColumn> columns)
    {
        if (columns.Count == 0)
            throw new RadioDiffusionException($"A catalogue should have at least one column, but {path} would have none.");
        if (columns.GroupBy(column => column.Name).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new RadioDiffusionException($"The columns of a catalogue should have different names, but {path} would have '{twice.Key}' twice.");
        Path = path;
        Columns = columns;
        TemporaryPath = $"{path}.{Guid.NewGuid():N}.tmp";
        _stream = new FileStream(TemporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read, 1 << 16);
    }

    public string Path { get; }

    public IReadOnlyList<CatalogueColumn> Columns { get; }

    public long RowCount { get; private set; }

    private protected string TemporaryPath { get; }

    private protected Stream Stream => _stream;

    /// <exception cref="RadioDiffusionException">The name is that of no format that can be written.</exception>
    public static void CheckName(string path) => CatalogueFormats.OfName(path);

    /// <summary>A writer in the format that the name asks for: .fits, .csv, .ecsv, .vot, .parquet.</summary>
    /// <param name="path">The file; an older one is replaced when all is written.</param>
    /// <param name="columns">Names, types, units and descriptions. CSV keeps the names only.</param>
    public static CatalogueWriter Create(string path, IReadOnlyList<CatalogueColumn> columns)
    {
        var format = CatalogueFormats.OfName(path);
        if (System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        return format switch
        {
            CatalogueFormat.Fits => new FitsCatalogueWriter(path, columns),
            CatalogueFormat.Votable => new VotableCatalogueWriter(path, columns),
            CatalogueFormat.Parquet => new ParquetCatalogueWriter(path, columns),
            _ => new CsvCatalogueWriter(path, columns, format),
        };
    }

    /// <summary>Appends rows.</summary>
    /// <param name="batch">Values for <see cref="Columns"/>, in their order and of their types.</param>
    public void Write(CatalogueBatch batch)
    {
        if (batch.Columns.Count != Columns.Count || batch.Columns.Any(values => values.Count != batch.RowCount))
            throw new ArgumentException($"A batch should have {Columns.Count} columns of equally many values.", nameof(batch));
        for (int i = 0; i < Columns.Count; i++)
        {
            if (batch.Columns[i].Column.Type != Columns[i].Type)
                throw new ArgumentException($"Column '{Columns[i].Name}' should be of type {Columns[i].Type}, but the batch's is {batch.Columns[i].Column.Type}.", nameof(batch));
        }
        WriteRows(batch);
        RowCount += batch.RowCount;
    }

    /// <summary>Ends the file and gives it its name.</summary>
    public void Complete()
    {
        End();
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(TemporaryPath, Path, overwrite: true);
        DurableFiles.FlushDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);
        _completed = true;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Without <see cref="Complete"/> nothing stays.</summary>
    protected virtual void Dispose(bool disposing)
    {
        _stream.Dispose();
        if (!_completed)
            DurableFiles.TryDelete(TemporaryPath);
    }

    private protected abstract void WriteRows(CatalogueBatch batch);

    private protected abstract void End();
}
