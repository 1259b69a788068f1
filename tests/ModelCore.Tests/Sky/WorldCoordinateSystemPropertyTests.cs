using FsCheck;
using FsCheck.Fluent;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>There and back for every projection, anywhere on the sky, in any orientation and frame.</summary>
public class WorldCoordinateSystemPropertyTests
{
    private const int Tries = 1500;

    public static TheoryData<string> Projections => ["SIN", "slant SIN", "NCP", "TAN", "STG", "ARC", "ZEA", "CAR", "CEA", "MER", "SFL", "MOL", "AIT", "HPX"];

    /// <summary>A sky position with a pixel comes back to itself; 2e-10 degrees are a micro-arcsecond, and rounding near a limb.</summary>
    [Theory]
    [MemberData(nameof(Projections))]
    public void SkyToPixelToSky_IsTheSamePosition(string projection)
    {
        int onMap = 0;
        Check(projection, (wcs, sky, _) =>
        {
            if (!wcs.TrySkyToPixel(sky, out double column, out double row))
                return true;
            onMap++;
            var back = wcs.PixelToSky(column, row);
            // At a border a position moves by the root of the rounding error: the limb of a SIN is seen edge-on.
            return back.SeparationTo(sky) <= (IsNearBorder(wcs, column, row) ? 2e-5 : 2e-10);
        });
        Assert.True(onMap > Tries / 5, $"{onMap} positions of {Tries} had a pixel");
    }

    /// <summary>A pixel with a position comes back to itself, or to another pixel of the same position at the border of the map.</summary>
    [Theory]
    [MemberData(nameof(Projections))]
    public void PixelToSkyToPixel_IsTheSamePixel(string projection)
    {
        int onMap = 0;
        Check(projection, (wcs, _, pixel) =>
        {
            var sky = wcs.PixelToSky(pixel.Column, pixel.Row);
            if (double.IsNaN(sky.RightAscension))
                return double.IsNaN(sky.Declination);
            onMap++;
            return sky.RightAscension is >= 0 and < 360 && Math.Abs(sky.Declination) <= 90
                && wcs.TrySkyToPixel(sky, out double column, out double row)
                && ((Math.Abs(column - pixel.Column) <= 1e-6 && Math.Abs(row - pixel.Row) <= 1e-6) || IsNearBorder(wcs, pixel.Column, pixel.Row));
        });
        Assert.True(onMap > Tries / 10, $"{onMap} pixels of {Tries} had a position");
    }

    /// <summary>Through another image of the same sky to its pixel is the same as through right ascension and declination.</summary>
    [Theory]
    [MemberData(nameof(Projections))]
    public void PixelMap_IsTheWayThroughTheSky(string projection)
    {
        var other = WorldCoordinateSystem.FromHeader(Header("CAR", 10, 0, 0.5, 0, "GLON", "GLAT"), "other");
        Check(projection, (wcs, _, pixel) =>
        {
            bool isMapped = new PixelMap(wcs, other).TryMap(pixel.Column, pixel.Row, out double column, out double row);
            var sky = wcs.PixelToSky(pixel.Column, pixel.Row);
            if (!isMapped)
                return double.IsNaN(sky.RightAscension);
            return other.PixelToSky(column, row).SeparationTo(sky) <= 1e-9;
        });
    }

    [Theory]
    [MemberData(nameof(Projections))]
    public void PolesAndSeam_HaveTheirPixels(string projection)
    {
        foreach (var sky in new SkyCoordinate[] { new(0, 90), new(0, -90), new(123, 90), new(0, 0), new(180, 0), new(359.9999999, 12), new(1e-9, -12), new(270, 0) })
        {
            foreach (double latitude in new[] { 0, 47.5, -3, 89.9, -89.9 })
            {
                var wcs = Create(projection, 0, latitude, 0, "FK5");
                if (wcs.TrySkyToPixel(sky, out double column, out double row))
                    Assert.True(wcs.PixelToSky(column, row).SeparationTo(sky) <= (IsNearBorder(wcs, column, row) ? 2e-5 : 1e-9), $"{projection} at {latitude}: {sky} in {column}, {row} is {wcs.PixelToSky(column, row)}");
            }
        }
    }

    [Fact]
    public void Sin_AroundItsLimb_EndsThere()
    {
        var wcs = WorldCoordinateSystem.Sin(new SkyCoordinate(0, 0), 3600, 0, 0);
        const double Limb = 180 / Math.PI;
        Assert.Equal(90, wcs.PixelToSky(-Limb, 0).RightAscension, 1e-5);
        Assert.Equal(90, wcs.PixelToSky(0, Limb).Declination, 1e-5);
        Assert.True(double.IsNaN(wcs.PixelToSky(-Limb * (1 + 1e-9), 0).RightAscension));
        Assert.True(wcs.TrySkyToPixel(new SkyCoordinate(90, 0), out double column, out _));
        Assert.Equal(-Limb, column, 1e-9);
        Assert.False(wcs.TrySkyToPixel(new SkyCoordinate(90 + 1e-9, 0), out _, out _));
    }

    private static void Check(string projection, Func<WorldCoordinateSystem, SkyCoordinate, (double Column, double Row), bool> holds)
    {
        var fraction = Gen.Choose(0, 1 << 30).Select(number => number / (double)(1 << 30));
        var tries = from longitude in fraction
                    from latitude in fraction
                    from lonPole in fraction
                    from frame in Gen.Elements("ICRS", "FK5", "galactic")
                    from alpha in fraction
                    from sinDelta in fraction
                    from column in fraction
                    from row in fraction
                    select (Wcs: Create(projection, 360 * longitude, 178 * latitude - 89, 360 * lonPole - 180, frame),
                        Sky: new SkyCoordinate(360 * alpha, double.RadiansToDegrees(Math.Asin(2 * sinDelta - 1))),
                        Pixel: (Column: 200 * column - 100, Row: 100 * row - 50));
        var property = Prop.ForAll(tries.ToArbitrary(), one => holds(one.Wcs, one.Sky, one.Pixel));
        FsCheck.Check.One(Config.QuickThrowOnFailure.WithMaxTest(Tries).WithQuietOnSuccess(true).WithReplay(20240611, 1234567), property);
    }

    /// <summary>Two degrees a pixel; LONPOLE only where any is possible.</summary>
    private static WorldCoordinateSystem Create(string projection, double longitude, double latitude, double lonPole, string frame)
    {
        string code = projection == "slant SIN" ? "SIN" : projection;
        bool isZenithal = code is "SIN" or "NCP" or "TAN" or "STG" or "ARC" or "ZEA";
        if (projection == "NCP" && Math.Abs(latitude) < 10)
            latitude += 20;
        var header = frame == "galactic" ? Header(code, longitude, latitude, 2, 0, "GLON", "GLAT") : Header(code, longitude, latitude, 2, 0, "RA", "DEC");
        if (frame == "FK5")
            header.Set("EQUINOX", 1990.0);
        if (isZenithal)
            header.Set("LONPOLE", lonPole);
        if (projection == "slant SIN")
        {
            header.Set("PV2_1", 0.3);
            header.Set("PV2_2", -0.7);
        }
        return WorldCoordinateSystem.FromHeader(header, projection);
    }

    private static FitsHeader Header(string code, double longitude, double latitude, double scale, double rotation, string longitudeType, string latitudeType)
    {
        var header = new FitsHeader();
        header.Set("CTYPE1", longitudeType.PadRight(4, '-') + "-" + code);
        header.Set("CTYPE2", latitudeType.PadRight(4, '-') + "-" + code);
        header.Set("CRVAL1", longitude);
        header.Set("CRVAL2", latitude);
        header.Set("CRPIX1", 1.0);
        header.Set("CRPIX2", 1.0);
        header.Set("CDELT1", -scale);
        header.Set("CDELT2", scale);
        header.Set("CROTA2", rotation);
        return header;
    }

    /// <summary>Whether the map ends within a thousandth of a pixel (7 arc seconds).</summary>
    private static bool IsNearBorder(WorldCoordinateSystem wcs, double column, double row)
    {
        const double Step = 1e-3;
        return (from dx in new[] { -Step, 0, Step }
                from dy in new[] { -Step, 0, Step }
                select wcs.PixelToSky(column + dx, row + dy).RightAscension).Any(double.IsNaN);
    }
}
