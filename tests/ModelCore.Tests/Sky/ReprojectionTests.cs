using System.Text.Json;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

public class ReprojectionTests
{
    private const int Side = 64;
    private const double Scale = 1.5;                        // arc seconds a pixel
    private const double FwhmPixels = 4;                     // a 6 arc second beam
    private static readonly SkyCoordinate _centre = new(209.5612, 52.9117);

    public static TheoryData<Interpolation> Kernels => [.. Enum.GetValues<Interpolation>()];

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Reproject_OntoItsOwnGrid_IsBitForBitTheImage(Interpolation kernel)
    {
        float[] image = Noise(Side);
        image[5 * Side + 7] = float.NaN;
        var wcs = WorldCoordinateSystem.FromHeader(Header("GLON-ZEA", "GLAT-ZEA", 133, 50, Scale / 3600, 27), "image");
        Assert.Equal(image, Reproject(image, wcs, wcs, kernel));
    }

    [Theory]
    [MemberData(nameof(Kernels))]
    public void Reproject_ByWholePixels_CopiesThem(Interpolation kernel)
    {
        float[] image = Noise(Side);
        var from = WorldCoordinateSystem.Sin(_centre, Scale, 31, 30);
        float[] shifted = Reproject(image, from, from.Window(3, -5), kernel);
        for (int row = 0; row < Side; row++)
        {
            for (int column = 0; column < Side; column++)
            {
                float expected = column + 3 < Side && row - 5 >= 0 ? image[(row - 5) * Side + column + 3] : float.NaN;
                Assert.Equal(expected, shifted[row * Side + column]);
            }
        }
    }

    /// <summary>
    /// A point source of Gaussian shape, sampled by 4 pixels per beam, on a grid that is turned, shifted, of another projection and
    /// frame. The tolerances are the largest errors that the kernels make for this beam anywhere between the pixels (found by scanning all
    /// offsets of source and place: 0.0071, 0.0145 and 0.0825 of the peak), rounded up. Centres: Lanczos-3 does not keep a slope exactly, and
    /// shifts it by up to 0.01998 pixels in each direction; the others do.
    /// </summary>
    [Theory]
    [InlineData(Interpolation.Lanczos3, 0.0075, 0.02)]
    [InlineData(Interpolation.Bicubic, 0.015, 0.01)]
    [InlineData(Interpolation.Bilinear, 0.083, 0.01)]
    public void Reproject_OfAGaussianSource_KeepsItsShape(Interpolation kernel, double tolerance, double pixels)
    {
        var from = WorldCoordinateSystem.Sin(_centre, Scale, 31.3, 30.8);
        var to = WorldCoordinateSystem.FromHeader(Header("GLON-STG", "GLAT-STG", SkyFrame.Galactic.FromIcrs(_centre), Scale / 3600, 33), "target");
        float[] image = Gaussian(from), expected = Gaussian(to);
        float[] found = Reproject(image, from, to, kernel);
        double worst = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (!float.IsNaN(found[i]))
                worst = Math.Max(worst, Math.Abs(found[i] - expected[i]));
        }
        Assert.InRange(worst, 0, tolerance);
        Assert.Equal(1, found.Max() / expected.Max(), tolerance);
        Assert.True(to.TrySkyToPixel(_centre, out double expectedColumn, out double expectedRow));
        var (column, row) = Centroid(found, expectedColumn, expectedRow);
        Assert.Equal(expectedColumn, column, pixels);
        Assert.Equal(expectedRow, row, pixels);
    }

    [Fact]
    public void Reproject_TurnedThereAndBack_IsTheImage()
    {
        var from = WorldCoordinateSystem.Sin(_centre, Scale, 31.5, 31.5);
        var turned = WorldCoordinateSystem.Sin(_centre, Scale, 31.5, 31.5, positionAngle: 30);
        float[] image = Gaussian(from);
        float[] back = Reproject(Reproject(image, from, turned, Interpolation.Lanczos3), turned, from, Interpolation.Lanczos3);
        for (int row = 20; row < 44; row++)
        {
            for (int column = 20; column < 44; column++)
                Assert.Equal(image[row * Side + column], back[row * Side + column], 0.015);        // twice the error of once, above
        }
    }

    [Theory]
    [InlineData(Interpolation.Bilinear)]
    [InlineData(Interpolation.Bicubic)]
    [InlineData(Interpolation.Lanczos3)]
    public void Reproject_OfAFlatImageWithAHole_IsFlatAroundIt(Interpolation kernel)
    {
        float[] image = new float[Side * Side];
        Array.Fill(image, 2.5f);
        image[32 * Side + 32] = float.NaN;
        image[10 * Side + 12] = float.PositiveInfinity;
        var from = WorldCoordinateSystem.Sin(_centre, Scale, 31, 30);
        var to = WorldCoordinateSystem.Sin(_centre, Scale * 0.9, 31.2, 30.3, positionAngle: 12);
        float[] found = Reproject(image, from, to, kernel);
        Assert.All(found.Where(float.IsFinite), value => Assert.Equal(2.5f, value, 1e-6f));
        Assert.DoesNotContain(found, float.IsInfinity);
        int blank = 0;
        for (int i = 0; i < found.Length; i++)
        {
            Assert.True(new PixelMap(to, from).TryMap(i % Side, i / Side, out double x, out double y));
            bool isOutside = !(x >= -0.5 && y >= -0.5 && x <= Side - 0.5 && y <= Side - 0.5);
            bool isInHole = (Math.Round(x), Math.Round(y)) is (32, 32) or (12, 10);
            Assert.Equal(isOutside || isInHole, float.IsNaN(found[i]));
            blank += isInHole ? 1 : 0;
        }
        Assert.InRange(blank, 2, 4);
    }

    [Theory]
    [InlineData(Interpolation.Bilinear, "bilinear")]
    [InlineData(Interpolation.Bicubic, "bicubic")]
    [InlineData(Interpolation.Lanczos3, "lanczos3")]
    public void Reproject_OfAGalacticImage_IsScipys(Interpolation kernel, string name)
    {
        var vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(TestFiles.RepositoryRoot, "tests", "Vectors", "wcs", "reprojection.json"))).RootElement;
        var from = WorldCoordinateSystem.FromHeader(WcsVectors.Header(vectors.GetProperty("source")), "source");
        var to = WorldCoordinateSystem.FromHeader(WcsVectors.Header(vectors.GetProperty("target")), "target");
        float[] image = [.. vectors.GetProperty("image").EnumerateArray().Select(value => value.GetSingle())];
        int width = vectors.GetProperty("target_width").GetInt32(), height = vectors.GetProperty("target_height").GetInt32();
        float[] found = new float[width * height];
        Reprojection.Reproject(image, vectors.GetProperty("width").GetInt32(), vectors.GetProperty("height").GetInt32(), from, found, width, height, to, kernel);
        var map = new PixelMap(to, from);
        int compared = 0;
        for (int i = 0; i < found.Length; i++)
        {
            Assert.True(map.TryMap(i % width, i / width, out double x, out double y));
            Assert.Equal(vectors.GetProperty("x")[i].GetDouble(), x, 1e-6);
            Assert.Equal(vectors.GetProperty("y")[i].GetDouble(), y, 1e-6);
            if (vectors.GetProperty(name)[i].ValueKind == JsonValueKind.Null)
                continue;
            Assert.Equal(vectors.GetProperty(name)[i].GetDouble(), found[i], 1e-5);      // 1e-6 pixels times a gradient of a few
            compared++;
        }
        Assert.True(compared > 60, $"{compared} pixels");
    }

    [Fact]
    public void SourceWindow_IsAllThatIsRead()
    {
        const int Small = 16;
        float[] image = Noise(Side);
        var from = WorldCoordinateSystem.Sin(_centre, Scale, 31, 30);
        var to = WorldCoordinateSystem.Sin(from.PixelToSky(20, 40), Scale, 7.4, 7.7, positionAngle: 40);
        var window = Reprojection.SourceWindow(Side, Side, from, Small, Small, to, Interpolation.Lanczos3)!.Value;
        Assert.InRange(window.Width, 20, 36);
        float[] part = new float[window.Width * window.Height];
        for (int row = 0; row < window.Height; row++)
            image.AsSpan((window.FirstRow + row) * Side + window.FirstColumn, window.Width).CopyTo(part.AsSpan(row * window.Width));
        float[] ofAll = new float[Small * Small], ofPart = new float[Small * Small];
        Reprojection.Reproject(image, Side, Side, from, ofAll, Small, Small, to, Interpolation.Lanczos3);
        Reprojection.Reproject(part, window.Width, window.Height, from.Window(window.FirstColumn, window.FirstRow), ofPart, Small, Small, to, Interpolation.Lanczos3);
        for (int i = 0; i < ofAll.Length; i++)
            Assert.Equal(ofAll[i], ofPart[i], 1e-6);         // CRPIX differs in its last digits
        Assert.Null(Reprojection.SourceWindow(Side, Side, from, Small, Small, WorldCoordinateSystem.Sin(new SkyCoordinate(20, -30), Scale, 8, 8), Interpolation.Bilinear));
    }

    [Fact]
    public void Reproject_IntoTooSmallATarget_IsRefused()
    {
        var wcs = WorldCoordinateSystem.Sin(_centre, Scale, 0, 0);
        Assert.Throws<ArgumentException>(() => Reprojection.Reproject(new float[4], 2, 2, wcs, new float[3], 2, 2, wcs, Interpolation.Bilinear));
        Assert.Throws<ArgumentException>(() => Reprojection.Reproject(new float[3], 2, 2, wcs, new float[4], 2, 2, wcs, Interpolation.Bilinear));
        Assert.Throws<ArgumentException>(() => Reprojection.Reproject([], 0, 0, wcs, new float[4], 2, 2, wcs, Interpolation.Bilinear));
    }

    [Fact]
    public void Reproject_OfOnePixel_IsThatPixel()
    {
        var from = WorldCoordinateSystem.Sin(_centre, Scale, 0, 0);
        float[] target = new float[1];
        Reprojection.Reproject([3], 1, 1, from, target, 1, 1, WorldCoordinateSystem.Sin(_centre, Scale, 0.3, -0.2), Interpolation.Lanczos3);
        Assert.Equal([3f], target);
    }

    private static float[] Reproject(float[] image, WorldCoordinateSystem from, WorldCoordinateSystem to, Interpolation kernel)
    {
        float[] target = new float[image.Length];
        Reprojection.Reproject(image, Side, Side, from, target, Side, Side, to, kernel);
        return target;
    }

    private static float[] Noise(int side)
    {
        var random = new Random(4);
        return [.. Enumerable.Range(0, side * side).Select(_ => (float)(random.NextDouble() - 0.5))];
    }

    /// <summary>Peak 1 at the centre, by the true distance on the sky of each pixel.</summary>
    private static float[] Gaussian(WorldCoordinateSystem wcs)
    {
        double fwhm = FwhmPixels * Scale;
        return [.. Enumerable.Range(0, Side * Side).Select(i =>
        {
            double distance = wcs.PixelToSky(i % Side, i / Side).SeparationTo(_centre) * 3600 / fwhm;
            return (float)Math.Exp(-4 * Math.Log(2) * distance * distance);
        })];
    }

    /// <summary>Within two beams of a place.</summary>
    private static (double Column, double Row) Centroid(float[] image, double column, double row)
    {
        double sum = 0, columns = 0, rows = 0;
        for (int i = 0; i < image.Length; i++)
        {
            if (Math.Pow(i % Side - column, 2) + Math.Pow(i / Side - row, 2) <= Math.Pow(2 * FwhmPixels, 2))
                (sum, columns, rows) = (sum + image[i], columns + image[i] * (i % Side), rows + image[i] * (i / Side));
        }
        return (columns / sum, rows / sum);
    }

    private static FitsHeader Header(string type1, string type2, SphericalCoordinate centre, double scale, double rotation) =>
        Header(type1, type2, centre.Longitude, centre.Latitude, scale, rotation);

    private static FitsHeader Header(string type1, string type2, double longitude, double latitude, double scale, double rotation)
    {
        var header = new FitsHeader();
        header.Set("CTYPE1", type1);
        header.Set("CTYPE2", type2);
        header.Set("CRVAL1", longitude);
        header.Set("CRVAL2", latitude);
        header.Set("CRPIX1", 33.0);
        header.Set("CRPIX2", 32.4);
        header.Set("CDELT1", -scale);
        header.Set("CDELT2", scale);
        header.Set("CROTA2", rotation);
        return header;
    }
}
