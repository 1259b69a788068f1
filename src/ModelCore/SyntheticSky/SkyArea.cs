using System.Globalization;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.SyntheticSky;

/// <summary>The part of a sky that is shown, as text: <c>all</c>, or a MOC in its ASCII form.</summary>
public static class SkyArea
{
    public const string All = "all";

    private const int LongestText = 30_000;                  // it travels in messages
    private const int LowestOrder = 3, HighestOrder = 10;
    private const int CellsAcross = 8;                       // of a small area: the border is as good as that

    /// <exception cref="RadioDiffusionException">It is neither, or covers nothing.</exception>
    public static Moc Parse(string area)
    {
        if (area == All)
            return Moc.AllSky;
        if (area.Length > LongestText)
            throw new RadioDiffusionException($"The area of a sky should have at most {LongestText} characters, but it has {area.Length}: take larger cells.");
        var moc = MocText.ParseAscii(area, $"The area of a sky ('{All}', or a MOC such as 3/12 4/100-103)");
        return moc.IsEmpty ? throw new RadioDiffusionException($"The area of a sky should have cells, but '{area}' has none.") : moc;
    }

    /// <summary>Everything within a distance of a place, in cells that overlap it.</summary>
    /// <param name="centre">The middle.</param>
    /// <param name="radiusDegrees">Degrees, above 0.</param>
    /// <exception cref="RadioDiffusionException">It is no circle.</exception>
    public static string Cone(SkyCoordinate centre, double radiusDegrees) => radiusDegrees is > 0 and <= 180
        ? TextOf(Moc.Cone(centre, radiusDegrees, OrderFor(2 * radiusDegrees)))
        : throw new RadioDiffusionException($"The radius of an area should be above 0 and at most 180 degrees, but it is {radiusDegrees.ToString(CultureInfo.InvariantCulture)}.");

    /// <summary>Everything between two right ascensions, going eastwards, and two declinations, in degrees.</summary>
    /// <exception cref="RadioDiffusionException">It is no box.</exception>
    public static string Box(double firstRightAscension, double lastRightAscension, double south, double north) =>
        TextOf(Moc.Box(firstRightAscension, lastRightAscension, south, north, OrderFor(Math.Max(1e-3, north - south))));

    private static string TextOf(Moc moc)
    {
        string text = MocText.ToAscii(moc);
        Parse(text);
        return text;
    }

    private static int OrderFor(double degrees) => Math.Clamp((int)Math.Ceiling(Math.Log2(HealpixCell.WidthDegrees(0) * CellsAcross / degrees)), LowestOrder, HighestOrder);
}
