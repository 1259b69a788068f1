using System.Collections.Concurrent;

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
        return Collect(width, height, background, islands, [.. islands.Select(_fitter.Fit)]);
    }

    /// <summary>The same on all cores, for images with many islands.</summary>
    /// <param name="progress">Told how many islands are fitted, of how many.</param>
    public static FoundSources FindInParallel(ReadOnlySpan<float> image, int width, int height, SourceFinderOptions options, IProgress<(int Done, int Islands)>? progress, CancellationToken cancellationToken)
    {
        float[] columns = Turned(image, height, width);
        var background = Background.Of(columns, width, height, options, cancellationToken);
        var islands = Island.Of(columns, width, height, background, options);
        var fits = new IslandFit[islands.Count];
        int done = 0;
        // The largest first, since they take longest.
        int[] order = [.. Enumerable.Range(0, fits.Length).OrderByDescending(i => islands[i].PixelCount)];
        Parallel.ForEach(Partitioner.Create(order, loadBalance: true), new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, () => new IslandFitter(options), (i, _, fitter) =>
        {
            fits[i] = fitter.Fit(islands[i]);
            progress?.Report((Interlocked.Increment(ref done), fits.Length));
            return fitter;
        }, _ => { });
        return new SourceFinder(options).Collect(width, height, background, islands, fits);
    }

    private FoundSources Collect(int width, int height, Background background, List<Island> islands, IReadOnlyList<IslandFit> fits)
    {
        var gaussians = new List<FoundGaussian>();
        var sources = new List<FoundSource>();
        var found = new List<FoundIsland>();
        foreach (var (island, fit) in islands.Zip(fits))
        {
            FoundGaussian[] parts = [.. fit.Gaussians.Select(gaussian => FoundGaussian.Of(gaussian, found.Count, island, _options))];
            int[] groups = SourceGrouping.Of(parts, _options.IslandThreshold * island.Rms);
            int first = sources.Count;
            gaussians.AddRange(parts.Zip(groups, (gaussian, group) => gaussian with { Source = first + group }));
            for (int group = 0; group <= groups.DefaultIfEmpty(-1).Max(); group++)
                sources.Add(FoundSource.Of(sources.Count, [.. parts.Where((_, i) => groups[i] == group)], parts.Length == 1, island.Rms, _options.Beam));
            found.Add(Describe(island, fit));
        }
        return new FoundSources
        {
            Width = width,
            Height = height,
            Mean = background.ClippedMean,
            Rms = background.ClippedRms,
            RmsMap = background.RmsMap is null ? null : Turned(background.RmsMap, width, height),
            MeanMap = background.MeanMap is null ? null : Turned(background.MeanMap, width, height),
            Gaussians = gaussians,
            Sources = sources,
            Islands = found,
        };
    }

    private FoundIsland Describe(Island island, IslandFit fit)
    {
        double flux = 0, residual = 0, squares = 0;
        for (int i = 0; i < island.Mask.Length; i++)
        {
            if (!island.Mask[i])
                continue;
            double left = island.Image[i];
            flux += left - island.Mean;
            foreach (var gaussian in fit.Gaussians)
                left -= gaussian.At(i / island.Height, i % island.Height);
            residual += left;
            squares += left * left;
        }
        var (box, count, beamArea) = (island.Box, island.PixelCount, _options.Beam.Area);
        return new FoundIsland(box.Left, box.Right, box.Top, box.Bottom, count, island.Rms, island.Mean)
        {
            HasConverged = fit.HasConverged,
            Rejections = [.. fit.Rejections],
            TotalFlux = flux / beamArea,
            TotalFluxError = island.Rms * Math.Sqrt(count / beamArea),
            ResidualRms = Math.Sqrt(Math.Max(0, (squares / count) - (residual / count * (residual / count)))),
            ResidualMean = residual / count,
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
