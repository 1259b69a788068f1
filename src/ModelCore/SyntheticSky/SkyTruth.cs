using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The truth of an image of a sky: its sources, a row each, by their names. Those are in it whose light reaches into the image; <c>selection</c> tells which have their centres there.</summary>
/// <remarks>
/// Columns are named and ordered as in the truth catalogues of the SKA Science Data Challenge 1 (Bonaldi et al. 2021, MNRAS 500, 3821) and its scorer ska-sdc; after them come the sky's own. Rows come from the
/// catalogue one by one, so that there may be millions.
/// </remarks>
public sealed class SkyTruth
{
    private const int RowsAtOnce = 8192;
    private const double FlatAbove = -0.5;
    private static readonly CatalogueColumn[] _columns =
    [
        Whole("id", "Row, from 1 on: the value of its pixels in a mask"),
        Number("ra_core", "deg", "ICRS; the brightest pixel of an image, the middle of a Gaussian"),
        Number("dec_core", "deg", "ICRS"),
        Number("ra_cent", "deg", "ICRS; of the centre of flux"),
        Number("dec_cent", "deg", "ICRS"),
        Number("flux", "Jy", "Integrated, at the frequency"),
        Number("core_frac", null, "Flux of a point-like core over the whole: 0, such cores are not modelled"),
        Number("b_maj", "arcsec", "Width (FWHM) without the beam"),
        Number("b_min", "arcsec", "The same: sources are round but for their images"),
        Number("pa", "deg", "By which an image is turned, north through east"),
        Whole("size", "1 an image of a resolved source, 2 a Gaussian"),
        Whole("class", "By the spectral index: 1 steep spectrum, 2 flat spectrum (above -0.5)"),
        Whole("selection", "1 if its centre is in the image, 0 if only its light is"),
        Number("x", "pixel", "Column of the centre of flux, the first one being 0"),
        Number("y", "pixel", "Row of the centre of flux, the first one being 0"),
        Text("name", "b2-1234-7: flux band, cell and number; the same in every image of the sky"),
        Text("sample_id", "The sample that is its image; empty for a Gaussian"),
        Whole("cell", "HEALPix cell (nested) of the order that its band has"),
        Whole("band", "Flux band"),
        Number("spectral_index", null, "alpha, S ~ frequency^alpha"),
        Number("frequency", "MHz", "Of the flux"),
        Text("morphology", "Class of its image; empty if there is none"),
    ];

    private readonly SkyGrid? _grid;
    private readonly Moc _area = Moc.AllSky;
    private readonly double _faintest;
    private readonly SkyRecipe _recipe;
    private readonly SkyCatalogue _catalogue;

    /// <param name="recipe">What sky.</param>
    /// <param name="grid">Of the image.</param>
    /// <exception cref="RadioDiffusionException">Numbers that make no sky.</exception>
    public SkyTruth(SkyRecipe recipe, SkyGrid grid)
        : this(recipe, grid, new SkyCatalogue(recipe))
    {
    }

    /// <param name="recipe">What sky.</param>
    /// <param name="grid">Of the image.</param>
    /// <param name="catalogue">Of the same recipe.</param>
    public SkyTruth(SkyRecipe recipe, SkyGrid grid, SkyCatalogue catalogue) => (_recipe, _grid, _catalogue) = (recipe, grid, catalogue);

    private SkyTruth(SkyRecipe recipe, Moc area, double faintest, SkyCatalogue catalogue) => (_recipe, _area, _faintest, _catalogue) = (recipe, area, faintest, catalogue);

    /// <summary>The same table without an image: the sources in a part of the sky. x and y have no values; the core is the centre, and what image a resolved source has is not asked for.</summary>
    /// <param name="recipe">What sky.</param>
    /// <param name="area">A part of it.</param>
    /// <param name="faintest">mJy: no fainter ones.</param>
    /// <param name="catalogue">Of the same recipe.</param>
    public static SkyTruth Of(SkyRecipe recipe, Moc area, double faintest, SkyCatalogue catalogue) => new(recipe, area, faintest, catalogue);

    /// <summary>Names, types, units and descriptions.</summary>
    public static IReadOnlyList<CatalogueColumn> Columns => _columns;

    /// <summary>The sources in the order of the rows.</summary>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian. It decides how far a source reaches.</param>
    public IEnumerable<SkySource> Sources(Func<SkySource, SkyStamp?> imageOf) => Rows(imageOf).Select(row => row.Source);

    /// <summary>Writes the table: FITS, VOTable, Parquet, CSV or ECSV by the name's ending.</summary>
    /// <param name="path">The file; an older one is replaced when all is written.</param>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian.</param>
    /// <param name="sampleIdOf">The id of the sample that is a resolved source's image; null if there is none.</param>
    /// <param name="progress">Gets the number of written rows.</param>
    /// <param name="cancellationToken">Ends it; nothing stays.</param>
    /// <returns>Rows.</returns>
    /// <exception cref="RadioDiffusionException">The name ends as that of no format that can be written.</exception>
    public long Write(string path, Func<SkySource, SkyStamp?> imageOf, Func<SkySource, string?>? sampleIdOf = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        using var writer = CatalogueWriter.Create(path, _columns);
        foreach (var rows in Rows(imageOf).Chunk(RowsAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.Write(Batch(writer.RowCount, rows, sampleIdOf));
            progress?.Report((int)writer.RowCount);
        }
        writer.Complete();
        return writer.RowCount;
    }

    private IEnumerable<Row> Rows(Func<SkySource, SkyStamp?> imageOf)
    {
        if (_grid == null)
        {
            foreach (var source in _catalogue.In(_area, _faintest))
                yield return new Row(source, source.Position, source.IsResolved && _recipe.Images != null, double.NaN, double.NaN, IsInside: true);
            yield break;
        }
        var painter = new SourcePainter(_recipe.Survey, _recipe.Images);
        var (centre, radius) = _grid.BoundingCircle();
        foreach (var source in _catalogue.Around(centre, Math.Min(Math.PI, radius + painter.MostReach(_recipe.Population.Sizes) / Degrees.ArcsecPerRadian)))
        {
            var stamp = source.IsResolved ? imageOf(source) : null;
            if (_grid.TryReach(source.Direction, painter.ReachOf(source, stamp) / Degrees.ArcsecPerRadian, out double column, out double row, out bool isInside))
                yield return new Row(source, stamp == null ? source.Position : PositionOf(painter.CoreOf(source, stamp)), stamp != null, column, row, isInside);
        }
    }

    private CatalogueBatch Batch(long first, Row[] rows, Func<SkySource, string?>? sampleIdOf)
    {
        var columns = _columns.Select(column => ColumnValues.Create(column, rows.Length)).ToArray();
        for (int i = 0; i < rows.Length; i++)
        {
            var (source, core, hasImage, x, y, isInside) = rows[i];
            var id = SkySourceId.Unpack(source.Id);
            int column = 0;
            Add(first + i + 1);
            Add(core.RightAscension, core.Declination, source.Position.RightAscension, source.Position.Declination, source.Flux / 1000, 0, source.Size, source.Size, hasImage ? source.Angle : 0);
            Add(hasImage ? 1 : 2);
            Add(source.SpectralIndex > FlatAbove ? 2 : 1);
            Add(isInside ? 1 : 0);
            Add(x, y);
            AddText(id.ToString());
            AddText(hasImage ? sampleIdOf?.Invoke(source) : null);
            Add(id.Cell);
            Add(id.Band);
            Add(source.SpectralIndex, _recipe.Survey.FrequencyMegahertz);
            AddText(source.Class);

            void Add(params ReadOnlySpan<double> values)
            {
                foreach (double value in values)
                {
                    if (columns[column++] is IntegerValues whole)
                        whole.Add((long)value);
                    else
                        ((NumberValues)columns[column - 1]).Add(value);
                }
            }

            void AddText(string? text) => ((TextValues)columns[column++]).Add(text ?? "");
        }
        return new CatalogueBatch(first, columns);
    }

    private static SkyCoordinate PositionOf(in Direction direction) => QuadrantDirection.From(direction).ToSky();

    private static CatalogueColumn Number(string name, string? unit, string description) => new(name, ColumnType.Double) { Unit = unit, Description = description };

    private static CatalogueColumn Whole(string name, string description) => new(name, ColumnType.Integer) { Description = description };

    private static CatalogueColumn Text(string name, string description) => new(name, ColumnType.Text) { Description = description };

    private readonly record struct Row(SkySource Source, SkyCoordinate Core, bool HasImage, double X, double Y, bool IsInside);
}
