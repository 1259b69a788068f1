namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>An island of an image.</summary>
/// <param name="Left">First column of its box, which has one pixel around it where the image has it.</param>
/// <param name="Right">Behind the last column.</param>
/// <param name="Top">First row.</param>
/// <param name="Bottom">Behind the last row.</param>
/// <param name="PixelCount">Pixels above the threshold.</param>
/// <param name="Rms">The noise, averaged over the box.</param>
/// <param name="Mean">The background's level.</param>
public sealed record FoundIsland(int Left, int Right, int Top, int Bottom, int PixelCount, double Rms, double Mean)
{
    /// <summary>Whether the last fits to it ended at a minimum; its Gaussians are the best that were found otherwise.</summary>
    public bool HasConverged { get; init; } = true;

    /// <summary>Sum of its pixels above the background over the beam's area.</summary>
    public double TotalFlux { get; init; }

    public double TotalFluxError { get; init; }

    /// <summary>Standard deviation of what its Gaussians leave of its pixels.</summary>
    public double ResidualRms { get; init; }

    public double ResidualMean { get; init; }

    /// <summary>Gaussians that were fitted and not believed, each with why; what they stood for is missing in the model.</summary>
    public IReadOnlyList<Rejection> Rejections { get; init; } = [];
}

/// <summary>What was found in an image.</summary>
public sealed record FoundSources
{
    public required int Width { get; init; }

    public required int Height { get; init; }

    public required IReadOnlyList<FoundIsland> Islands { get; init; }

    /// <summary>Island after island.</summary>
    public required IReadOnlyList<FoundGaussian> Gaussians { get; init; }

    /// <summary>Island after island.</summary>
    public required IReadOnlyList<FoundSource> Sources { get; init; }

    /// <summary>Level of the background.</summary>
    public required double Mean { get; init; }

    /// <summary>Noise of the whole image, without its sources.</summary>
    public required double Rms { get; init; }

    /// <summary>Noise at each pixel (height, width); null if it is <see cref="Rms"/> everywhere.</summary>
    public float[]? RmsMap { get; init; }

    /// <summary>Level of the background at each pixel (height, width); null if it is <see cref="Mean"/> everywhere.</summary>
    public float[]? MeanMap { get; init; }

    /// <summary>Sum over the Gaussians, also of what lies off the image: the paper's model flux.</summary>
    public double TotalFlux => Gaussians.Sum(gaussian => gaussian.TotalFlux);

    /// <summary>The Gaussians painted, without the background's level (height, width).</summary>
    public float[] Model()
    {
        float[] model = new float[Width * Height];
        foreach (var gaussian in Gaussians)
        {
            var fit = gaussian.ToFit();
            int half = fit.PaintedHalfWidth(Islands[gaussian.Island].Rms), x = (int)gaussian.X, y = (int)gaussian.Y;
            fit.Paint(model, Width, Math.Max(x - half, 0), Math.Min(x + half, Width), Math.Max(y - half, 0), Math.Min(y + half, Height));
        }
        return model;
    }

    /// <summary>An image without the Gaussians; the background's level stays in (height, width).</summary>
    /// <param name="image">The one that they were found in.</param>
    public float[] Residual(ReadOnlySpan<float> image)
    {
        float[] residual = Model();
        for (int i = 0; i < residual.Length; i++)
            residual[i] = image[i] - residual[i];
        return residual;
    }
}
