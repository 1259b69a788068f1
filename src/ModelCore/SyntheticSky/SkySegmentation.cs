using RadioDiffusion.ModelCore.Fits;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// Which source is where in an image of a sky: in each pixel the row (from 1 on) in the truth catalogue (<see cref="SkyTruth"/>) of the source that is brightest there, without noise, and 0 where none is brighter
/// than a threshold.
/// </summary>
public sealed class SkySegmentation
{
    private const int Square = 256;
    private readonly SkyRecipe _recipe;
    private readonly SkyGrid _grid;
    private readonly SkyCatalogue _catalogue;
    private readonly NoiseAtPlaces _noise;

    /// <param name="recipe">What sky; it must have noise, in whose deviation brightness is measured.</param>
    /// <param name="grid">Of the image.</param>
    /// <exception cref="RadioDiffusionException">Numbers that make no sky, or a sky without noise.</exception>
    public SkySegmentation(SkyRecipe recipe, SkyGrid grid)
        : this(recipe, grid, new SkyCatalogue(recipe))
    {
    }

    /// <param name="recipe">What sky; it must have noise.</param>
    /// <param name="grid">Of the image.</param>
    /// <param name="catalogue">Of the same recipe.</param>
    /// <exception cref="RadioDiffusionException">A sky without noise.</exception>
    public SkySegmentation(SkyRecipe recipe, SkyGrid grid, SkyCatalogue catalogue)
    {
        if (!(recipe.Survey.RmsMicroJansky > 0))
            throw new RadioDiffusionException($"The mask of a sky's sources counts in deviations of the noise, so rmsMicroJansky should be above 0, but it is {recipe.Survey.RmsMicroJansky}.");
        (_recipe, _grid, _catalogue) = (recipe, grid, catalogue);
        _noise = new NoiseAtPlaces(recipe);
    }

    /// <summary>How bright a source's own light must be in a pixel, in standard deviations of the noise there.</summary>
    public double ThresholdSigmas { get; init; } = 1;

    /// <summary>Threads that make squares of pixels at a time.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>The whole mask.</summary>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>(height, width), row by row.</returns>
    public int[] Make(Func<SkySource, SkyStamp?> imageOf, CancellationToken cancellationToken = default)
    {
        int[] mask = new int[checked(_grid.Height * _grid.Width)];
        long[] names = Names(imageOf);
        for (int bottom = 0; bottom < _grid.Height; bottom += Square)
            MakeRows(bottom, names, imageOf, mask.AsMemory(bottom * _grid.Width), cancellationToken);
        return mask;
    }

    /// <summary>Writes the mask as FITS: 32-bit whole numbers, with WCS and the recipe in the header. The file is there whole or not at all.</summary>
    /// <param name="path">The file; an older one is replaced when all is written.</param>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian.</param>
    /// <param name="progress">Gets the number of finished rows.</param>
    /// <param name="cancellationToken">Ends it; nothing stays.</param>
    public void Write(string path, Func<SkySource, SkyStamp?> imageOf, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        var header = SkyHeader.Of(_recipe, _grid, unit: null);
        header.AddHistory(FormattableString.Invariant($"Mask of sources: row (from 1 on) in the truth catalogue of the brightest one, from {ThresholdSigmas} sigma on; else 0."));
        using var file = FitsFileWriter.Create(path);
        using var image = file.BeginImage(FitsPixelFormat.Int32, [_grid.Width, _grid.Height], header);
        int[] mask = new int[checked(Math.Min(Square, _grid.Height) * _grid.Width)];
        double[] line = new double[_grid.Width];
        long[] names = Names(imageOf);
        for (int bottom = 0; bottom < _grid.Height; bottom += Square)
        {
            int top = Math.Min(bottom + Square, _grid.Height);
            MakeRows(bottom, names, imageOf, mask, cancellationToken);
            for (int row = 0; row < top - bottom; row++)
            {
                for (int i = 0; i < line.Length; i++)
                    line[i] = mask[row * line.Length + i];
                image.Write(line);
            }
            progress?.Report(top);
        }
        image.Finish();
        file.Complete();
    }

    /// <summary>The names in the truth catalogue, which are sorted.</summary>
    private long[] Names(Func<SkySource, SkyStamp?> imageOf) => [.. new SkyTruth(_recipe, _grid, _catalogue).Sources(imageOf).Select(source => source.Id)];

    private void MakeRows(int bottom, long[] names, Func<SkySource, SkyStamp?> imageOf, Memory<int> mask, CancellationToken cancellationToken)
    {
        SkySquare.ForEach(_grid, Square, bottom, Workers, Use, cancellationToken);

        void Use(SkySquare square)
        {
            int[] made = Make(square, names, imageOf, cancellationToken);
            for (int row = 0; row < square.Height; row++)
                made.AsSpan(row * square.Side, square.Width).CopyTo(mask.Span[(row * _grid.Width + square.Left)..]);
        }
    }

    private int[] Make(SkySquare square, long[] names, Func<SkySource, SkyStamp?> imageOf, CancellationToken cancellationToken)
    {
        const int BlockSide = SkyPixels.BlockSide;
        float[] brightest = new float[square.Side * square.Rows], own = new float[brightest.Length];
        int[] rows = new int[brightest.Length];
        square.FillDeviations(_noise, brightest, cancellationToken);
        foreach (ref float value in brightest.AsSpan())
            value *= (float)ThresholdSigmas;
        var painter = new SourcePainter(_recipe.Survey, _recipe.Images);
        var blocks = new List<int>();
        foreach (var (source, stamp) in square.Sources(_catalogue, painter, _recipe.Population.Sizes, imageOf))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int number = Array.BinarySearch(names, source.Id) + 1;
            if (number <= 0)
                continue;
            painter.Add(source, stamp, square.Pixels, own, blocks);
            foreach (int block in blocks)
            {
                var (left, bottom) = square.Pixels.CornerOf(block);
                for (int row = bottom; row < bottom + BlockSide; row++)
                {
                    for (int i = row * square.Side + left; i < row * square.Side + left + BlockSide; i++)
                    {
                        if (own[i] > brightest[i])
                            (brightest[i], rows[i]) = (own[i], number);
                        own[i] = 0;
                    }
                }
            }
        }
        return rows;
    }
}
