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
    public static TilePlan Assign(Catalogue catalogue, IReadOnlyList<Mosaic> mosaics, int size, CancellationToken cancellationToken = default) =>
        Assign(catalogue, mosaics, new CutoutOptions { Size = size }, cancellationToken);

    /// <param name="catalogue">Whose rows.</param>
    /// <param name="mosaics">To which mosaics.</param>
    /// <param name="options">The stored size counts, and whether cut-outs have a grid of their own.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static TilePlan Assign(Catalogue catalogue, IReadOnlyList<Mosaic> mosaics, CutoutOptions options, CancellationToken cancellationToken = default)
    {
        var footprints = mosaics.Select(mosaic => new MosaicFootprint(mosaic)).ToArray();
        var index = new SkyIndex(footprints.Select(footprint => (footprint.Mosaic.Centre, footprint.RadiusDegrees)));
        return Assign(catalogue, footprints, options, index.Near, cancellationToken);
    }

    /// <summary>The same by comparing every row with every mosaic: what the index must not change.</summary>
    internal static TilePlan AssignWithoutIndex(Catalogue catalogue, IReadOnlyList<Mosaic> mosaics, int size)
    {
        int[] all = [.. Enumerable.Range(0, mosaics.Count)];
        return Assign(catalogue, [.. mosaics.Select(mosaic => new MosaicFootprint(mosaic))], new CutoutOptions { Size = size }, _ => all, CancellationToken.None);
    }

    private static TilePlan Assign(Catalogue catalogue, MosaicFootprint[] footprints, CutoutOptions options, Func<SkyCoordinate, IReadOnlyList<int>> candidates, CancellationToken cancellationToken)
    {
        var byId = footprints.ToDictionary(footprint => footprint.Mosaic.Id);
        var rows = new Dictionary<string, List<int>>();
        var outside = new List<int>();
        for (int row = 0; row < catalogue.Count; row++)
        {
            if (row % CatalogueReader.BatchRows == 0)
                cancellationToken.ThrowIfCancellationRequested();
            if (Choose(catalogue.Centre(row), catalogue.MosaicId(row), footprints, options, candidates, byId) is not { } mosaic)
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

    private static Mosaic? Choose(SkyCoordinate centre, string? mosaicId, MosaicFootprint[] footprints, CutoutOptions options, Func<SkyCoordinate, IReadOnlyList<int>> candidates, Dictionary<string, MosaicFootprint> byId)
    {
        if (!double.IsFinite(centre.RightAscension) || !double.IsFinite(centre.Declination))
            return null;
        if (mosaicId != null && byId.TryGetValue(MosaicFolder.SafeId(mosaicId), out var given) && given.Coverage(centre, options) == 2)
            return given.Mosaic;
        var direction = Direction.FromDegrees(centre.RightAscension, centre.Declination);
        MosaicFootprint? best = null;
        int bestCoverage = 0;
        double bestCosine = -2;
        foreach (int candidate in candidates(centre))
        {
            var footprint = footprints[candidate];
            double cosine = footprint.CosineTo(direction);
            if (cosine < footprint.LeastCosine)
                continue;
            int coverage = footprint.Coverage(centre, options);
            if (coverage > bestCoverage || (coverage == bestCoverage && coverage > 0 && cosine > bestCosine))
                (best, bestCoverage, bestCosine) = (footprint, coverage, cosine);
        }
        return best?.Mosaic;
    }
}
