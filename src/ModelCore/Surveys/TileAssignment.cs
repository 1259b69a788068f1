using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>Which rows each mosaic cuts.</summary>
/// <param name="RowsByMosaic">Rows of the catalogue by mosaic ID, ascending.</param>
/// <param name="RowsOutside">Rows whose centre lies in no mosaic, or that have no position.</param>
public sealed record TilePlan(IReadOnlyDictionary<string, int[]> RowsByMosaic, int[] RowsOutside);

/// <summary>
/// Gives each row to one mosaic: the one that its Mosaic_ID names if that holds the cut-out; else, of those that hold the whole
/// cut-out, the one with the nearest centre; else, of those that hold its centre, the nearest (an incomplete cut-out).
/// </summary>
public static class TileAssignment
{
    public static TilePlan Assign(Catalogue catalogue, IReadOnlyList<Mosaic> mosaics, int size, CancellationToken cancellationToken = default)
    {
        var footprints = mosaics.Select(mosaic => new Footprint(mosaic, size)).ToArray();
        var index = new SkyIndex(footprints.Select(footprint => (footprint.Mosaic.Centre, footprint.RadiusDegrees)));
        return Assign(catalogue, footprints, index.Near, cancellationToken);
    }

    /// <summary>The same by comparing every row with every mosaic: what the index must not change.</summary>
    internal static TilePlan AssignWithoutIndex(Catalogue catalogue, IReadOnlyList<Mosaic> mosaics, int size)
    {
        int[] all = [.. Enumerable.Range(0, mosaics.Count)];
        return Assign(catalogue, [.. mosaics.Select(mosaic => new Footprint(mosaic, size))], _ => all, CancellationToken.None);
    }

    private static TilePlan Assign(Catalogue catalogue, Footprint[] footprints, Func<SkyCoordinate, IReadOnlyList<int>> candidates, CancellationToken cancellationToken)
    {
        var byId = footprints.ToDictionary(footprint => footprint.Mosaic.Id);
        var rows = new Dictionary<string, List<int>>();
        var outside = new List<int>();
        for (int row = 0; row < catalogue.Count; row++)
        {
            if (row % CatalogueReader.BatchRows == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (Choose(catalogue.Centre(row), catalogue.MosaicId(row), footprints, candidates, byId) is not { } mosaic)
            {
                outside.Add(row);
                continue;
            }
            if (!rows.TryGetValue(mosaic.Id, out var list))
                rows[mosaic.Id] = list = [];
            list.Add(row);
        }
        return new TilePlan(rows.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray()), [.. outside]);
    }

    private static Mosaic? Choose(SkyCoordinate centre, string? mosaicId, Footprint[] footprints, Func<SkyCoordinate, IReadOnlyList<int>> candidates, Dictionary<string, Footprint> byId)
    {
        if (!double.IsFinite(centre.RightAscension) || !double.IsFinite(centre.Declination))
            return null;
        if (mosaicId != null && byId.TryGetValue(MosaicFolder.SafeId(mosaicId), out var given) && given.Coverage(centre) == 2)
            return given.Mosaic;
        var direction = Direction.FromDegrees(centre.RightAscension, centre.Declination);
        Footprint? best = null;
        int bestCoverage = 0;
        double bestCosine = -2;
        foreach (int candidate in candidates(centre))
        {
            var footprint = footprints[candidate];
            double cosine = footprint.CosineTo(direction);
            if (cosine < footprint.LeastCosine)
                continue;
            int coverage = footprint.Coverage(centre);
            if (coverage > bestCoverage || (coverage == bestCoverage && coverage > 0 && cosine > bestCosine))
                (best, bestCoverage, bestCosine) = (footprint, coverage, cosine);
        }
        return best?.Mosaic;
    }

    /// <summary>A mosaic with the circle around it, so that most rows are turned down by one scalar product.</summary>
    private sealed class Footprint
    {
        private const double MarginDegrees = 0.01;
        private readonly Direction _centre;
        private readonly int _size;

        public Footprint(Mosaic mosaic, int size)
        {
            Mosaic = mosaic;
            _size = size;
            _centre = Direction.FromDegrees(mosaic.Centre.RightAscension, mosaic.Centre.Declination);
            double radius = Corners(mosaic).Select(mosaic.Centre.SeparationTo).Aggregate(0.0, (most, next) => double.IsNaN(next) ? 180 : Math.Max(most, next));
            RadiusDegrees = double.IsNaN(radius) ? 180 : Math.Min(180, radius + MarginDegrees);
            LeastCosine = RadiusDegrees >= 180 ? -2 : Math.Cos(double.DegreesToRadians(RadiusDegrees));
        }

        public Mosaic Mosaic { get; }

        /// <summary>Of the circle around the mosaic.</summary>
        public double RadiusDegrees { get; }

        public double LeastCosine { get; }

        public double CosineTo(Direction direction) => _centre.X * direction.X + _centre.Y * direction.Y + _centre.Z * direction.Z;

        /// <summary>2: the whole cut-out lies in the image; 1: its centre does; 0: neither.</summary>
        public int Coverage(SkyCoordinate centre)
        {
            if (!Mosaic.Wcs.TrySkyToPixel(centre, out double column, out double row))
                return 0;
            if (CutoutExtractor.Window(column, row, _size).LiesInside(Mosaic.Width, Mosaic.Height))
                return 2;
            return column >= -0.5 && row >= -0.5 && column < Mosaic.Width - 0.5 && row < Mosaic.Height - 0.5 ? 1 : 0;
        }

        private static IEnumerable<SkyCoordinate> Corners(Mosaic mosaic) =>
            from column in new[] { -0.5, (mosaic.Width - 1) / 2.0, mosaic.Width - 0.5 }
            from row in new[] { -0.5, (mosaic.Height - 1) / 2.0, mosaic.Height - 0.5 }
            select mosaic.Wcs.PixelToSky(column, row);
    }
}
