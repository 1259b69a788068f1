using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class WorldCoordinateSystemTests
{
    private static readonly SkyCoordinate _centre = new(150.25, 20);

    /// <summary>The expected numbers were computed from the equations with mpmath, 50 digits; WCSLIB 7.12 is 4e-9 degrees off here.</summary>
    [Fact]
    public void PixelToWorld_NcpNearTheEquator_HasAllDigits()
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("RA---NCP", "DEC--NCP", 255.45, 3, 1.5 / 3600), "image");
        var position = wcs.PixelToWorld(33.36516 - 49.5, -7.979541 - 49.5);
        Assert.Equal(255.45673192857156906791, position.Longitude, 1e-12);
        Assert.Equal(2.9759463022155936058, position.Latitude, 1e-12);
    }

    [Fact]
    public void PixelToSky_OneDegreeUp_OnTangentPlane_IsTheArcTangent()
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("RA---TAN", "DEC--TAN", 10, 20, 1), "image");
        Assert.Equal(20 + double.RadiansToDegrees(Math.Atan(double.DegreesToRadians(1))), wcs.PixelToSky(0, 1).Declination, 1e-12);
        Assert.True(wcs.PixelToSky(1, 0).RightAscension < 10, "East is left.");
    }

    [Theory]
    [InlineData("SIN", 52.9117)]
    [InlineData("SIN", -0.0461)]
    [InlineData("TAN", -29.0078)]
    [InlineData("STG", 89.97)]
    [InlineData("ARC", 0)]
    [InlineData("ZEA", -89.5)]
    public void TrySkyToPixel_OfTheReferencePoint_IsExactlyTheReferencePixel(string projection, double declination)
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("RA---" + projection, "DEC--" + projection, 209.5612, declination, 1.5 / 3600), "image");
        Assert.True(wcs.TrySkyToPixel(new SkyCoordinate(209.5612, declination), out double column, out double row));
        Assert.Equal((0, 0), (column, row));
        Assert.Equal(declination, wcs.PixelToSky(0, 0).Declination, 1e-13);
        Assert.Equal(209.5612, wcs.PixelToSky(0, 0).RightAscension, 1e-13);
    }

    [Fact]
    public void TrySkyToPixel_WithoutAPosition_IsFalse()
    {
        var wcs = WorldCoordinateSystem.Sin(_centre, 1.5, 0, 0);
        foreach (var position in new SkyCoordinate[] { new(double.NaN, 0), new(0, double.NaN), new(double.PositiveInfinity, 0), new(150.25, 90.1), new(150.25, -200), new(330.25, -20) })
        {
            Assert.False(wcs.TrySkyToPixel(position, out double column, out double row), $"{position}");
            Assert.True(double.IsNaN(column) && double.IsNaN(row));
        }
        Assert.True(double.IsNaN(wcs.PixelToSky(double.NaN, 0).RightAscension));
        Assert.True(double.IsNaN(wcs.PixelToSky(0, double.NegativeInfinity).Declination));
    }

    [Fact]
    public void TrySkyToPixel_OfAWrappedRightAscension_IsTheSamePixel()
    {
        var wcs = WorldCoordinateSystem.Sin(new SkyCoordinate(0.01, 30), 1.5, 100, 100);
        Assert.True(wcs.TrySkyToPixel(new SkyCoordinate(359.99, 30.01), out double column, out double row));
        foreach (double turn in new[] { -360.0, 360, 720 })
        {
            Assert.True(wcs.TrySkyToPixel(new SkyCoordinate(359.99 + turn, 30.01), out double wrappedColumn, out double wrappedRow));
            Assert.Equal(column, wrappedColumn, 1e-7);
            Assert.Equal(row, wrappedRow, 1e-7);
        }
    }

    /// <summary>Sgr A*: an ICRS position in a galactic mosaic; l and b are astropy 5.2.1's.</summary>
    [Fact]
    public void TrySkyToPixel_InAGalacticMosaic_TakesIcrs()
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("GLON-SIN", "GLAT-SIN", 359.94425728031706, -0.046167819634214693, 1.0 / 3600), "image");
        Assert.Equal(SkyFrame.Galactic, wcs.Frame);
        Assert.True(wcs.TrySkyToPixel(new SkyCoordinate(266.4168371, -29.0078106), out double column, out double row));
        Assert.Equal(0, column, 4e-6);
        Assert.Equal(0, row, 4e-6);
        Assert.True(wcs.TryWorldToPixel(new SphericalCoordinate(359.94425728031706, -0.046167819634214693), out column, out row));
        Assert.Equal((0, 0), (column, row));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(35)]
    [InlineData(270)]
    public void GeometryAt_OfATurnedImage_HasItsScaleAndAngle(double positionAngle)
    {
        var wcs = WorldCoordinateSystem.Sin(_centre, 1.5, 40, 40, positionAngle);
        var geometry = wcs.GeometryAt(40, 40);
        Assert.Equal(1.5, geometry.ColumnScaleArcsec, 1e-8);
        Assert.Equal(1.5, geometry.RowScaleArcsec, 1e-8);
        Assert.Equal(0, Math.IEEERemainder(geometry.PositionAngle - positionAngle, 360), 1e-7);
        Assert.False(geometry.IsMirrored);
        Assert.Equal(0, Math.IEEERemainder(_centre.PositionAngleTo(wcs.PixelToSky(40, 41)) - positionAngle, 360), 1e-6);
        Assert.True(double.IsNaN(wcs.GeometryAt(1e9, 0).PositionAngle));
    }

    [Fact]
    public void GeometryAt_OfAMirroredImage_SaysSo()
    {
        var header = Header("RA---SIN", "DEC--SIN", 10, 20, 0.01);
        header.Set("CDELT1", 0.01);
        Assert.True(WorldCoordinateSystem.FromHeader(header, "image").GeometryAt(3, 4).IsMirrored);
    }

    [Fact]
    public void Window_OfAPart_HasTheSameSky()
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("GLON-CAR", "GLAT-CAR", 30, 0, 0.1), "image");
        Assert.Equal(wcs.PixelToSky(123.25, -17.5), wcs.Window(100, -20).PixelToSky(23.25, 2.5));
    }

    [Fact]
    public void Footprint_IsTheOuterCornersInOrder()
    {
        var corners = WorldCoordinateSystem.Sin(_centre, 3600, 2, 1).Footprint(5, 3);
        Assert.Equal(4, corners.Count);
        Assert.True(corners[0].RightAscension > 150.25 && corners[0].Declination < 20);
        Assert.True(corners[1].RightAscension < 150.25 && corners[1].Declination < 20);
        Assert.True(corners[2].RightAscension < 150.25 && corners[2].Declination > 20);
        Assert.True(corners[3].RightAscension > 150.25 && corners[3].Declination > 20);
    }

    [Theory]
    [InlineData("RADESYS", "FK4", "FK4")]
    [InlineData("RADESYS", "FK4-NO-E", "FK4-NO-E")]
    [InlineData("RADESYS", "GAPPT", "GAPPT")]
    [InlineData("CUNIT1", "hourangle", "hourangle")]
    [InlineData("CRPIX1", "forty", "CRPIX1")]
    [InlineData("EQUINOX", "now", "EQUINOX")]
    [InlineData("EPOCH", "1950", "FK4")]
    [InlineData("CTYPE1", "RA---TPV", "CTYPE2")]
    public void FromHeader_OfATextThatIsNotSupported_NamesIt(string keyword, string value, string named)
    {
        var header = Header("RA---SIN", "DEC--SIN", 10, 20, 0.01);
        header.Set(keyword, value);
        string message = Assert.Throws<FitsException>(() => WorldCoordinateSystem.FromHeader(header, "image.fits")).Message;
        Assert.StartsWith("image.fits: ", message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EPOCH", 1950, "FK4")]
    [InlineData("EQUINOX", 1975, "FK4")]
    [InlineData("A_ORDER", 2, "A_ORDER")]
    [InlineData("CDELT1", 0, "CDELT")]
    [InlineData("CRVAL2", -90.5, "CRVAL2")]
    [InlineData("PC1_3", 0.1, "PC1_3")]
    [InlineData("EQUINOX", 20000, "20000")]
    [InlineData("PV1_2", 100, "100")]
    public void FromHeader_OfANumberThatIsNotSupported_NamesIt(string keyword, double value, string named)
    {
        var header = Header("RA---SIN", "DEC--SIN", 10, 20, 0.01);
        header.Set(keyword, value);
        Assert.Contains(named, Assert.Throws<FitsException>(() => WorldCoordinateSystem.FromHeader(header, "image.fits")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RA---TAN-SIP", "DEC--TAN-SIP", "SIP")]
    [InlineData("RA---TPV", "DEC--TPV", "TPV")]
    [InlineData("RA---GLS", "DEC--GLS", "SFL")]
    [InlineData("RA", "DEC", "projection")]
    [InlineData("ELON-TAN", "ELAT-TAN", "ELON-TAN")]
    [InlineData("RA---SIN", "GLAT-SIN", "GLAT-SIN")]
    [InlineData("FREQ", "STOKES", "FREQ")]
    [InlineData("", "", "CTYPE1")]
    public void FromHeader_OfAnUnknownKindOfAxes_NamesIt(string longitude, string latitude, string named)
    {
        string message = Assert.Throws<FitsException>(() => WorldCoordinateSystem.FromHeader(Header(longitude, latitude, 10, 20, 0.01), "image.fits")).Message;
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromHeader_OfCelestialAxesBehindOthers_SaysWhereTheyAre()
    {
        var header = Header("STOKES", "FREQ", 10, 20, 0.01);
        header.Set("CTYPE3", "RA---SIN");
        header.Set("CTYPE4", "DEC--SIN");
        Assert.Contains("axis 3 is 'RA---SIN'", Assert.Throws<FitsException>(() => WorldCoordinateSystem.FromHeader(header, "image.fits")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromHeader_OfAnEquinoxAsText_IsReadAsAYear()
    {
        var header = Header("RA---SIN", "DEC--SIN", 10, 20, 0.01);
        header.Set("EPOCH", "J2000.0");
        Assert.Equal(SkyFrame.Fk5(), WorldCoordinateSystem.FromHeader(header, "image.fits").Frame);
    }

    [Theory]
    [InlineData("TAN")]
    [InlineData("STG")]
    [InlineData("ARC")]
    [InlineData("CAR")]
    [InlineData("MER")]
    [InlineData("HPX")]
    public void PixelToSky_BeyondAllMeasure_IsNoPosition(string projection)
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("RA---" + projection, "DEC--" + projection, 10, 20, 1), "image.fits");
        Assert.True(double.IsNaN(wcs.PixelToSky(1e200, -1e200).RightAscension));
    }

    [Fact]
    public void AddTo_AHeaderWithAnotherWcs_IsRefused()
    {
        var header = new FitsHeader();
        header.Set("CROTA2", 20.0);
        Assert.Contains("CROTA2", Assert.Throws<ArgumentException>(() => WorldCoordinateSystem.Sin(_centre, 1, 0, 0).AddTo(header)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PixelAndSky_AllocateNothing()
    {
        var wcs = WorldCoordinateSystem.FromHeader(Header("GLON-ZEA", "GLAT-ZEA", 10, 20, 0.01), "image");
        double sum = Walk(wcs);
        long before = GC.GetAllocatedBytesForCurrentThread();
        sum += Walk(wcs);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(double.IsFinite(sum));

        static double Walk(WorldCoordinateSystem wcs)
        {
            double sum = 0;
            for (int i = 0; i < 1000; i++)
            {
                if (wcs.TrySkyToPixel(wcs.PixelToSky(i, -i), out double column, out double row))
                    sum += column + row;
            }
            return sum;
        }
    }

    private static FitsHeader Header(string type1, string type2, double longitude, double latitude, double scale)
    {
        var header = new FitsHeader();
        header.Set("CTYPE1", type1);
        header.Set("CTYPE2", type2);
        header.Set("CRVAL1", longitude);
        header.Set("CRVAL2", latitude);
        header.Set("CRPIX1", 1.0);
        header.Set("CRPIX2", 1.0);
        header.Set("CDELT1", -scale);
        header.Set("CDELT2", scale);
        return header;
    }
}
