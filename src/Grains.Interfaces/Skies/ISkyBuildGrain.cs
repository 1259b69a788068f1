using Orleans.Concurrency;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Grains.Interfaces.Skies;

/// <summary>The making of a part of a sky, tile by tile, over all silos. The key is <c>name of the sky/ID of the build</c>; <see cref="ISkyGrain.BuildAsync"/> gives the ID.</summary>
[Alias("RadioDiffusion.ISkyBuildGrain")]
public interface ISkyBuildGrain : IGrainWithStringKey
{
    /// <summary>Goes on with it and returns at once; tiles that are in the store are not made again. Called by the grain of the sky, which has checked it.</summary>
    [Alias("Start")]
    Task<SkyBuildStatus> StartAsync(SkyBuildPlan plan, CancellationToken cancellationToken = default);

    /// <exception cref="UserErrorException">There is no such build.</exception>
    [Alias("GetStatus"), AlwaysInterleave]
    Task<SkyBuildStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>The status now and after every change later than <paramref name="afterVersion"/>, until the build stands still.</summary>
    /// <exception cref="UserErrorException">There is no such build.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<SkyBuildStatus> WatchAsync(long afterVersion, CancellationToken cancellationToken = default);

    /// <summary>Stops it; what is made stays, and starting it again goes on from there.</summary>
    /// <exception cref="UserErrorException">There is no such build.</exception>
    [Alias("Cancel"), AlwaysInterleave]
    Task<SkyBuildStatus> CancelAsync(CancellationToken cancellationToken = default);

    /// <summary>The cells of an order whose tiles it has finished, as a MOC such as 3/12 4/100-103; empty for none.</summary>
    /// <exception cref="UserErrorException">There is no such build.</exception>
    [Alias("Coverage"), AlwaysInterleave]
    Task<string> CoverageAsync(int order, CancellationToken cancellationToken = default);

    /// <summary>Stops it and forgets it; its tiles stay in the store.</summary>
    [Alias("Delete"), AlwaysInterleave]
    Task DeleteAsync(CancellationToken cancellationToken = default);
}

/// <summary>Which tiles of a sky are wanted.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyBuildRequest")]
public sealed record SkyBuildRequest
{
    /// <summary>all, or a MOC such as 3/12 4/100-103, of which the part is taken that the sky shows; null for all that it shows.</summary>
    [Id(0)] public string? Area { get; init; }

    /// <summary>Lowest order of the tiles.</summary>
    [Id(1)] public int FromOrder { get; init; }

    /// <summary>Highest order of the tiles; null for the deepest.</summary>
    [Id(2)] public int? ToOrder { get; init; }

    /// <summary>Only says how long it would take and how much it would store.</summary>
    [Id(3)] public bool EstimateOnly { get; init; }

    /// <summary>What every sky should have, since nobody can wait for it: orders 0 to 2, and the file Allsky.</summary>
    public static SkyBuildRequest Overview { get; } = new() { ToOrder = 2 };
}

/// <summary>A request with everything filled in.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyBuildPlan")]
public sealed record SkyBuildPlan
{
    /// <summary>Of the sky.</summary>
    [Id(0)] public required string Digest { get; init; }

    /// <summary>all, or a MOC.</summary>
    [Id(1)] public required string Area { get; init; }

    [Id(2)] public required int FromOrder { get; init; }

    [Id(3)] public required int ToOrder { get; init; }

    [Id(4)] public bool EstimateOnly { get; init; }
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyBuildStatus")]
public sealed record SkyBuildStatus
{
    /// <summary>Of the sky.</summary>
    [Id(0)] public required string Sky { get; init; }

    /// <summary>8 hexadecimal digits: the same tiles of the same sky are the same build.</summary>
    [Id(1)] public required string Id { get; init; }

    [Id(2)] public required WorkState State { get; init; }

    /// <summary>Increases with every change.</summary>
    [Id(3)] public required long Version { get; init; }

    /// <summary>What is being done, in words.</summary>
    [Id(4)] public string Phase { get; init; } = "";

    /// <summary>Square degrees.</summary>
    [Id(5)] public double SquareDegrees { get; init; }

    [Id(6)] public int FromOrder { get; init; }

    [Id(7)] public int ToOrder { get; init; }

    [Id(8)] public long TilesDone { get; init; }

    [Id(9)] public long TilesTotal { get; init; }

    /// <summary>Of those done: tiles that were in the store already.</summary>
    [Id(10)] public long TilesFromStore { get; init; }

    [Id(11)] public long TilesFailed { get; init; }

    /// <summary>Why the first of them failed, or the whole.</summary>
    [Id(12)] public string? Error { get; init; }

    /// <summary>Known before the first tile is made.</summary>
    [Id(13)] public SkyBuildEstimate? Estimate { get; init; }

    /// <summary>Of the tiles that are being made.</summary>
    [Id(14)] public int Order { get; init; }

    /// <summary>Tiles that are being made, on all silos together.</summary>
    [Id(15)] public int InFlight { get; init; }

    /// <summary>As the tiles come along since it was started; null before that can be said.</summary>
    [Id(16)] public double? SecondsLeft { get; init; }
}

/// <summary>What a build takes, from what its tiles and samples cost when a few of them were measured.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.SkyBuildEstimate")]
public sealed record SkyBuildEstimate
{
    /// <summary>Tiles that are not in the store.</summary>
    [Id(0)] public long Tiles { get; init; }

    /// <summary>Images of resolved sources that have to be sampled.</summary>
    [Id(1)] public long Images { get; init; }

    /// <summary>What is added to the store.</summary>
    [Id(2)] public double Bytes { get; init; }

    /// <summary>Until all is there, when nothing else is asked for.</summary>
    [Id(3)] public double Seconds { get; init; }

    /// <summary>Seconds of a CPU thread for all tiles without their images.</summary>
    [Id(4)] public double CpuSeconds { get; init; }

    /// <summary>CPU threads of all silos.</summary>
    [Id(5)] public int Threads { get; init; }

    /// <summary>Seconds for all images.</summary>
    [Id(6)] public double ImageSeconds { get; init; }

    /// <summary>What was measured, in words, for each order and for the images.</summary>
    [Id(7)] public IReadOnlyList<string> Measured { get; init; } = [];
}
