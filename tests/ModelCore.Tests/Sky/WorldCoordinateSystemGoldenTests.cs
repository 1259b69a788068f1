using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;

namespace RadioDiffusion.ModelCore.Tests.Sky;

/// <summary>Positions against astropy's (WCSLIB), to the tolerances of the case.</summary>
[Trait("Category", "Golden")]
public class WorldCoordinateSystemGoldenTests
{
    public static TheoryData<string> Cases => TestFiles.GoldenCases("wcs_rules", "fits-wcs");


    [Theory]
    [MemberData(nameof(Cases))]
    public void Positions_OfAllImages_AreThoseOfAstropy(string caseName)
    {
        var golden = new GoldenCase(caseName);
        var tolerance = golden.Json.GetProperty("wcs_rules").GetProperty("tolerance");
        double skyTolerance = tolerance.GetProperty("separation_deg").GetDouble(), pixelTolerance = tolerance.GetProperty("pixel_from_world").GetDouble();
        int files = 0;
        foreach (var expected in golden.Json.GetProperty("image_files").EnumerateArray().Where(image => image.TryGetProperty("wcs", out _)))
        {
            string name = expected.GetProperty("file").GetString()!;
            using var file = FitsFile.Open(golden.File(name));
            var header = file.Hdus[expected.GetProperty("hdu").GetInt32()].Header;
            files++;
            var wcs = WorldCoordinateSystem.FromHeader(header, name);
            double[] pixels = golden.Values<double>("wcs.safetensors", Path.GetFileNameWithoutExtension(name) + ".pixel");
            double[] world = golden.Values<double>("wcs.safetensors", Path.GetFileNameWithoutExtension(name) + ".world");
            for (int i = 0; i < pixels.Length; i += 2)
            {
                var position = wcs.PixelToWorld(pixels[i], pixels[i + 1]);
                Assert.InRange(position.Longitude, 0, 360);
                Assert.True(WcsVectors.Separation(position, new SphericalCoordinate(world[i], world[i + 1])) <= skyTolerance, $"{name}: {position} for {world[i]}, {world[i + 1]}");
                Assert.True(wcs.TryWorldToPixel(new SphericalCoordinate(world[i], world[i + 1]), out double column, out double row), name);
                bool isThere = Math.Abs(column - pixels[i]) <= pixelTolerance && Math.Abs(row - pixels[i + 1]) <= pixelTolerance;
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
