using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Security;
using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Surveys;

/// <summary>A data set: fans out over its survey tiles, applies the selection, and owns the resulting training set. The key is its name.</summary>
[Alias("RadioDiffusion.IDatasetGrain")]
public interface IDatasetGrain : IGrainWithStringKey
{
    /// <summary>
    /// Starts a build and returns at once. Asking again while it runs does nothing; another request is refused then. A finished data set stays
    /// what it is until another build of its name is done; tiles that are in the store already are not cut again.
    /// </summary>
    [Alias("Build")]
    Task<DatasetStatus> BuildAsync(DatasetRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts making the set from images that exist already, and returns at once; otherwise as <see cref="BuildAsync"/>.
    /// </summary>
    [Alias("Import")]
    Task<DatasetStatus> ImportAsync(DatasetImportRequest request, CancellationToken cancellationToken = default);

    /// <summary>
    /// Starts making the set out of a labelled set and generated images of its classes, which are added to those to train on, and returns at once; otherwise as <see cref="BuildAsync"/>.
    /// </summary>
    [Alias("Augment")]
    Task<DatasetStatus> AugmentAsync(DatasetAugmentation request, CancellationToken cancellationToken = default);

    /// <summary>Lets the name stand for a training set in the store, such as one that was made elsewhere. The same one again does nothing.</summary>
    /// <exception cref="UserErrorException">There is no such artifact, or it is none; or a data set of this name is being made.</exception>
    [Alias("Register")]
    Task<DatasetStatus> RegisterAsync(string artifact, CancellationToken cancellationToken = default);

    [Alias("GetStatus"), AlwaysInterleave]
    Task<DatasetStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The status now and after every change later than <paramref name="afterVersion"/>, until the build ends.</summary>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<DatasetStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default);
}

/// <summary>How to make a data set from mosaics and a catalogue.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.DatasetRequest")]
public sealed record DatasetRequest : INamesPaths
{
    /// <summary>Folder of mosaics (*.fits, or NAME/mosaic-blanked.fits).</summary>
    [Id(0)] public required string MosaicDirectory { get; init; }

    /// <summary>Catalogue: a FITS table, CSV, ECSV, VOTable or Parquet.</summary>
    [Id(1)] public required string CataloguePath { get; init; }

    /// <summary>Side of a cut-out in pixels; 80 in the paper.</summary>
    [Id(2)] public int Size { get; init; } = 80;

    /// <summary>Smallest S/N_sigma that is kept; 5 in the paper.</summary>
    [Id(3)] public double MinimumSnr { get; init; } = 5;

    /// <summary>Largest brightness on the edge relative to the peak; 0.8 in the paper.</summary>
    [Id(4)] public double MaximumEdge { get; init; } = 0.8;

    /// <summary>Column mapping of the catalogue: a built-in one by name, or the path of a mapping file; null to find it by the columns.</summary>
    [Id(5)] public string? Columns { get; init; }

    [Id(6)] public DatasetContent Content { get; init; }

    /// <summary>Places without a source that are looked for in each mosaic, for a data set of background.</summary>
    [Id(7)] public int BackgroundsPerMosaic { get; init; } = 500;

    /// <summary>Decides where backgrounds are cut.</summary>
    [Id(8)] public ulong Seed { get; init; } = 42;

    /// <summary>Share of a cut-out that must lie inside the mosaic; 1 is the published, strict rule.</summary>
    [Id(9)] public double MinimumCoverage { get; init; } = 1;

    /// <summary>Whether cut-outs are stored with a margin, so that they can be turned by any angle.</summary>
    [Id(10)] public bool AnyAngle { get; init; }

    /// <summary>The catalogue's largest angular size must be above it; 0 for no such cut.</summary>
    [Id(11)] public double LargestSizeAboveArcsec { get; init; }

    /// <summary>The catalogue's total flux must be above it; 0 for no such cut.</summary>
    [Id(12)] public double FluxAboveMilliJansky { get; init; }

    /// <summary>Whether cut-outs are centred on the optical position where there is one, as in the paper.</summary>
    [Id(13)] public bool CentreOnOpticalPosition { get; init; } = true;

    /// <summary>Arc seconds: each cut-out is resampled onto a grid of its own with such pixels, north up; 0 cuts the pixels of the mosaics, as published.</summary>
    [Id(20)] public double PixelScaleArcsec { get; init; }

    /// <summary>Further channels of the images, in their order; null for none.</summary>
    [Id(21)] public ValueList<ChannelFolder>? Channels { get; init; }

    /// <summary>Columns of the catalogue that the set keeps, so that models can be conditioned on them; null for none.</summary>
    [Id(22)] public ValueList<CatalogueKeep>? Keep { get; init; }

    public IEnumerable<string> NamedPaths() =>
    [
        MosaicDirectory,
        CataloguePath,
        .. Channels?.Items.Select(channel => channel.Directory) ?? [],
        .. Columns != null && ColumnMapping.BuiltIn.All(mapping => mapping.Name != Columns) ? [Columns] : Array.Empty<string>(),
    ];

    /// <summary>The cuts that these limits stand for.</summary>
    public SelectionCuts ToCuts() => new()
    {
        MinimumSnr = MinimumSnr,
        MaximumEdge = MaximumEdge,
        SourceFree = Content == DatasetContent.Background,
        LargestSizeAboveArcsec = LargestSizeAboveArcsec,
        FluxAboveMilliJansky = FluxAboveMilliJansky,
    };
}

/// <summary>How to add generated images to a labelled data set, for training a classifier.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.DatasetAugmentation")]
public sealed record DatasetAugmentation
{
    /// <summary>The data set.</summary>
    [Id(0)] public required string Real { get; init; }

    /// <summary>The training set of generated images in the store.</summary>
    [Id(1)] public required string Generated { get; init; }

    /// <summary>Share of the real images that a training without the generated ones keeps for validation: they are held out here too.</summary>
    [Id(2)] public required double ValidationFraction { get; init; }

    /// <summary>The seed of that training.</summary>
    [Id(3)] public required ulong Seed { get; init; }
}

/// <summary>A folder of mosaics of the same sky at another frequency.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ChannelFolder")]
public sealed record ChannelFolder([property: Id(0)] string Name, [property: Id(1)] string Directory);

/// <summary>A column of a catalogue that a data set keeps, with the name that it gets there: letters and digits.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.CatalogueKeep")]
public sealed record CatalogueKeep([property: Id(0)] string Name, [property: Id(1)] string Column);

/// <summary>What the images of a data set show.</summary>
[GenerateSerializer, Alias("RadioDiffusion.DatasetContent")]
public enum DatasetContent
{
    /// <summary>Sources on their background, as in the paper.</summary>
    All,

    /// <summary>Sources alone: all below the threshold of S/N_sigma is 0.</summary>
    SourceOnly,

    /// <summary>Places without a source.</summary>
    Background,
}

/// <summary>One line of the selection table (the paper's Table 1): rows removed at this cut.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.RemovedRows")]
public sealed record RemovedRows([property: Id(0)] string Cut, [property: Id(1)] int Count);

[GenerateSerializer, Immutable, Alias("RadioDiffusion.DatasetStatus")]
public sealed record DatasetStatus
{
    [Id(0)] public required string Name { get; init; }

    [Id(1)] public required WorkState State { get; init; }

    /// <summary>Increases with every change.</summary>
    [Id(2)] public required long Version { get; init; }

    /// <summary>What is being done, in words.</summary>
    [Id(3)] public string Phase { get; init; } = "";

    [Id(4)] public int TilesDone { get; init; }

    [Id(5)] public int TilesTotal { get; init; }

    /// <summary>Tiles whose shard was in the store already.</summary>
    [Id(6)] public int TilesUpToDate { get; init; }

    /// <summary>Catalogue rows.</summary>
    [Id(7)] public int Rows { get; init; }

    /// <summary>Rows with a whole cut-out.</summary>
    [Id(8)] public int Cutouts { get; init; }

    /// <summary>Rows removed by each cut, in order; each row counts at the first cut that removes it.</summary>
    [Id(9)] public IReadOnlyList<RemovedRows> Removed { get; init; } = [];

    [Id(10)] public int Selected { get; init; }

    /// <summary>The training set of the last build that was done, with <see cref="Rows"/> to <see cref="Digest"/>; null if there was none.</summary>
    [Id(11)] public string? Artifact { get; init; }

    /// <summary>Its content digest: what a training run takes as input.</summary>
    [Id(12)] public string? Digest { get; init; }

    /// <summary>Items that could not be used, each with its reason; the rest is whole.</summary>
    [Id(13)] public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Why the last build failed.</summary>
    [Id(14)] public string? Error { get; init; }

    [Id(15)] public DatasetRequest? Request { get; init; }

    /// <summary>Of an imported set, in place of <see cref="Request"/>.</summary>
    [Id(30)] public DatasetImportRequest? Import { get; init; }

    /// <summary>Of a set with generated images added, in place of <see cref="Request"/>.</summary>
    [Id(32)] public DatasetAugmentation? Augmentation { get; init; }

    /// <summary>Whether an imported set was in the store already.</summary>
    [Id(31)] public bool WasUpToDate { get; init; }

    /// <summary>How the catalogue was understood, and its rows that are not as they should be: counted, not failed.</summary>
    [Id(24)] public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What a finished set is: the selection's counts and the artifact; whatever a build or an import has of its own comes on top.</summary>
    public static DatasetStatus DoneWith(string name, SelectionTable table, string artifact, string digest) => new()
    {
        Name = name,
        State = WorkState.Done,
        Version = 0,
        Phase = "done",
        Rows = table.Rows,
        Cutouts = table.Cutouts,
        Removed = [.. table.Removed.Select(pair => new RemovedRows(pair.Key, pair.Value))],
        Selected = table.Selected,
        Artifact = artifact,
        Digest = digest,
    };

    /// <summary>The counts as the selection made them.</summary>
    public SelectionTable ToSelectionTable() => new()
    {
        Rows = Rows,
        Cutouts = Cutouts,
        Removed = [.. Removed.Select(cut => KeyValuePair.Create(cut.Cut, cut.Count))],
        Selected = Selected,
    };
}
