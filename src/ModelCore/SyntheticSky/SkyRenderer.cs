using System.Runtime.Intrinsics;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>
/// Makes the tiles of a synthetic sky: a function of recipe, tile and images of the resolved sources, so that whoever makes a tile makes the same bytes, and tiles meet without a seam.
/// </summary>
/// <remarks>
/// The sky is Jy/beam at the centres of the pixels of <see cref="SkySurvey.PixelOrder"/>; a pixel of a lower order is the mean of its descendants: exactly so in the two orders above the deepest, by sources
/// above the noise and noise of the right deviation in lower ones, which are for browsing.
/// </remarks>
public sealed class SkyRenderer
{
    /// <summary>Pixels a side of a tile.</summary>
    public const int TileSide = 1 << TileOrders;
    private const int TileOrders = SkySurvey.TileOrders, ExactOrders = 2, MostInTile = 20_000, BlockSide = WhiteNoise.BlockSide;
    private readonly SkyRecipe _recipe;
    private readonly SkyNoise _noise;
    private readonly SkySensitivity _sensitivity;
    private readonly SourcePainter _painter;
    private readonly OpenBackground? _background;

    /// <param name="recipe">What sky.</param>
    /// <param name="background">What the recipe names.</param>
    /// <exception cref="RadioDiffusionException">Numbers that make no sky, or a background that is not here.</exception>
    public SkyRenderer(SkyRecipe recipe, OpenBackground? background = null)
    {
        OpenBackground.Check(recipe, background);
        _background = background;
        Catalogue = new SkyCatalogue(recipe);
        _recipe = recipe;
        _noise = new SkyNoise(recipe.Seed, recipe.Survey);
        _sensitivity = new SkySensitivity(recipe.Survey);
        _painter = new SourcePainter(recipe.Survey, recipe.Images);
    }

    public SkyCatalogue Catalogue { get; }

    /// <summary>Whether sources of a tile of this order are drawn with their images; below, they are Gaussians.</summary>
    public bool HasImages(int order) => order >= _recipe.Survey.HipsOrder - ExactOrders;

    /// <summary>The faintest sources (mJy) that are drawn in a tile of an order: in low orders those that are as bright as the noise there.</summary>
    public double FaintestIn(int order)
    {
        if (HasImages(order))
            return _recipe.Population.FaintestMilliJansky;
        double area = HealpixCell.AreaSquareDegrees(order + TileOrders) * 3600 * 3600;
        double asNoise = _recipe.Survey.RmsMicroJansky / 1000 * _noise.RmsOfMean(_recipe.Survey.PixelOrder - order - TileOrders) * area / _recipe.Survey.BeamArea;
        return Math.Clamp(Math.Max(Catalogue.FluxOfDensity(MostInTile / HealpixCell.AreaSquareDegrees(order)), asNoise), _recipe.Population.FaintestMilliJansky, _recipe.Population.BrightestMilliJansky);
    }

    /// <summary>The sources that may reach into a tile, sorted by name.</summary>
    public IReadOnlyList<SkySource> SourcesIn(int order, long tile)
    {
        var cell = new HealpixCell(order, tile);
        var sources = Catalogue.Around(cell, _painter.MostReach(_recipe.Population.Sizes) / Degrees.ArcsecPerRadian, FaintestIn(order));
        if (HasImages(order))                                // each one that stays may cost a sample
            sources.RemoveAll(source => !Reaches(source));
        return sources;

        bool Reaches(in SkySource source)
        {
            double reach = _painter.MostReachOf(source) / Degrees.ArcsecPerRadian, farthest = Healpix.BoundingRadius(order) + reach;
            var step = source.Direction - cell.CentreDirection;
            return step.Dot(step) <= farthest * farthest && (cell.Contains(source.Direction) || Array.Exists(Healpix.CellsWithin(order, source.Direction, reach), near => near == cell));
        }
    }

    /// <summary>A tile in Jy/beam, as FITS has it: row by row from its eastern corner.</summary>
    /// <param name="order">From 0 to the survey's HiPS order.</param>
    /// <param name="tile">HEALPix pixel.</param>
    /// <param name="sources">Of <see cref="SourcesIn"/>.</param>
    /// <param name="imageOf">The image of a resolved source; null for a Gaussian.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>(512, 512).</returns>
    public float[] Tile(int order, long tile, IReadOnlyList<SkySource> sources, Func<SkySource, SkyStamp?> imageOf, CancellationToken cancellationToken)
    {
        float[] pixels = new float[TileSide * TileSide];
        AddNoise(order, tile, pixels, cancellationToken);
        _background?.Map?.Cover(new HealpixCell(order, tile), _recipe.Survey.HipsOrder, HasImages(order), pixels, cancellationToken);
        if (HasImages(order))
            AddSources(new HealpixCell(order, tile), sources, imageOf, pixels, cancellationToken);
        else
            AddAsPoints(new HealpixCell(order, tile), sources, pixels, cancellationToken);
        return AsFits(pixels);
    }

    private void AddNoise(int order, long tile, float[] pixels, CancellationToken cancellationToken)
    {
        double rms = _recipe.Survey.RmsMicroJansky * 1e-6;
        if (rms == 0)
            return;
        if (_background?.Noise is { } images && HasImages(order))
            FillFrom(images, new HealpixCell(order, tile), pixels, cancellationToken);
        else
            _noise.Fill(order, tile, pixels, cancellationToken);
        const int Across = TileSide / BlockSide + 1;
        var cell = new HealpixCell(order, tile);
        var places = new Direction[Across * Across];
        for (int i = 0; i < places.Length; i++)
            places[i] = cell.DirectionAt(i % Across / (Across - 1.0), i / Across / (Across - 1.0));
        double[] factors = new double[places.Length];
        _sensitivity.Fill(places, factors);
        for (int y = 0; y < TileSide; y++)
        {
            for (int x = 0; x < TileSide; x++)
            {
                double u = (x + 0.5) / BlockSide, v = (y + 0.5) / BlockSide;
                int corner = (int)v * Across + (int)u;
                u -= (int)u;
                v -= (int)v;
                double factor = (1 - v) * ((1 - u) * factors[corner] + u * factors[corner + 1]) + v * ((1 - u) * factors[corner + Across] + u * factors[corner + Across + 1]);
                pixels[y * TileSide + x] *= (float)(rms * factor);
            }
        }
    }

    /// <summary>Noise made of images: at the pixels of the deepest order, of which those above are means.</summary>
    private void FillFrom(NoiseImages images, HealpixCell tile, float[] pixels, CancellationToken cancellationToken)
    {
        int orders = _recipe.Survey.HipsOrder - tile.Order, across = 1 << orders;
        float[] deep = new float[TileSide * TileSide];
        for (int part = 0; part < across * across; part++)
        {
            var child = HealpixCell.FromFace(tile.Order + orders, tile.Face, tile.X * across + part % across, tile.Y * across + part / across);
            images.Fill(PixelsOf(child), child.CentreDirection, Healpix.BoundingRadius(child.Order), deep, cancellationToken);
            AddMeans(deep, orders, part, pixels);
        }
    }

    private static SkyPixels PixelsOf(HealpixCell tile) => new(TileSide, TileSide, (x, y) => tile.DirectionAt((x + 0.5) / TileSide, (y + 0.5) / TileSide));

    /// <summary>Adds a tile to a part of one that is some orders above.</summary>
    private static void AddMeans(float[] deep, int orders, int part, float[] pixels)
    {
        int across = 1 << orders, small = TileSide >> orders;
        for (int y = 0; y < small; y++)
        {
            for (int x = 0; x < small; x++)
            {
                float sum = 0;
                for (int j = 0; j < across; j++)
                {
                    for (int k = 0; k < across; k++)
                        sum += deep[((y << orders) + j) * TileSide + (x << orders) + k];
                }
                pixels[(part / across * small + y) * TileSide + part % across * small + x] += sum / (across * across);
            }
        }
    }

    /// <summary>Each source in each pixel of the deepest order; pixels above are means.</summary>
    private void AddSources(HealpixCell tile, IReadOnlyList<SkySource> all, Func<SkySource, SkyStamp?> imageOf, float[] pixels, CancellationToken cancellationToken)
    {
        int orders = _recipe.Survey.HipsOrder - tile.Order, across = 1 << orders;
        var sources = new List<SkySource>();
        var stamps = new List<SkyStamp?>();
        foreach (var source in all)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var stamp = source.IsResolved ? imageOf(source) : null;
            if (AddByPixels(tile, _painter.ProfileOf(source, stamp), pixels))
                continue;
            sources.Add(source);
            stamps.Add(stamp);
        }
        double[] reaches = [.. sources.Zip(stamps, (source, stamp) => _painter.ReachOf(source, stamp) / Degrees.ArcsecPerRadian)];
        float[] deep = new float[TileSide * TileSide];
        var blocks = new List<int>();
        for (int part = 0; part < across * across; part++)
        {
            var child = HealpixCell.FromFace(tile.Order + orders, tile.Face, tile.X * across + part % across, tile.Y * across + part / across);
            if (!Enumerable.Range(0, sources.Count).Any(IsNear))
                continue;
            var places = PixelsOf(child);
            Array.Clear(deep);
            for (int i = 0; i < sources.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (IsNear(i))
                    _painter.Add(sources[i], stamps[i], places, deep, blocks);
            }
            AddMeans(deep, orders, part, pixels);

            bool IsNear(int source)
            {
                var step = sources[source].Direction - child.CentreDirection;
                double limit = Healpix.BoundingRadius(child.Order) + reaches[source];
                return step.Dot(step) <= limit * limit;
            }
        }
    }

    /// <summary>
    /// Adds a source pixel by pixel where distances on the sky are a quadratic of columns and rows, which nine of them fix. False where they are not: it is too large, at the edge of a face, near a pole, or
    /// where the grid's belt and caps meet.
    /// </summary>
    private bool AddByPixels(HealpixCell tile, in SourcePainter.Profile profile, float[] pixels)
    {
        const double MostReach = 70, LeastFromPole = 50, CapsFrom = 2.0 / 3;     // pixels; times the reach; sine of the declination
        int fine = _recipe.Survey.PixelOrder, down = fine - tile.Order - TileOrders, side = 1 << fine;
        float share = (float)Math.ScaleB(1, -2 * down);
        var (face, x, y) = Healpix.FaceCoordinates(profile.Centre);
        var (column, row) = (x * side, y * side);
        var metric = profile.MetricAt(face, x, y, side);
        double determinant = metric.E * metric.G - metric.F * metric.F;
        double reachX = Math.Sqrt(profile.CutOff * metric.G / determinant) + 1, reachY = Math.Sqrt(profile.CutOff * metric.E / determinant) + 1, reach = Math.Max(reachX, reachY);
        bool isSmooth = profile.Centre.AxisDistance > LeastFromPole * reach / side && Math.Abs(Math.Abs(profile.Centre.Z) - CapsFrom) > 2 * reach / side;
        if (!(reach <= MostReach && isSmooth && column - reachX >= 0 && row - reachY >= 0 && column + reachX < side && row + reachY < side))
            return false;
        int width = TileSide << down, left = tile.X * width, bottom = tile.Y * width;
        int firstX = Math.Max(left, (int)(column - reachX)), lastX = Math.Min(left + width - 1, (int)(column + reachX));
        int firstY = Math.Max(bottom, (int)(row - reachY)), lastY = Math.Min(bottom + width - 1, (int)(row + reachY));
        if (face != tile.Face || firstX > lastX || firstY > lastY)
            return true;
        Span<Vector128<double>> nodes = stackalloc Vector128<double>[9];
        for (int i = 0; i < 9; i++)
        {
            var step = Healpix.At(face, (column + (i % 3 - 1) * reachX) / side, (row + (i / 3 - 1) * reachY) / side).ToDirection() - profile.Centre;
            nodes[i] = Vector128.Create(step.Dot(profile.Along), step.Dot(profile.Across));
        }
        for (int j = firstY; j <= lastY; j++)
        {
            double t = (j + 0.5 - row) / reachY;
            var (west, middle, east) = (Between(nodes[0], nodes[3], nodes[6], t), Between(nodes[1], nodes[4], nodes[7], t), Between(nodes[2], nodes[5], nodes[8], t));
            var line = pixels.AsSpan(((j - bottom) >> down) * TileSide, TileSide);
            for (int i = firstX; i <= lastX; i++)
            {
                var place = Between(west, middle, east, (i + 0.5 - column) / reachX);
                line[(i - left) >> down] += share * (float)profile.At(place[0], place[1]);
            }
        }
        return true;

        // The quadratic that has these values at -1, 0 and 1.
        static Vector128<double> Between(Vector128<double> before, Vector128<double> middle, Vector128<double> after, double t) =>
            middle + t * (0.5 * (after - before) + t * (0.5 * (after + before) - middle));
    }

    /// <summary>Each source's flux in the pixels that it falls on.</summary>
    private void AddAsPoints(HealpixCell tile, IReadOnlyList<SkySource> sources, float[] pixels, CancellationToken cancellationToken)
    {
        int fine = _recipe.Survey.PixelOrder - 1, down = fine - tile.Order - TileOrders;     // pixels twice as wide as the deepest are fine enough to sum a beam to 1e-5
        float share = (float)Math.ScaleB(1, -2 * down);
        int side = 1 << fine;
        foreach (var source in sources)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var profile = _painter.ProfileOf(source);
            var (face, x, y) = Healpix.FaceCoordinates(source.Direction);
            var (column, row) = (x * side, y * side);
            var metric = profile.MetricAt(face, x, y, side);
            double determinant = metric.E * metric.G - metric.F * metric.F;
            double reachX = Math.Sqrt(SourcePainter.CutOff * metric.G / determinant), reachY = Math.Sqrt(SourcePainter.CutOff * metric.E / determinant);
            if (!(column - reachX >= 0 && row - reachY >= 0 && column + reachX < side && row + reachY < side))
            {
                AddBySearch(tile, source, profile, fine, down, share, pixels);
                continue;
            }
            if (face != tile.Face)
                continue;
            for (int j = (int)(row - reachY); j <= (int)(row + reachY); j++)
            {
                int tileRow = (j >> down) - tile.Y * TileSide;
                if ((uint)tileRow >= TileSide)
                    continue;
                for (int i = (int)(column - reachX); i <= (int)(column + reachX); i++)
                {
                    int tileColumn = (i >> down) - tile.X * TileSide;
                    if ((uint)tileColumn >= TileSide)
                        continue;
                    double q = metric.Of(i + 0.5 - column, j + 0.5 - row);
                    if (q <= SourcePainter.CutOff)
                        pixels[tileRow * TileSide + tileColumn] += share * (float)(profile.Peak * PortableMath.Exp(-q / 2));
                }
            }
        }
    }

    /// <summary>The same for a source at the edge of a face.</summary>
    private void AddBySearch(HealpixCell tile, in SkySource source, in SourcePainter.Profile profile, int fine, int down, float share, float[] pixels)
    {
        foreach (var cell in Healpix.CellsCentredWithin(fine, source.Direction, _painter.ReachOf(source, null) / Degrees.ArcsecPerRadian))
        {
            long pixel = cell.Pixel >> (2 * down);
            if (pixel >> (2 * TileOrders) != tile.Pixel)
                continue;
            int within = (int)(pixel & (TileSide * TileSide - 1));
            pixels[Healpix.EvenBits(within >> 1) * TileSide + Healpix.EvenBits(within)] += share * (float)profile.At(cell.CentreDirection);
        }
    }

    /// <summary>HiPS 1.0: column i, row j of the file is x = 511 - j, y = i.</summary>
    private static float[] AsFits(float[] pixels)
    {
        float[] result = new float[pixels.Length];
        for (int row = 0; row < TileSide; row++)
        {
            for (int column = 0; column < TileSide; column++)
                result[row * TileSide + column] = pixels[column * TileSide + TileSide - 1 - row];
        }
        return result;
    }
}
