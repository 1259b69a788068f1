namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>Reads a catalogue file in batches, so that memory does not grow with the number of rows.</summary>
public abstract class CatalogueReader : IDisposable
{
    /// <summary>Most rows in a batch: so few that a column of numbers is no large object to the garbage collector.</summary>
    public const int BatchRows = 8192;

    private protected CatalogueReader(string path) => Path = path;

    public string Path { get; }

    public abstract CatalogueFormat Format { get; }

    /// <summary>The columns that can be read.</summary>
    public IReadOnlyList<CatalogueColumn> Columns { get; private set; } = [];

    /// <summary>Columns that cannot be read, each with the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; private set; } = [];

    /// <summary>Null where only reading to the end can tell.</summary>
    public abstract long? RowCount { get; }

    /// <summary>Opens a FITS binary table, CSV, ECSV, VOTable or Parquet file; its content decides which it is. All but Parquet may be packed with gzip.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sampleRows">Of a CSV file, which does not say what its columns hold: how many rows to look at for that.</param>
    /// <exception cref="RadioDiffusionException">The file is missing, malformed, or of another kind altogether.</exception>
    public static CatalogueReader Open(string path, long sampleRows = 1000) => CatalogueFormats.Detect(path) switch
    {
        CatalogueFormat.Fits => new FitsCatalogueReader(path),
        CatalogueFormat.Votable => new VotableCatalogueReader(path),
        CatalogueFormat.Parquet => new ParquetCatalogueReader(path),
        var format => new CsvCatalogueReader(path, format, sampleRows),
    };

    /// <summary>All rows, from the first one on.</summary>
    /// <param name="columns">Which of <see cref="Columns"/> to read.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public abstract IEnumerable<CatalogueBatch> Read(IReadOnlyList<CatalogueColumn> columns, CancellationToken cancellationToken = default);

    /// <summary>A column by its name, in the same case or else in any.</summary>
    public CatalogueColumn? Find(string name) =>
        CatalogueColumn.Find(Columns, name);

    /// <summary>Where a row stands in the file, for messages.</summary>
    internal virtual string PlaceOf(long row) => $"row {row} (counted from 0)";

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }

    /// <summary>Takes the columns that can be read; of those with equal names, the first.</summary>
    private protected void SetColumns(IEnumerable<CatalogueColumn> columns, IEnumerable<string> leftOut)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var usable = new List<CatalogueColumn>();
        var others = new List<string>(leftOut);
        foreach (var column in columns)
        {
            if (names.Add(column.Name))
                usable.Add(column);
            else
                others.Add($"{column.Name}: there is an earlier column of this name");
        }
        (Columns, LeftOut) = (usable, others);
    }

    private protected static ColumnValues[] Room(IReadOnlyList<CatalogueColumn> columns, int capacity) =>
        [.. columns.Select(column => ColumnValues.Create(column, capacity))];
}
