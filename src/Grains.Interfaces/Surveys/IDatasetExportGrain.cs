using Orleans.Concurrency;

namespace RadioDiffusion.Grains.Interfaces.Surveys;

/// <summary>A data set as files that other programs read. The key is <c>data set/format</c>, with the formats hdf5, labelled-hdf5, fits-cube, png-folder, fits-folder.</summary>
[Alias("RadioDiffusion.IDatasetExportGrain")]
public interface IDatasetExportGrain : IGrainWithStringKey
{
    /// <summary>Starts the export if it is neither done nor under way; returns at once.</summary>
    /// <exception cref="UserErrorException">There is no such data set or format.</exception>
    [Alias("Start")]
    Task<DatasetExportStatus> StartAsync(CancellationToken cancellationToken = default);

    /// <summary>The status once the export has ended, or as it is after <paramref name="wait"/> (8 s at most).</summary>
    [Alias("Wait"), AlwaysInterleave]
    Task<DatasetExportStatus> WaitAsync(TimeSpan wait, CancellationToken cancellationToken = default);
}

[GenerateSerializer, Immutable, Alias("RadioDiffusion.DatasetExportStatus")]
public sealed record DatasetExportStatus
{
    [Id(0)] public required WorkState State { get; init; }

    /// <summary>The training set that is exported.</summary>
    [Id(1)] public string Dataset { get; init; } = "";

    /// <summary>Images in it.</summary>
    [Id(2)] public int Images { get; init; }

    [Id(3)] public int ImagesDone { get; init; }

    /// <summary>The export, when done: one file, or a folder 'images'.</summary>
    [Id(4)] public string? Artifact { get; init; }

    /// <summary>Whether it was in the store already.</summary>
    [Id(5)] public bool WasUpToDate { get; init; }

    [Id(6)] public string? Error { get; init; }
}
