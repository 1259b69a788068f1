using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>Positions against astropy's (WCSLIB), to 1e-9 degrees and 1e-6 pixels.</summary>
[Trait("Category", "Golden")]
public class WorldCoordinateSystemGoldenTests
{
    private const double SkyTolerance = 1e-9;
    private const double PixelTolerance = 1e-6;
    private readonly GoldenCase _case = new("fits-wcs");

    [Fact]
    public void Positions_OfAllImages_AreThoseOfAstropy()
    {
        int files = 0;
        foreach (var expected in _case.Json.GetProperty("image_files").EnumerateArray().Where(image => image.TryGetProperty("wcs", out _)))
        {
            string name = expected.GetProperty("file").GetString()!;
            using var file = FitsFile.Open(_case.File(name));
            var header = file.Hdus[expected.GetProperty("hdu").GetInt32()].Header;
            files++;
            var wcs = WorldCoordinateSystem.FromHeader(header, name);
            double[] pixels = _case.Values<double>("wcs.safetensors", Path.GetFileNameWithoutExtension(name) + ".pixel");
            double[] world = _case.Values<double>("wcs.safetensors", Path.GetFileNameWithoutExtension(name) + ".world");
            for (int i = 0; i < pixels.Length; i += 2)
            {
                var position = wcs.PixelToWorld(pixels[i], pixels[i + 1]);
                Assert.InRange(position.Longitude, 0, 360);
                Assert.True(WcsVectors.Separation(position, new SphericalCoordinate(world[i], world[i + 1])) <= SkyTolerance, $"{name}: {position} for {world[i]}, {world[i + 1]}");
                Assert.True(wcs.TryWorldToPixel(new SphericalCoordinate(world[i], world[i + 1]), out double column, out double row), name);
                bool isThere = Math.Abs(column - pixels[i]) <= PixelTolerance && Math.Abs(row - pixels[i + 1]) <= PixelTolerance;
                Assert.True(isThere || WcsVectors.AreTheSameBorderPoint(wcs, pixels[i], pixels[i + 1], column, row), $"{name}: {column}, {row} for {pixels[i]}, {pixels[i + 1]}");
            }
            if (expected.TryGetProperty("pixels_without_sky", out var without))
            {
                foreach (var pixel in without.EnumerateArray())
                    Assert.Equal(double.NaN, wcs.PixelToWorld(pixel[0].GetDouble(), pixel[1].GetDouble()).Longitude);
            }
            double[] scales = [.. expected.GetProperty("pixel_scale_arcsec").EnumerateArray().Select(scale => scale.GetDouble())];
            Assert.Equal(Math.Sqrt(scales[0] * scales[1]), wcs.PixelScaleArcsec, 1e-9 * scales[0]);
        }
        Assert.True(files > 0, "No image of the case has a WCS.");
    }
}
