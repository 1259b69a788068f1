using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>A mosaic with the circle around it, so that most rows are turned down by one scalar product.</summary>
internal sealed class MosaicFootprint
{
    private const double MarginDegrees = 0.01;
    private readonly Direction _centre;

    public MosaicFootprint(Mosaic mosaic)
    {
        Mosaic = mosaic;
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
    public int Coverage(SkyCoordinate centre, CutoutOptions options)
    {
        if (options.IsResampled)
            return CutoutGrid.NorthUp(centre, options)?.CoverageBy(Mosaic) ?? 0;
        if (!Mosaic.Wcs.TrySkyToPixel(centre, out double column, out double row))
            return 0;
        if (CutoutExtractor.Window(column, row, options.StoredSize).LiesInside(Mosaic.Width, Mosaic.Height))
            return 2;
        return column >= -0.5 && row >= -0.5 && column < Mosaic.Width - 0.5 && row < Mosaic.Height - 0.5 ? 1 : 0;
    }

    private static IEnumerable<SkyCoordinate> Corners(Mosaic mosaic) =>
        from column in new[] { -0.5, (mosaic.Width - 1) / 2.0, mosaic.Width - 0.5 }
        from row in new[] { -0.5, (mosaic.Height - 1) / 2.0, mosaic.Height - 0.5 }
        select mosaic.Wcs.PixelToSky(column, row);
}
