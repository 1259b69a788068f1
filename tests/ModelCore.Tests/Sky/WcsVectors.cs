using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>tests/Vectors/wcs/astropy-wcs.json: headers, pixels and what astropy makes of them (make-vectors.py beside it).</summary>
internal static class WcsVectors
{
    public static JsonElement Read() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "wcs", "astropy-wcs.json"))).RootElement;

    /// <summary>A header of an object's names and values.</summary>
    public static FitsHeader Header(JsonElement keywords)
    {
        var header = new FitsHeader();
        foreach (var keyword in keywords.EnumerateObject())
        {
            if (keyword.Value.ValueKind == JsonValueKind.String)
                header.Set(keyword.Name, keyword.Value.GetString()!);
            else
                header.Set(keyword.Name, keyword.Value.GetDouble());
        }
        return header;
    }

    /// <summary>Degrees on the sphere.</summary>
    public static double Separation(SphericalCoordinate a, SphericalCoordinate b) =>
        new SkyCoordinate(a.Longitude, a.Latitude).SeparationTo(new SkyCoordinate(b.Longitude, b.Latitude));

    /// <summary>
    /// At the border of an all-sky map one position has two pixels (the seam) or many (a pole), and either is right: whether both are on the
    /// border, and the second one has the position of the first.
    /// </summary>
    public static bool AreTheSameBorderPoint(WorldCoordinateSystem wcs, double column, double row, double otherColumn, double otherRow) =>
        IsOnBorder(wcs, column, row) && IsOnBorder(wcs, otherColumn, otherRow)
        && Separation(wcs.PixelToWorld(column, row), wcs.PixelToWorld(otherColumn, otherRow)) <= 1e-9;

    private static bool IsOnBorder(WorldCoordinateSystem wcs, double column, double row)
    {
        const double Step = 1e-5;
        var neighbours = from dx in new[] { -Step, 0, Step }
                         from dy in new[] { -Step, 0, Step }
                         select wcs.PixelToWorld(column + dx, row + dy).Longitude;
        return neighbours.Any(double.IsNaN) && neighbours.Any(double.IsFinite);
    }
}
