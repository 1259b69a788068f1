namespace RadioDiffusion.ModelCore.SourceFinding;

/// <summary>Finds sources in an image: background and noise, islands above it, Gaussians fitted to them.</summary>
/// <remarks>
/// Follows PyBDSF 1.10.3 (Mohan and Rafferty 2015), with which the paper measures its images (Sect. 5), so closely that the numbers agree;
/// README.md beside this file names the rules. An instance keeps its buffers from one image to the next and belongs to one thread.
/// </remarks>
public sealed class SourceFinder
{
    private readonly SourceFinderOptions _options;
    private readonly IslandFitter _fitter;

    public SourceFinder(SourceFinderOptions options)
        : this(options, null)
    {
    }

    internal SourceFinder(SourceFinderOptions options, Action<FitStep>? trace)
    {
        _options = options;
        _fitter = new IslandFitter(options, trace);
    }

    /// <param name="image">(height, width), in any unit per beam; pixels that are not finite are left out.</param>
    /// <exception cref="UnphysicalNoiseException">There is no noise to find anything above.</exception>
    public FoundSources Find(ReadOnlySpan<float> image, int width, int height)
    {
        float[] columns = Turned(image, height, width);
        var background = Background.Of(columns, width, height, _options);
        var islands = Island.Of(columns, width, height, background, _options);
        var gaussians = new List<FoundGaussian>();
        var found = new List<FoundIsland>();
        foreach (var island in islands)
        {
            var fit = _fitter.Fit(island);
            foreach (var gaussian in fit.Gaussians)
                gaussians.Add(FoundGaussian.Of(gaussian, found.Count, island, _options));
            var box = island.Box;
            found.Add(new FoundIsland(box.Left, box.Right, box.Top, box.Bottom, island.PixelCount, island.Rms, island.Mean) { HasConverged = fit.HasConverged, Rejections = [.. fit.Rejections] });
        }
        return new FoundSources
        {
            Width = width,
            Height = height,
            Mean = background.ClippedMean,
            Rms = background.ClippedRms,
            RmsMap = background.RmsMap is null ? null : Turned(background.RmsMap, width, height),
            Gaussians = gaussians,
            Islands = found,
        };
    }

    /// <summary>Rows become columns: the rules go through an image column by column.</summary>
    private static float[] Turned(ReadOnlySpan<float> image, int rows, int columns)
    {
        float[] turned = new float[image.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                turned[(column * rows) + row] = image[(row * columns) + column];
        }
        return turned;
    }
}
