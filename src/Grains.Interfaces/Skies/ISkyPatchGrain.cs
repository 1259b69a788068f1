using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Skies;

/// <summary>A HEALPix cell of a sky: its tile, and its sources. The key is <c>digest of the sky/order/pixel</c> (<see cref="SkyTiles.KeyOf"/>).</summary>
[Alias("RadioDiffusion.ISkyPatchGrain")]
public interface ISkyPatchGrain : IGrainWithStringKey
{
    /// <summary>The tile if it is stored or done within <paramref name="wait"/> (8 s at most); else how far it is. Asking again goes on waiting.</summary>
    /// <exception cref="UserErrorException">There is no such sky, or no such tile of it; a sample of it cannot be had.</exception>
    [Alias("Tile"), AlwaysInterleave]
    Task<SkyTileStatus> TileAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>The same in bulk: computed when nobody waits in person for anything else, until somebody does for this tile.</summary>
    /// <exception cref="UserErrorException">There is no such sky, or no such tile of it; a sample of it cannot be had.</exception>
    [Alias("Make"), AlwaysInterleave]
    Task<SkyTileStatus> MakeAsync(TimeSpan wait, CancellationToken cancellationToken = default);

    /// <summary>The sources in the cell, the brightest first: up to 250. In low orders, where there are very many, the faint ones are not looked at.</summary>
    /// <exception cref="UserErrorException">There is no such sky.</exception>
    [Alias("Sources"), AlwaysInterleave]
    Task<SkySourceList> SourcesAsync(CancellationToken cancellationToken = default);
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyTileStatus")]
public sealed record SkyTileStatus
{
    [Id(0)] public required WorkState State { get; init; }

    /// <summary>The artifact with the tile; when done.</summary>
    [Id(1)] public string? Artifact { get; init; }

    /// <summary>Images of resolved sources that are there.</summary>
    [Id(2)] public int ImagesDone { get; init; }

    /// <summary>Images in all; 0 before it is known.</summary>
    [Id(3)] public int Images { get; init; }

    /// <summary>Whether it came from the store without computing.</summary>
    [Id(4)] public bool FromStore { get; init; }

    /// <summary>Seconds of a CPU thread for its sources, pixels and file, without its images; 0 unless it was made now.</summary>
    [Id(5)] public double CpuSeconds { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkySourceList")]
public sealed record SkySourceList
{
    /// <summary>How many there are, of those that were looked at.</summary>
    [Id(0)] public required int Count { get; init; }

    /// <summary>mJy: fainter ones were not looked at.</summary>
    [Id(1)] public required double Faintest { get; init; }

    /// <summary>The brightest of them, brightest first.</summary>
    [Id(2)] public required IReadOnlyList<SkySourceEntry> Sources { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkySourceEntry")]
public sealed record SkySourceEntry
{
    /// <summary>Such as b2-1234-7: flux band, cell, number.</summary>
    [Id(0)] public required string Id { get; init; }

    /// <summary>Degrees, ICRS.</summary>
    [Id(1)] public required double RightAscension { get; init; }

    /// <summary>Degrees, ICRS.</summary>
    [Id(2)] public required double Declination { get; init; }

    /// <summary>Integrated flux, mJy.</summary>
    [Id(3)] public required double Flux { get; init; }

    /// <summary>Arc seconds: the width of a Gaussian before the beam.</summary>
    [Id(4)] public required double Size { get; init; }

    /// <summary>By which its image is turned, degrees from north through east.</summary>
    [Id(5)] public required double Angle { get; init; }

    /// <summary>alpha, S ~ frequency^alpha.</summary>
    [Id(6)] public required double SpectralIndex { get; init; }

    /// <summary>Of a resolved source of a sky with classes.</summary>
    [Id(7)] public string? Class { get; init; }

    /// <summary>The sample that is its image, unless that shows no whole source; null for a source without one.</summary>
    [Id(8)] public string? Sample { get; init; }
}
