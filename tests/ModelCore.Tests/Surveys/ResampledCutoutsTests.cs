using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

/// <summary>Cut-outs on a grid of their own.</summary>
public sealed class ResampledCutoutsTests : IDisposable
{
    /// <summary>Lanczos-3 at 4 pixels a beam: see ReprojectionTests.</summary>
    private const double KernelError = 0.0075;
    private readonly TemporaryFolder _folder = new();

    private PaintedSky Sky => new(_folder);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(24)]
    [InlineData(25)]
    public void Cutouts_OfMosaicsWithOtherPixelsOrientationAndFrame_AreTheSameSkyWithTheSourceInTheMiddle(int size)
    {
        Mosaic[] mosaics =
        [
            Sky.Write("straight", WorldCoordinateSystem.Sin(PaintedSky.Centre, 1.5, 130.4, 129.8), 260, 260),
            Sky.Write("turned", WorldCoordinateSystem.Sin(PaintedSky.Position(12, -8), 1.2, 160.7, 161.2, positionAngle: 33), 320, 320),
            Sky.Write("galactic", PaintedSky.Galactic(1.35, 71, 150.3, 149.6), 300, 300),
            Sky.Write("millijansky", WorldCoordinateSystem.Sin(PaintedSky.Centre, 1.4, 139.1, 140.2), 280, 280, factor: 1000, unit: "mJy/beam"),
        ];
        var options = new CutoutOptions { Size = size, PixelScaleArcsec = 1.5 };
        var rows = PaintedSky.SourceRows();
        foreach (var mosaic in mosaics)
        {
            var (measurements, images) = Extract(mosaic, rows, options);
            for (int i = 0; i < rows.Length; i++)
            {
                Assert.Equal((false, false, 1.0), (measurements[i].Problem, measurements[i].HasNan, measurements[i].Coverage));
                float[] image = images[measurements[i].ImageIndex];
                double middle = (size - 1) / 2.0;
                var (column, row, sum) = PaintedSky.Source(image, size, middle, middle, 2 * PaintedSky.FwhmArcsec / 1.5);
                Assert.Equal(middle, column, 0.03);          // the kernel moves a source by up to 0.02 pixels
                Assert.Equal(middle, row, 0.03);
                // Flux of the compact source: sum over the pixels of a beam, pi / (4 ln 2) FWHM^2.
                double beam = Math.PI / (4 * Math.Log(2)) * Math.Pow(PaintedSky.FwhmArcsec / 1.5, 2);
                Assert.Equal(PaintedSky.Sources[i].Peak, sum / beam, 0.01 * PaintedSky.Sources[i].Peak);        // pixels err by up to 0.75 % of the peak, to both sides
                var grid = WorldCoordinateSystem.Sin(rows[i].Centre, 1.5, middle, middle);
                for (int pixel = 0; pixel < image.Length; pixel++)
                    Assert.Equal(PaintedSky.Brightness(grid.PixelToSky(pixel % size, pixel / size)), image[pixel], KernelError * PaintedSky.Sources[i].Peak);
            }
        }
    }

    [Fact]
    public void Cutouts_WithAMargin_HaveTheSameImageInTheirMiddle()
    {
        var mosaic = Sky.Write("turned", WorldCoordinateSystem.Sin(PaintedSky.Centre, 1.2, 160.7, 161.2, positionAngle: 33), 320, 320, noise: 0.01);
        var rows = PaintedSky.SourceRows();
        var options = new CutoutOptions { Size = 20, PixelScaleArcsec = 1.5 };
        var (plain, small) = Extract(mosaic, rows, options);
        var (turning, large) = Extract(mosaic, rows, options with { AnyAngle = true });
        int stored = (options with { AnyAngle = true }).StoredSize, margin = (stored - 20) / 2;
        Assert.True(margin > 0);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(plain[i].Coverage, turning[i].Coverage);
            Assert.Equal(plain[i].SigmaSnr, turning[i].SigmaSnr, 1e-4 * plain[i].SigmaSnr);
            for (int pixel = 0; pixel < 400; pixel++)
                Assert.Equal(small[plain[i].ImageIndex][pixel], large[turning[i].ImageIndex][(margin + pixel / 20) * stored + margin + pixel % 20], 1e-5);     // CRPIX differs in its last digits
        }
    }

    [Fact]
    public void Cutouts_OverTheEdgeOfATurnedMosaic_FollowTheRulesOfThoseThatAreNotResampled()
    {
        const int Side = 120;
        var wcs = WorldCoordinateSystem.Sin(PaintedSky.Centre, 1.5, 59.5, 59.5, positionAngle: 90);
        var mosaic = Sky.Write("quarter", wcs, Side, Side, noise: 0.01, change: pixels => pixels[60 * Side + 60] = float.NaN);
        // North is along the columns: 15 of 20 rows of the grid lie in the mosaic, none of the last, and a blanked pixel is in the middle one.
        var rows = new[] { wcs.PixelToSky(Side - 5.5, 30), wcs.PixelToSky(-30, 60), wcs.PixelToSky(60, 60) }
            .Select((position, i) => new CatalogueRow { Index = i, SourceName = $"{i}", Position = position }).ToArray();
        var options = new CutoutOptions { Size = 20, PixelScaleArcsec = 1.5 };
        Assert.Equal([true, true, false], Extract(mosaic, rows, options).Measurements.Select(measurement => measurement.Problem));

        var (padded, images) = Extract(mosaic, rows, options with { MinimumCoverage = 0.5 });
        Assert.Equal([false, true, false], padded.Select(measurement => measurement.Problem));
        Assert.Equal([0.75, 0, 1], padded.Select(measurement => measurement.Coverage));
        Assert.Equal([false, false, true], padded.Select(measurement => measurement.HasNan));
        float[] image = images[padded[0].ImageIndex];
        float[][] lines = [.. image.Chunk(20)];
        Assert.Equal(5, lines.Count(line => line.All(pixel => pixel == 0)));
        float[] there = [.. lines.Where(line => line.Any(pixel => pixel != 0)).SelectMany(line => line)];
        Assert.Equal(300, there.Length);
        Assert.Equal(ImageStatistics.SigmaSnr(there).Ratio, padded[0].SigmaSnr);
        float edge = lines.Where(line => line.Any(pixel => pixel != 0)).Select((line, i) => i is 0 or 14 ? line.Max() : Math.Max(line[0], line[19])).Max();
        Assert.Equal((double)edge / there.Max(), padded[0].EdgeRelativeMaximum);
        Assert.DoesNotContain(images[padded[2].ImageIndex], float.IsNaN);
    }

    /// <summary>A grid of coarser pixels reads no single one of the mosaic's: a blanked one counts all the same, but not one outside.</summary>
    [Theory]
    [InlineData(100, 100, true)]
    [InlineData(101, 99, true)]
    [InlineData(108, 92, true)]
    [InlineData(111, 100, false)]
    public void Cutout_WithABlankedPixelBetweenItsOwn_IsBlanked(int column, int row, bool expected)
    {
        const int Side = 200;
        var wcs = WorldCoordinateSystem.Sin(PaintedSky.Centre, 1, 100, 100);
        var mosaic = Sky.Write("holed", wcs, Side, Side, noise: 0.01, change: pixels => pixels[row * Side + column] = float.NaN);
        var place = new[] { new CatalogueRow { Index = 0, SourceName = "middle", Position = wcs.PixelToSky(100, 100) } };
        var (measurements, images) = Extract(mosaic, place, new CutoutOptions { Size = 8, PixelScaleArcsec = 2.5 });
        Assert.Equal((false, expected), (measurements[0].Problem, measurements[0].HasNan));
        Assert.DoesNotContain(images[0], float.IsNaN);
    }

    [Fact]
    public void Assignment_OfResampledCutouts_AsksForTheTurnedSquare()
    {
        // 45 degrees: a square of 40 pixels reaches 28 pixels from its centre.
        var mosaic = Sky.Write("diagonal", WorldCoordinateSystem.Sin(PaintedSky.Centre, 1.5, 99.5, 99.5, positionAngle: 45), 200, 200);
        var options = new CutoutOptions { Size = 40, PixelScaleArcsec = 1.5 };
        var footprint = new MosaicFootprint(mosaic);
        Assert.Equal(2, footprint.Coverage(mosaic.Wcs.PixelToSky(29, 100), options));
        Assert.Equal(1, footprint.Coverage(mosaic.Wcs.PixelToSky(24, 100), options));
        Assert.Equal(2, footprint.Coverage(mosaic.Wcs.PixelToSky(24, 100), options with { PixelScaleArcsec = 0 }));
        Assert.Equal(0, footprint.Coverage(mosaic.Wcs.PixelToSky(-2, 100), options));
        Assert.Equal(0, footprint.Coverage(new SkyCoordinate(double.NaN, 0), options));
        var positions = BackgroundPositions.Draw(mosaic, [], 50, options, seed: 1);
        Assert.All(positions, position => Assert.Equal(2, footprint.Coverage(position, options)));
        Assert.Equal(50, positions.Count);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void PixelScale_OutOfRange_IsRefused(double scale) =>
        Assert.Contains("pixel scale", Assert.Throws<RadioDiffusionException>(new CutoutOptions { PixelScaleArcsec = scale }.Check).Message, StringComparison.Ordinal);

    private static (CutoutMeasurement[] Measurements, List<float[]> Images) Extract(Mosaic mosaic, CatalogueRow[] rows, CutoutOptions options)
    {
        var images = new List<float[]>();
        var measurements = CutoutExtractor.Extract(mosaic, rows, options, _ => pixels => images.Add(pixels.ToArray()));
        return (measurements, images);
    }
}
