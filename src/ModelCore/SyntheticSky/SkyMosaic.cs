using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// The sky of a recipe on any grid, in Jy/beam. It is evaluated at the centre of each pixel, not taken from tiles, so nothing is interpolated or smoothed, and equal places have equal values in every grid.
/// </summary>
/// <remarks>
/// Pixels wider than the beam's sampling miss what lies between their centres: they are the sky at points, as hips2fits gives them, and no means. The grid is worked through in squares of up to 256 x 256 pixels from
/// its first one on; a row of them is in memory at a time. A square's pixels depend on recipe, grid and place alone, so parts of an image are the same bytes as the whole.
/// </remarks>
public sealed class SkyMosaic
{
    private const int Square = 256;
    private readonly NoiseAtPlaces _noise;

    /// <param name="recipe">What sky.</param>
    /// <param name="grid">Which pixels.</param>
    /// <exception cref="RadioDiffusionException">Numbers that make no sky.</exception>
    public SkyMosaic(SkyRecipe recipe, SkyGrid grid)
        : this(recipe, grid, new SkyCatalogue(recipe))
    {
    }

    /// <param name="recipe">What sky.</param>
    /// <param name="grid">Which pixels.</param>
    /// <param name="catalogue">Of the same recipe: it keeps sources that were asked for lately.</param>
    public SkyMosaic(SkyRecipe recipe, SkyGrid grid, SkyCatalogue catalogue)
    {
        recipe.Check();
        (Recipe, Grid, Catalogue) = (recipe, grid, catalogue);
        _noise = new NoiseAtPlaces(recipe);
    }

    public SkyRecipe Recipe { get; }

    public SkyGrid Grid { get; }

    public SkyCatalogue Catalogue { get; }

    /// <summary>Whether the noise is in the image.</summary>
    public bool HasNoise { get; init; } = true;

    /// <summary>Whether the sources are in the image.</summary>
    public bool HasSources { get; init; } = true;

    /// <summary>What the recipe names; it is part of the noise.</summary>
    public OpenBackground? Background { get; init; }

    /// <summary>Threads that make squares of pixels at a time.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>The resolved sources whose light may be in the image, whatever their images are: those that it is asked for by <see cref="Rows"/> and that matter.</summary>
    public IReadOnlyList<SkySource> ResolvedSources(CancellationToken cancellationToken = default)
    {
        const double Margin = 1.05;                          // the nearest pixel of the plane is not quite the nearest one on the sky
        var painter = new SourcePainter(Recipe.Survey, Recipe.Images);
        var (centre, radius) = Grid.BoundingCircle();
        var found = new List<SkySource>();
        foreach (var source in Catalogue.Around(centre, Math.Min(Math.PI, radius + painter.MostReach(Recipe.Population.Sizes) / Degrees.ArcsecPerRadian)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (source.IsResolved && Grid.TryReach(source.Direction, Margin * painter.MostReachOf(source) / Degrees.ArcsecPerRadian, out _, out _, out _))
                found.Add(source);
        }
        return found;
    }

    /// <summary>Some rows of the image.</summary>
    /// <param name="firstRow">Zero-based.</param>
    /// <param name="rows">How many.</param>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian. Asked once for each square of pixels that a source may reach, by several threads if there are several workers.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>(rows, width) in Jy/beam, row by row; NaN where the projection shows no sky.</returns>
    public float[] Rows(int firstRow, int rows, Func<SkySource, SkyStamp?> imageOf, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows, Grid.Height - firstRow);
        float[] pixels = new float[checked(rows * Grid.Width)];
        for (int bottom = firstRow / Square * Square; bottom < firstRow + rows; bottom += Square)
        {
            int from = Math.Max(bottom, firstRow), to = Math.Min(bottom + Square, firstRow + rows);
            MakeRows(bottom, from, to, imageOf, pixels.AsMemory((from - firstRow) * Grid.Width, (to - from) * Grid.Width), cancellationToken);
        }
        return pixels;
    }

    /// <summary>Writes the image as FITS: 32-bit floats with WCS, beam, frequency, seed and recipe in the header, CHECKSUM and DATASUM. The file is there whole or not at all.</summary>
    /// <param name="path">The file; an older one is replaced when all is written.</param>
    /// <param name="imageOf">As for <see cref="Rows"/>.</param>
    /// <param name="progress">Gets the number of finished rows.</param>
    /// <param name="cancellationToken">Ends it; nothing stays.</param>
    public void Write(string path, Func<SkySource, SkyStamp?> imageOf, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        using var file = FitsFileWriter.Create(path);
        using var image = file.BeginImage(FitsPixelFormat.Float32, [Grid.Width, Grid.Height], Header());
        float[] pixels = new float[checked(Math.Min(Square, Grid.Height) * Grid.Width)];
        for (int bottom = 0; bottom < Grid.Height; bottom += Square)
        {
            int top = Math.Min(bottom + Square, Grid.Height), count = (top - bottom) * Grid.Width;
            MakeRows(bottom, bottom, top, imageOf, pixels.AsMemory(0, count), cancellationToken);
            image.Write(pixels.AsSpan(0, count));
            progress?.Report(top);
        }
        image.Finish();
        file.Complete();
    }

    /// <summary>What the header of its FITS file says.</summary>
    public FitsHeader Header() => SkyHeader.Of(Recipe, Grid, "JY/BEAM");

    /// <param name="bottom">First row of a row of squares.</param>
    /// <param name="from">First row that is wanted.</param>
    /// <param name="to">The row behind the last one.</param>
    /// <param name="imageOf">Images of sources.</param>
    /// <param name="pixels">Gets them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private void MakeRows(int bottom, int from, int to, Func<SkySource, SkyStamp?> imageOf, Memory<float> pixels, CancellationToken cancellationToken)
    {
        SkySquare.ForEach(Grid, Square, bottom, Workers, Use, cancellationToken);

        void Use(SkySquare square)
        {
            float[] made = Make(square, imageOf, cancellationToken);
            for (int row = from; row < to; row++)
                made.AsSpan((row - bottom) * square.Side, square.Width).CopyTo(pixels.Span[((row - from) * Grid.Width + square.Left)..]);
        }
    }

    private float[] Make(SkySquare square, Func<SkySource, SkyStamp?> imageOf, CancellationToken cancellationToken)
    {
        float[] pixels = new float[square.Side * square.Rows];
        if (HasNoise)
            FillBackground(square, pixels, cancellationToken);
        if (HasSources)
        {
            var painter = new SourcePainter(Recipe.Survey, Recipe.Images);
            var blocks = new List<int>();
            foreach (var (source, stamp) in square.Sources(Catalogue, painter, Recipe.Population.Sizes, imageOf))
            {
                cancellationToken.ThrowIfCancellationRequested();
                painter.Add(source, stamp, square.Pixels, pixels, blocks);
            }
        }
        square.Blank(pixels, float.NaN);
        return pixels;
    }

    private void FillBackground(SkySquare square, float[] pixels, CancellationToken cancellationToken)
    {
        OpenBackground.Check(Recipe, Background);
        if (Recipe.Survey.RmsMicroJansky > 0 && Background?.Noise is { } images)
            square.FillNoise(_noise, images, pixels, cancellationToken);
        else if (Recipe.Survey.RmsMicroJansky > 0)
            square.FillNoise(_noise, pixels, cancellationToken);
        Background?.Map?.Cover(Grid.Coordinates.Window(square.Left, square.Bottom), square.Width, square.Height, pixels, square.Side);
    }
}
