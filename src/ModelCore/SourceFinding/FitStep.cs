namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>What the fit of an island did, for tests that compare it step by step.</summary>
/// <param name="Kind">guess, fit or split.</param>
internal sealed record FitStep(string Kind)
{
    /// <summary>Without a first guess.</summary>
    public bool IsSimple { get; init; }

    public int Round { get; init; }

    /// <summary>Gaussians that it began with; of a guess, the local maxima.</summary>
    public int Start { get; init; }

    public int End { get; init; }

    public int Limit { get; init; }

    public bool HasConverged { get; init; }

    /// <summary>First guesses in the image's coordinates, the highest first.</summary>
    public IReadOnlyList<FitGaussian> Peaks { get; init; } = [];

    /// <summary>Side of the square that split an island; 0 if none did.</summary>
    public int Opening { get; init; }

    public int Parts { get; init; }
}
