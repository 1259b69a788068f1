using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Surveys;

/// <summary>
/// Circles on the sky by the cells of a grid in right ascension and declination that they may touch, so that a position is compared with the few
/// circles of its cell instead of with all of them.
/// </summary>
internal sealed class SkyIndex
{
    private const int Bands = 180, Columns = 360;            // cells of one degree

    /// <summary>Rounding in a circle's edge or a position must not lose a pair.</summary>
    private const double MarginDegrees = 1e-3;

    private readonly List<int>[] _cells = new List<int>[Bands * Columns];
    private static readonly List<int> _none = [];

    /// <param name="circles">Centre and radius in degrees; a radius of 180 is the whole sky.</param>
    public SkyIndex(IEnumerable<(SkyCoordinate Centre, double Radius)> circles)
    {
        int number = 0;
        foreach (var (centre, radius) in circles)
            Add(number++, centre, radius + MarginDegrees);
    }

    /// <summary>The circles that may hold a position, ascending. Every circle that does hold it is among them.</summary>
    public IReadOnlyList<int> Near(SkyCoordinate position) => _cells[Band(position.Declination) * Columns + Column(position.RightAscension)] ?? _none;

    private void Add(int number, SkyCoordinate centre, double radius)
    {
        bool known = double.IsFinite(centre.RightAscension) && double.IsFinite(centre.Declination);
        double south = known ? centre.Declination - radius : -90, north = known ? centre.Declination + radius : 90;
        bool allColumns = !known || south <= -90 || north >= 90;
        // The widest meridian distance on a circle: sin(width) = sin(radius) / cos(declination of the centre).
        double width = allColumns ? 180 : double.RadiansToDegrees(Math.Asin(Math.Min(1, Math.Sin(double.DegreesToRadians(radius)) / Math.Cos(double.DegreesToRadians(centre.Declination))))) + MarginDegrees;
        int columns = Math.Min(Columns, (int)Math.Ceiling(2 * width) + 1);
        int first = allColumns ? 0 : Column(centre.RightAscension - width);
        for (int band = Band(south); band <= Band(north); band++)
        {
            for (int i = 0; i < columns; i++)
                (_cells[band * Columns + (first + i) % Columns] ??= []).Add(number);
        }
    }

    private static int Band(double declination) => Math.Clamp((int)Math.Floor(declination + 90), 0, Bands - 1);

    private static int Column(double rightAscension)
    {
        double turned = rightAscension % Columns;
        return Math.Clamp((int)Math.Floor(turned < 0 ? turned + Columns : turned), 0, Columns - 1);
    }
}
