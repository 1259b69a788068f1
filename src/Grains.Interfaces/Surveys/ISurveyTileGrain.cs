using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Security;

namespace RadioDiffusion.Grains.Interfaces.Surveys;

/// <summary>
/// One mosaic of a survey. Cuts and measures the sources of its catalogue rows into a shard, an artifact of its own. The key
/// is <c>data set/mosaic</c>.
/// </summary>
[Alias("RadioDiffusion.ISurveyTileGrain")]
public interface ISurveyTileGrain : IGrainWithStringKey
{
    /// <summary>Starts the extraction if it is neither done nor under way; returns at once.</summary>
    [Alias("Start")]
    Task<TileStatus> StartAsync(TileRequest request, CancellationToken cancellationToken = default);

    /// <summary>The status once the extraction has ended, or as it is after <paramref name="wait"/> (8 s at most).</summary>
    [Alias("Wait"), AlwaysInterleave]
    Task<TileStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default);
}

/// <summary>What a tile is to cut: its rows lie in an artifact, since a mosaic may hold thousands of sources.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TileRequest")]
public sealed record TileRequest : INamesPaths
{
    [Id(0)] public required string MosaicId { get; init; }

    /// <summary>The mosaic's FITS file, readable by every silo.</summary>
    [Id(1)] public required string MosaicPath { get; init; }

    /// <summary>The artifact with the catalogue rows of each mosaic.</summary>
    [Id(2)] public required string PlanArtifact { get; init; }

    /// <summary>The file of this mosaic's rows in that artifact.</summary>
    [Id(3)] public required string RowsFile { get; init; }

    [Id(4)] public required string RowsDigest { get; init; }

    /// <summary>Side of a cut-out in pixels.</summary>
    [Id(5)] public required int Size { get; init; }

    /// <summary>Share of a cut-out that must lie inside the mosaic.</summary>
    [Id(6)] public double MinimumCoverage { get; init; } = 1;

    /// <summary>Whether cut-outs have a margin, so that they can be turned by any angle.</summary>
    [Id(7)] public bool AnyAngle { get; init; }

    /// <summary>Arc seconds of resampled cut-outs; 0 for the pixels of the mosaic.</summary>
    [Id(20)] public double PixelScaleArcsec { get; init; }

    /// <summary>Further channels of the images, in their order; null for none.</summary>
    [Id(21)] public ValueList<TileChannel>? Channels { get; init; }

    public IEnumerable<string> NamedPaths() => [MosaicPath, .. Channels?.Items.SelectMany(channel => channel.MosaicPaths.Items) ?? []];
}

/// <summary>The mosaics of a further channel that the rows of a tile are cut from.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.TileChannel")]
public sealed record TileChannel([property: Id(0)] string Name, [property: Id(1)] ValueList<string> MosaicPaths);

[GenerateSerializer, Alias("RadioDiffusion.WorkState")]
public enum WorkState
{
    /// <summary>Nothing was asked for yet.</summary>
    None,
    Running,
    Done,
    Failed,

    /// <summary>Stopped on request, to be resumed.</summary>
    Paused,

    /// <summary>Was running when its process ended: resume it.</summary>
    Interrupted,
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.TileStatus")]
public sealed record TileStatus
{
    [Id(0)] public required WorkState State { get; init; }

    /// <summary>Rows looked at so far.</summary>
    [Id(1)] public int RowsDone { get; init; }

    /// <summary>The shard, when done.</summary>
    [Id(2)] public string? ShardArtifact { get; init; }

    [Id(3)] public string? ShardDigest { get; init; }

    /// <summary>Whether the shard was in the store already.</summary>
    [Id(4)] public bool WasUpToDate { get; init; }

    [Id(5)] public string? Error { get; init; }
}
