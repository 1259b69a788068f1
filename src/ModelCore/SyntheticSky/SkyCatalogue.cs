using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// The sources of a synthetic sky as a function of the place: those of any cell can be had without those of any other, and the bright ones without the faint ones. None of the cells is larger than those for
/// which <see cref="ClusteringField"/> is put together, so that it is at hand for every source.
/// </summary>
public sealed class SkyCatalogue
{
    /// <summary>What the numbers of a candidate are used for.</summary>
    private enum Draw
    {
        U, V, Keep, Flux, Size, Angle, IsFlat, Index, Class,
    }

    private const int MostInCell = 40;
    private const double OverflowSigmas = 4.5;               // 3e-6 of the candidates are where the field is larger
    private const double To1400Megahertz = 1400;
    private const int MostCells = 4096;
    private readonly RecentlyUsed<(int Band, long Cell), SkySource[]> _cells = new(MostCells);
    private readonly SkyRecipe _recipe;
    private readonly SourceCounts _counts;
    private readonly ClusteringField? _field;
    private readonly SkyRandom _random;
    private readonly double _mostCrowded = 1;                // lambda_max: the largest ratio of the local to the mean density
    private readonly double _to1400;

    /// <exception cref="RadioDiffusionException">Numbers that make no sky.</exception>
    public SkyCatalogue(SkyRecipe recipe)
    {
        recipe.Check();
        _recipe = recipe;
        _counts = recipe.Population.CountsOf(recipe.Survey);
        _random = new SkyRandom(recipe.Seed, "sources");
        _to1400 = PortableMath.Pow(To1400Megahertz / recipe.Survey.FrequencyMegahertz, recipe.Population.CountsSpectralIndex);
        if (recipe.Clustering is { } clustering)
        {
            _field = new ClusteringField(recipe.Seed, clustering);
            _mostCrowded = PortableMath.Exp(OverflowSigmas * Math.Sqrt(_field.Variance) - _field.Variance / 2);
        }
        Bands = BandsOf(_counts);
    }

    /// <summary>From the brightest to the faintest.</summary>
    public IReadOnlyList<SkyBand> Bands { get; }

    /// <summary>Sources per square degree with at least this flux (mJy), on average.</summary>
    public double DensityAbove(double flux) => _counts.DensityAbove(flux);

    /// <summary>The flux (mJy) above which there are so many sources per square degree, on average; the faintest if there are fewer.</summary>
    public double FluxOfDensity(double density) => _counts.FluxOf(density);

    /// <summary>The sources of a cell of a band, by their numbers.</summary>
    public IReadOnlyList<SkySource> SourcesOf(int band, long cell) => _cells.GetOrAdd((band, cell), which => Make(which.Band, which.Cell, 0));

    /// <summary>The same without some, or all, that are fainter than a flux (mJy).</summary>
    private IReadOnlyList<SkySource> SourcesOf(int band, long cell, double faintest) => faintest > Bands[band].Low ? Make(band, cell, faintest) : SourcesOf(band, cell);

    private SkySource[] Make(int band, long cell, double faintest)
    {
        var (low, high, order, density) = Bands[band];
        double shareBrighter = faintest > low ? _counts.ShareAbove(low, high, faintest) : 1;
        var random = _random.Of(band).Of(cell);
        var place = new HealpixCell(order, cell);
        int candidates = random.Poisson(0, density * HealpixCell.AreaSquareDegrees(order) * _mostCrowded);
        var field = _field?.In(cell >> (2 * (order - ClusteringField.PartOrder))).Near(place.CentreDirection, Healpix.BoundingRadius(order));
        var sources = new List<SkySource>();
        for (int number = 0; number < candidates; number++)
        {
            var own = random.Of(number + 1);
            double brighter = own.Uniform((int)Draw.Flux);
            if (brighter > shareBrighter)
                continue;
            var (u, v) = (own.Uniform((int)Draw.U), own.Uniform((int)Draw.V));
            var direction = place.DirectionAt(u, v);
            if (field != null && own.Uniform((int)Draw.Keep) * _mostCrowded >= PortableMath.Exp(field.At(direction) - _field!.Variance / 2))
                continue;
            sources.Add(SourceAt(direction, place.PositionAt(u, v), new SkySourceId(band, cell, number), _counts.FluxBetween(low, high, brighter), own));
        }
        return [.. sources];
    }

    /// <summary>A source by its name, if there is one of that name.</summary>
    public SkySource? Find(SkySourceId id) =>
        id.Band < Bands.Count && id.Cell < Healpix.CellCount(Bands[id.Band].Order)
            ? SourcesOf(id.Band, id.Cell).Where(source => source.Id == id.Packed).Cast<SkySource?>().FirstOrDefault()
            : null;

    /// <summary>The sources within a circle, by their names.</summary>
    /// <param name="centre">The middle.</param>
    /// <param name="radiusDegrees">Degrees.</param>
    /// <param name="faintest">mJy: no fainter ones.</param>
    public IReadOnlyList<SkySource> Within(SkyCoordinate centre, double radiusDegrees, double faintest = 0) =>
        Within(Direction.FromDegrees(centre.RightAscension, centre.Declination), double.DegreesToRadians(radiusDegrees), faintest);

    /// <summary>The same one by one, so that there may be any number.</summary>
    internal IEnumerable<SkySource> Around(Direction centre, double radius)
    {
        for (int band = 0; band < Bands.Count; band++)
        {
            foreach (var cell in Healpix.CellsWithin(Bands[band].Order, centre, radius))
            {
                foreach (var source in SourcesOf(band, cell.Pixel))
                {
                    if (source.Direction.SeparationTo(centre) <= radius)
                        yield return source;
                }
            }
        }
    }

    /// <summary>The sources whose places are in an area, by their names, one by one, so that there may be any number.</summary>
    /// <param name="area">A part of the sky.</param>
    /// <param name="faintest">mJy: no fainter ones.</param>
    public IEnumerable<SkySource> In(Moc area, double faintest = 0)
    {
        for (int band = 0; band < Bands.Count && Bands[band].High > faintest; band++)
        {
            foreach (var cell in area.CellsOverlapping(Bands[band].Order))
            {
                bool isWhole = area.Contains(cell);
                foreach (var source in SourcesOf(band, cell.Pixel))
                {
                    if (source.Flux >= faintest && (isWhole || area.Contains(source.Position)))
                        yield return source;
                }
            }
        }
    }

    internal List<SkySource> Within(Direction centre, double radius, double faintest)
    {
        var found = new List<SkySource>();
        for (int band = 0; band < Bands.Count && Bands[band].High > faintest; band++)
        {
            foreach (var cell in Healpix.CellsWithin(Bands[band].Order, centre, radius))
            {
                foreach (var source in SourcesOf(band, cell.Pixel, faintest))
                {
                    if (source.Flux >= faintest && source.Direction.SeparationTo(centre) <= radius)
                        found.Add(source);
                }
            }
        }
        return found;
    }

    /// <summary>The sources in a cell and up to some distance around it, by their names; also some that are farther from it.</summary>
    /// <param name="place">The cell, of any order.</param>
    /// <param name="margin">Radians.</param>
    /// <param name="faintest">mJy.</param>
    internal List<SkySource> Around(HealpixCell place, double margin, double faintest)
    {
        var found = new List<SkySource>();
        var centre = place.CentreDirection;
        double limit = new HipsTile(place.Order, place.Pixel).BoundingRadius + margin;
        for (int band = 0; band < Bands.Count && Bands[band].High > faintest; band++)
        {
            int order = Bands[band].Order;
            double farthest = limit + Healpix.BoundingRadius(order);
            foreach (long cell in CellsAround(place, margin, order))
            {
                var toCell = new HealpixCell(order, cell).CentreDirection - centre;
                if (toCell.Dot(toCell) > farthest * farthest)
                    continue;
                foreach (var source in SourcesOf(band, cell, faintest))
                {
                    var step = source.Direction - centre;
                    if (source.Flux >= faintest && step.Dot(step) <= limit * limit)
                        found.Add(source);
                }
            }
        }
        return found;
    }

    /// <summary>The cells of an order in a cell, and as many rings of cells around it as the margin needs; sorted.</summary>
    private static SortedSet<long> CellsAround(HealpixCell place, double margin, int order)
    {
        const double NarrowestCell = 0.5;                    // of the square root of its area, at the poles
        int down = 2 * (order - place.Order);
        var cells = new SortedSet<long>();
        if (down <= 0)
            cells.Add(place.Pixel >> -down);
        for (long pixel = place.Pixel << Math.Max(0, down); down > 0 && pixel < (place.Pixel + 1) << down; pixel++)
            cells.Add(pixel);
        double width = NarrowestCell * Math.Sqrt(HealpixCell.AreaSquareDegrees(order)) * Math.PI / 180;
        long[] last = [.. cells];
        Span<long> around = stackalloc long[8];
        for (double reached = 0; reached < margin; reached += width)
        {
            var next = new List<long>();
            foreach (long pixel in last)
            {
                new HealpixCell(order, pixel).CopyNeighbours(around);
                foreach (long neighbour in around)
                {
                    if (neighbour >= 0 && cells.Add(neighbour))
                        next.Add(neighbour);
                }
            }
            last = [.. next];
        }
        return cells;
    }

    private SkySource SourceAt(in Direction direction, SkyCoordinate position, SkySourceId id, double flux, in SkyRandom random)
    {
        var population = _recipe.Population;
        double size = population.Sizes.Draw(flux * _to1400, random.Uniform((int)Draw.Size));
        bool isResolved = size >= population.ResolvedAboveArcsec;
        bool isFlat = random.Uniform((int)Draw.IsFlat) < population.FlatShare;
        return new SkySource
        {
            Id = id.Packed,
            Direction = direction,
            Position = position,
            Flux = flux,
            Size = size,
            Angle = 360 * random.Uniform((int)Draw.Angle),
            SpectralIndex = (isFlat ? population.FlatIndex : population.SteepIndex) + population.SteepIndexDeviation * random.Normal((int)Draw.Index),
            IsResolved = isResolved,
            Class = isResolved && population.Classes.Count > 0 ? ClassOf(flux, random.Uniform((int)Draw.Class)) : null,
        };
    }

    private string ClassOf(double flux, double u)
    {
        // Shares are given at 10 mJy and 1 Jy at 144 MHz.
        const double Faint = 10, Decades = 2, Megahertz = 144;
        double at144 = flux * PortableMath.Pow(Megahertz / _recipe.Survey.FrequencyMegahertz, _recipe.Population.CountsSpectralIndex);
        double bright = Math.Clamp(PortableMath.Log(at144 / Faint) / (Decades * PortableMath.Ln10), 0, 1);
        var classes = _recipe.Population.Classes;
        double faintSum = classes.Sum(share => share.Faint), brightSum = classes.Sum(share => share.Bright), sum = 0;
        foreach (var share in classes)
        {
            sum += (1 - bright) * share.Faint / faintSum + bright * share.Bright / brightSum;
            if (u < sum)
                return share.Name;
        }
        return classes[^1].Name;
    }

    /// <summary>A decade each, in cells so small that they have at most forty sources and that there is a part of the field for each.</summary>
    private static List<SkyBand> BandsOf(SourceCounts counts)
    {
        var bands = new List<SkyBand>();
        double high = counts.Brightest;
        for (double low = LowerDecade(high); ; low = LowerDecade(low))
        {
            low = Math.Max(low, counts.Faintest);
            double density = counts.DensityAbove(low) - counts.DensityAbove(high);
            if (low <= counts.Faintest || low <= LargestOfFirstBand)
            {
                int order = ClusteringField.PartOrder;
                while (order < LargestOrder && density * HealpixCell.AreaSquareDegrees(order) > MostInCell)
                    order++;
                bands.Add(new SkyBand(low, high, order, density));
                high = low;
            }
            if (low <= counts.Faintest)
                return bands;
        }
    }

    private const double LargestOfFirstBand = 1000;          // mJy: what is brighter is rare enough to be one band
    private const int LargestOrder = 14;

    private static double LowerDecade(double flux)
    {
        double decade = 1e-3;
        while (decade * 10 < flux * (1 - 1e-12))
            decade *= 10;
        return decade;
    }
}

/// <summary>Sources from one flux to another.</summary>
/// <param name="Low">mJy.</param>
/// <param name="High">mJy.</param>
/// <param name="Order">Of the cells in which they are drawn.</param>
/// <param name="Density">Per square degree.</param>
public readonly record struct SkyBand(double Low, double High, int Order, double Density);
