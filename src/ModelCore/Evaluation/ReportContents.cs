namespace RadioDiffusion.ModelCore.Evaluation;

/// <summary>What a report of a data set, a training and its samples shows. All texts are plain; the report escapes them.</summary>
public sealed record ReportContents
{
    public required string Title { get; init; }

    public required string Introduction { get; init; }

    /// <summary>What took how long; a part that is empty is left out of the report, here and below.</summary>
    public IReadOnlyList<(string Step, TimeSpan Duration)> Steps { get; init; } = [];

    public required IReadOnlyList<ReportImages> Images { get; init; }

    /// <summary>What each cut took away and left.</summary>
    public PublishedTable? Selection { get; init; }

    public required LossCurve Losses { get; init; }

    /// <summary>ID of each sample, with its files relative to the report.</summary>
    public IReadOnlyList<(string Id, string PngFile, string FitsFile)> Samples { get; init; } = [];

    /// <summary>Figures of real and generated images, as they are to be read.</summary>
    public IReadOnlyList<(string Name, string Real, string Generated)> Numbers { get; init; } = [];

    public required IReadOnlyList<(string Name, string Value)> Recipe { get; init; }
}

/// <summary>A picture of several images, with what someone who cannot see it should know.</summary>
public sealed record ReportImages(string Title, string Caption, byte[] Png, string AlternativeText);

/// <summary>The loss of one iteration.</summary>
public sealed record LossPoint(long Iteration, double Loss);

/// <summary>The losses of a training, by rising iteration.</summary>
public sealed record LossCurve
{
    public IReadOnlyList<LossPoint> Training { get; init; } = [];

    /// <summary>Of the averaged weights (EMA) on the validation images.</summary>
    public IReadOnlyList<LossPoint> Validation { get; init; } = [];

    /// <summary>Of the weights themselves on the validation images.</summary>
    public IReadOnlyList<LossPoint> ValidationOfWeights { get; init; } = [];

    /// <summary>The iteration at which the training process was killed, if it was.</summary>
    public long? KilledAt { get; init; }

    /// <summary>The iterations of the checkpoints from which the training went on after an interruption.</summary>
    public IReadOnlyList<long> ResumedAt { get; init; } = [];
}
