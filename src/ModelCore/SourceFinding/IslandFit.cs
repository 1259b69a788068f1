namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>What was fitted to an island.</summary>
/// <param name="Gaussians">Those that are believed, in the coordinates of the island's box.</param>
/// <param name="Rejections">Why others are not.</param>
/// <param name="HasConverged">Whether every last round was good.</param>
internal sealed record IslandFit(List<FitGaussian> Gaussians, IReadOnlyList<Rejection> Rejections, bool HasConverged);
