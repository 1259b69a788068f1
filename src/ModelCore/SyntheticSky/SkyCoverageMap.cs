using RadioDiffusion.ModelCore.Evaluation;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>A picture of how much of an area is done: pale yellow is done, violet is not; orange is done beyond the area, since tiles are wider than that, and black is the rest.</summary>
/// <remarks>A small area in the zenithal equal-area projection around its middle, a large one as the whole sky in Aitoff's, right ascension 180 degrees in the middle; east is to the left.</remarks>
public static class SkyCoverageMap
{
    private const int Width = 1080, Height = 540, Side = 720;
    private const double LargestRadius = 60;                 // degrees
    private const double AitoffWidth = 324.1;                // 4 sqrt(2) in degrees
    private const float Done = 0.95f, Beyond = 0.65f, Open = 0.35f, Outside = 0;

    /// <param name="area">What is to be done.</param>
    /// <param name="done">What is done of it.</param>
    public static byte[] Png(Moc area, Moc done)
    {
        var (centre, radius) = Circle(area.Union(done));
        var grid = radius > LargestRadius
            ? SkyGrid.Around(new SkyCoordinate(180, 0), AitoffWidth / Width * 3600, Width, Height, "AIT")
            : SkyGrid.Around(centre, 2.2 * radius / Side * 3600, Side, Side, "ZEA");
        float[] pixels = new float[grid.Width * grid.Height];
        for (int at = 0; at < pixels.Length; at++)
        {
            var place = grid.PlaceOf(at % grid.Width, at / grid.Width);
            pixels[at] = double.IsNaN(place.X) ? float.NaN : area.Contains(place) ? done.Contains(place) ? Done : Open : done.Contains(place) ? Beyond : Outside;
        }
        return Picture.PngOverNothing(pixels, grid.Width, grid.Height, 0, 1);
    }

    /// <summary>A circle around it: its middle, and degrees.</summary>
    private static (SkyCoordinate Centre, double Radius) Circle(Moc area)
    {
        var cells = area.Cells.ToList();
        double x = 0, y = 0, z = 0;
        foreach (var cell in cells)
        {
            double weight = HealpixCell.AreaSquareDegrees(cell.Order);
            var place = cell.CentreDirection;
            (x, y, z) = (x + weight * place.X, y + weight * place.Y, z + weight * place.Z);
        }
        double length = Math.Sqrt(x * x + y * y + z * z);
        if (length < 1e-9)
            return (new SkyCoordinate(180, 0), 180);
        var middle = new Direction(x / length, y / length, z / length);
        double radius = cells.Max(cell => cell.CentreDirection.SeparationTo(middle) + Healpix.BoundingRadius(cell.Order));
        var (longitude, latitude) = middle.ToSpherical();
        return (new SkyCoordinate(longitude, latitude), double.RadiansToDegrees(radius));
    }
}
