using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A further channel of cut-outs: mosaics of the same sky at another frequency.</summary>
public sealed class MosaicChannel
{
    private readonly MosaicFootprint[] _footprints;
    private readonly SkyIndex _index;

    /// <param name="name">As users call it.</param>
    /// <param name="mosaics">All that may be cut from.</param>
    public MosaicChannel(string name, IReadOnlyList<Mosaic> mosaics)
    {
        Name = name;
        Mosaics = mosaics;
        _footprints = [.. mosaics.Select(mosaic => new MosaicFootprint(mosaic))];
        _index = new SkyIndex(_footprints.Select(footprint => (footprint.Mosaic.Centre, footprint.RadiusDegrees)));
    }

    public string Name { get; }

    public IReadOnlyList<Mosaic> Mosaics { get; }

    /// <summary>
    /// The mosaic that is cut for a row: of those that hold the whole cut-out the one with the nearest centre; else, of those that hold its
    /// middle, the nearest; null if there is none. Of fewer mosaics, the one chosen among them, it is the same.
    /// </summary>
    /// <param name="main">The mosaic of the first channel, which the row is cut from.</param>
    /// <param name="centre">Of the cut-out.</param>
    /// <param name="options">Of the cut-outs.</param>
    public Mosaic? MosaicFor(Mosaic main, SkyCoordinate centre, CutoutOptions options) =>
        CutoutGrid.Of(main, centre, options) is { } grid ? MosaicFor(grid, centre) : null;

    internal Mosaic? MosaicFor(CutoutGrid grid, SkyCoordinate centre)
    {
        var direction = Direction.FromDegrees(centre.RightAscension, centre.Declination);
        Mosaic? best = null;
        int bestCoverage = 0;
        double bestCosine = -2;
        foreach (int candidate in _index.Near(centre))
        {
            var footprint = _footprints[candidate];
            double cosine = footprint.CosineTo(direction);
            if (cosine < footprint.LeastCosine)
                continue;
            int coverage = grid.CoverageBy(footprint.Mosaic);
            if (coverage > bestCoverage || (coverage == bestCoverage && coverage > 0 && cosine > bestCosine))
                (best, bestCoverage, bestCosine) = (footprint.Mosaic, coverage, cosine);
        }
        return best;
    }
}
