namespace RadioDiffusion.Grains.Interfaces.Models;

/// <summary>Averaged weights of any width, made of the power-function averages that a training run has kept.</summary>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.ModelReconstruction")]
public sealed record ModelReconstruction
{
    /// <summary>Name of the run.</summary>
    [Id(0)] public required string Run { get; init; }

    /// <summary>Relative width of the average wanted (sigma_rel), 0.01 to 0.25.</summary>
    [Id(1)] public required double SigmaRel { get; init; }

    /// <summary>The iteration at which it ends, one of those of the run's kept averages; the last one where null.</summary>
    [Id(2)] public long? Iteration { get; init; }
}
