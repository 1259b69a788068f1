using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;

namespace RadioDiffusion.ModelCore.Tests.Surveys;

public sealed class CutoutOptionsTests : IDisposable
{
    private const int Side = 100;
    private readonly TemporaryFolder _folder = new();
    private readonly WorldCoordinateSystem _wcs = WorldCoordinateSystem.Sin(new SkyCoordinate(180, 45), 1.5, Side / 2, Side / 2);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Cutout_WithAMargin_HasTheMeasurementsOfTheImageInItsMiddle()
    {
        var (mosaic, pixels) = MosaicOf(seed: 1);
        var rows = RowsAt((50.5, 50.5), (61.3, 47.8));
        var (plain, plainImages) = Extract(mosaic, rows, new CutoutOptions { Size = 20 });
        var options = new CutoutOptions { Size = 20, AnyAngle = true };
        var (turning, images) = Extract(mosaic, rows, options);
        int margin = (options.StoredSize - 20) / 2;
        Assert.True(options.StoredSize >= 20 * Math.Sqrt(2) && (options.StoredSize - 20) % 2 == 0);
        for (int i = 0; i < rows.Length; i++)
        {
            Assert.Equal(plain[i], turning[i]);
            float[] stored = images[turning[i].ImageIndex], small = plainImages[plain[i].ImageIndex];
            for (int row = 0; row < 20; row++)
                Assert.Equal(small.AsSpan(row * 20, 20), stored.AsSpan((margin + row) * options.StoredSize + margin, 20));
            Assert.Equal(pixels[(plain[i].FirstRow - margin) * Side + plain[i].FirstColumn - margin], stored[0]);
        }
    }

    [Fact]
    public void Cutout_OverTheEdge_IsIncompleteOrFilledWithNothingAndMeasuredOnWhatIsThere()
    {
        var (mosaic, pixels) = MosaicOf(seed: 2);
        var rows = RowsAt((4.5, 50.5), (50.5, 98.5), (1.5, 1.5), (-30, 50));
        var (strict, none) = Extract(mosaic, rows, new CutoutOptions { Size = 20 });
        Assert.All(strict, measurement => Assert.True(measurement.Problem));
        Assert.Empty(none);

        var (padded, images) = Extract(mosaic, rows, new CutoutOptions { Size = 20, MinimumCoverage = 0.5 });
        Assert.Equal([false, false, true, true], padded.Select(measurement => measurement.Problem));
        Assert.Equal([15 / 20.0, 11 / 20.0], padded.Take(2).Select(measurement => measurement.Coverage));
        Assert.Equal(0, padded[3].Coverage);
        float[] first = images[padded[0].ImageIndex];
        for (int row = 0; row < 20; row++)
        {
            Assert.All(first.AsSpan(row * 20, 5).ToArray(), pixel => Assert.Equal(0, pixel));
            Assert.Equal(pixels.AsSpan((41 + row) * Side, 15), first.AsSpan(row * 20 + 5, 15));
        }
        float[] there = [.. Enumerable.Range(0, 20).SelectMany(row => pixels.AsSpan((41 + row) * Side, 15).ToArray())];
        Assert.Equal(ImageStatistics.SigmaSnr(there).Ratio, padded[0].SigmaSnr);
        Assert.False(padded[0].Broken);
    }

    [Fact]
    public void Backgrounds_OfAMosaic_LieInsideAndApartFromSources()
    {
        var (mosaic, _) = MosaicOf(seed: 3);
        var sources = RowsAt((30, 30), (70, 60));
        var options = new CutoutOptions { Size = 10 };
        var positions = BackgroundPositions.Draw(mosaic, sources, 40, options, seed: 5);
        Assert.Equal(40, positions.Count);
        Assert.Equal(positions, BackgroundPositions.Draw(mosaic, sources, 40, options, seed: 5));
        Assert.NotEqual(positions, BackgroundPositions.Draw(mosaic, sources, 40, options, seed: 6));
        var (cut, _) = Extract(mosaic, [.. positions.Select((position, i) => new CatalogueRow { Index = i, SourceName = $"{i}", Position = position })], options);
        Assert.All(cut, measurement =>
        {
            Assert.False(measurement.Problem);
            // Half of the cut-out and half of the 30 arcsec that a source without a size is taken to have.
            Assert.All(new[] { (30, 30), (70, 60) }, source => Assert.True(
                Math.Max(Math.Abs(measurement.FirstColumn + 5 - source.Item1), Math.Abs(measurement.FirstRow + 5 - source.Item2)) >= 14));
        });
    }

    [Fact]
    public void KeepSource_OfAnImage_LeavesWhatIsAboveTheBound()
    {
        float[] image = [-1, 0.1f, 0.5f, 2];
        ImageStatistics.KeepSource(image, 0.3);
        Assert.Equal([0, 0, 0.5f, 2], image);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(80, 0)]
    [InlineData(80, 1.5)]
    [InlineData(80, double.NaN)]
    public void Options_OutOfRange_AreRefused(int size, double coverage) =>
        Assert.Throws<RadioDiffusionException>(new CutoutOptions { Size = size, MinimumCoverage = coverage }.Check);

    private static (CutoutMeasurement[] Measurements, List<float[]> Images) Extract(Mosaic mosaic, CatalogueRow[] rows, CutoutOptions options)
    {
        var images = new List<float[]>();
        return (CutoutExtractor.Extract(mosaic, rows, options, _ => pixels => images.Add(pixels.ToArray())), images);
    }

    private CatalogueRow[] RowsAt(params (double Column, double Row)[] pixels) =>
        [.. pixels.Select((pixel, i) => new CatalogueRow { Index = i, SourceName = $"{i}", Position = _wcs.PixelToSky(pixel.Column, pixel.Row) })];

    private (Mosaic Mosaic, float[] Pixels) MosaicOf(ulong seed)
    {
        float[] pixels = new float[Side * Side];
        new RandomStream(seed, "mosaic").FillNormal(pixels);
        var header = new FitsHeader();
        _wcs.AddTo(header);
        string path = _folder.File($"P{seed}.fits");
        FitsWriter.WriteImage(path, pixels, Side, Side, header);
        return (MosaicFolder.Open(path), pixels);
    }
}
