using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>All projections, orientations, spellings and frames against astropy 5.2.1 (WCSLIB 7.12): tests/Vectors/wcs.</summary>
public class WorldCoordinateSystemVectorTests
{
    private const double SkyTolerance = 1e-9;       // degrees
    private const double PlaneTolerance = 1e-9;     // degrees in the projection plane; larger numbers of pixels where pixels are small
    private static readonly JsonElement _vectors = WcsVectors.Read();

    public static TheoryData<string> Names => [.. _vectors.GetProperty("wcs").EnumerateArray().Select(one => one.GetProperty("name").GetString()!)];

    public static TheoryData<string> RefusedNames => [.. _vectors.GetProperty("refused").EnumerateArray().Select(one => one.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void PixelToWorld_IsAstropys(string name)
    {
        var (wcs, vectors) = Open(name);
        foreach (var (pixel, expected) in Pairs(vectors, "pixels", "world"))
        {
            var found = wcs.PixelToWorld(pixel[0].GetDouble(), pixel[1].GetDouble());
            if (expected.ValueKind == JsonValueKind.Null)
                Assert.True(double.IsNaN(found.Longitude) && double.IsNaN(found.Latitude), $"pixel {pixel} is outside the map, but was given {found}");
            else
                Assert.True(WcsVectors.Separation(found, Coordinate(expected)) <= SkyTolerance, $"pixel {pixel}: {found} for {expected}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PixelToSky_IsAstropysIcrs(string name)
    {
        var (wcs, vectors) = Open(name);
        foreach (var (pixel, expected) in Pairs(vectors, "pixels", "icrs"))
        {
            var found = wcs.PixelToSky(pixel[0].GetDouble(), pixel[1].GetDouble());
            if (expected.ValueKind == JsonValueKind.Null)
            {
                Assert.True(double.IsNaN(found.RightAscension) && double.IsNaN(found.Declination), $"pixel {pixel} is outside the map, but was given {found}");
                continue;
            }
            Assert.True(found.SeparationTo(new SkyCoordinate(expected[0].GetDouble(), expected[1].GetDouble())) <= SkyTolerance, $"pixel {pixel}: {found} for {expected}");
            Assert.True(wcs.TrySkyToPixel(found, out double column, out double row), $"pixel {pixel}: {found} has no pixel");
            AssertPixel(wcs, pixel, column, row);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void TryWorldToPixel_IsAstropys(string name)
    {
        var (wcs, vectors) = Open(name);
        foreach (var (sky, expected) in Pairs(vectors, "sky", "sky_pixels"))
        {
            bool isOnMap = wcs.TryWorldToPixel(Coordinate(sky), out double column, out double row);
            Assert.True(isOnMap == (expected.ValueKind != JsonValueKind.Null), $"{sky}: {column}, {row} for {expected}");
            if (isOnMap)
                AssertPixel(wcs, expected, column, row);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void AddTo_WrittenHeader_ReadsBackBitForBit(string name)
    {
        var (wcs, vectors) = Open(name);
        var header = new FitsHeader();
        wcs.AddTo(header);
        var again = WorldCoordinateSystem.FromHeader(header, name);
        Assert.Equal(wcs.Frame, again.Frame);
        foreach (var (pixel, _) in Pairs(vectors, "pixels", "world"))
            Assert.Equal(wcs.PixelToSky(pixel[0].GetDouble(), pixel[1].GetDouble()), again.PixelToSky(pixel[0].GetDouble(), pixel[1].GetDouble()));
    }

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void FromHeader_OfWhatAstropyRefuses_SaysWhy(string name)
    {
        var vectors = _vectors.GetProperty("refused").EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);
        Assert.StartsWith("image.fits: ", Assert.Throws<FitsException>(
            () => WorldCoordinateSystem.FromHeader(WcsVectors.Header(vectors.GetProperty("header")), "image.fits")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SkyFrame_FromIcrsAndBack_IsAstropys()
    {
        foreach (var vectors in _vectors.GetProperty("frames").EnumerateArray())
        {
            var frame = vectors.GetProperty("equinox").ValueKind == JsonValueKind.Null ? SkyFrame.Galactic : SkyFrame.Fk5(vectors.GetProperty("equinox").GetDouble());
            Assert.Equal(vectors.GetProperty("frame").GetString(), frame.Name);
            foreach (var (icrs, other) in Pairs(vectors, "icrs", "other"))
            {
                var position = new SkyCoordinate(icrs[0].GetDouble(), icrs[1].GetDouble());
                Assert.True(WcsVectors.Separation(frame.FromIcrs(position), Coordinate(other)) <= SkyTolerance, $"{frame.Name} {frame.Equinox}: {position}");
                Assert.True(frame.ToIcrs(Coordinate(other)).SeparationTo(position) <= SkyTolerance, $"{frame.Name} {frame.Equinox}: {other}");
            }
        }
    }

    private static (WorldCoordinateSystem Wcs, JsonElement Vectors) Open(string name)
    {
        var vectors = _vectors.GetProperty("wcs").EnumerateArray().Single(one => one.GetProperty("name").GetString() == name);
        return (WorldCoordinateSystem.FromHeader(WcsVectors.Header(vectors.GetProperty("header")), name), vectors);
    }

    private static void AssertPixel(WorldCoordinateSystem wcs, JsonElement expected, double column, double row)
    {
        double tolerance = PlaneTolerance / (wcs.PixelScaleArcsec / 3600) * Math.Max(1, Math.Max(Math.Abs(column), Math.Abs(row)) / 1e4);
        double dx = column - expected[0].GetDouble(), dy = row - expected[1].GetDouble();
        Assert.True(Math.Sqrt(dx * dx + dy * dy) <= tolerance
            || WcsVectors.AreTheSameBorderPoint(wcs, expected[0].GetDouble(), expected[1].GetDouble(), column, row), $"{column}, {row} for {expected}");
    }

    private static IEnumerable<(JsonElement First, JsonElement Second)> Pairs(JsonElement vectors, string first, string second) =>
        vectors.GetProperty(first).EnumerateArray().Zip(vectors.GetProperty(second).EnumerateArray());

    private static SphericalCoordinate Coordinate(JsonElement pair) => new(pair[0].GetDouble(), pair[1].GetDouble());
}
