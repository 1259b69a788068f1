using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SimulatedSurveyTests : IDisposable
{
    private static readonly SimulatedSurveyOptions _options = new() { MosaicSide = 400, Sources = 60, Seed = 3 };
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Mosaics_AreLikeThoseOfTheSurvey()
    {
        var survey = SimulatedSurvey.Write(_folder.Path, _options, cancellationToken: TestContext.Current.CancellationToken);
        List<string> problems = [];
        var mosaics = MosaicFolder.Scan(survey.MosaicDirectory, problems);
        Assert.Empty(problems);
        Assert.Equal(4, mosaics.Count);
        foreach (var mosaic in mosaics)
        {
            Assert.Equal(1.5, mosaic.Wcs.PixelScaleArcsec, 1e-9);
            Assert.Equal(6, mosaic.BeamArcsec!.Value, 1e-9);
            using var file = FitsFile.Open(mosaic.Path);
            var image = file.FirstImage();
            float[] pixels = new float[image.Width * image.Height];
            image.ReadPixels(0, 0, image.Width, image.Height, pixels);
            Assert.Equal("RA---SIN", image.Header.GetString("CTYPE1"));
            Assert.True(float.IsNaN(pixels[0]) && float.IsNaN(pixels[^1]), "The corners should be blanked.");
            Assert.InRange(pixels.Count(float.IsNaN) / (double)pixels.Length, 0.001, 0.4);

            var noise = ImageStatistics.SigmaClipped(pixels);
            Assert.InRange(noise.StandardDeviation, 0.9 * _options.Rms, 1.4 * _options.Rms);
            // A beam of 4 pixels: exp(-1 / (4 sigma^2)) = 0.917 between neighbours, and nothing 16 pixels away.
            Assert.InRange(Correlation(pixels, image.Width, 1, 5 * _options.Rms), 0.85, 0.97);
            Assert.InRange(Correlation(pixels, image.Width, 16, 5 * _options.Rms), -0.1, 0.15);
        }
    }

    [Fact]
    public void Catalogue_NamesSourcesThatTheMosaicsShow()
    {
        var survey = SimulatedSurvey.Write(_folder.Path, _options, cancellationToken: TestContext.Current.CancellationToken);
        var catalogue = Catalogue.Read(survey.CataloguePath);
        Assert.Equal(_options.Sources, catalogue.Rows.Count);
        Assert.Contains(catalogue.Rows, row => row.OpticalPosition == null);
        var mosaics = MosaicFolder.Scan(survey.MosaicDirectory, []);
        var plan = TileAssignment.Assign(catalogue, mosaics, 80);
        int checkedSources = 0;
        foreach (var (id, rows) in plan.RowsByMosaic)
        {
            var tile = CutoutExtractor.Extract(mosaics.Single(mosaic => mosaic.Id == id), [.. rows.Select(row => catalogue.Rows[row])], new CutoutOptions(), _ => _ => { });
            foreach (var cutout in tile.Where(cutout => !cutout.Problem && !cutout.HasNan))
            {
                // Half a pixel off in both directions, a 4 pixel beam shows exp(-4 ln 2 (0.5 / 16)) = 0.917 of its peak.
                double catalogued = catalogue.Rows[cutout.Row].PeakFluxMilliJansky / 1000;
                Assert.True(cutout.PeakFlux > 0.91 * catalogued - 6 * _options.Rms, $"{cutout.SourceName}: {cutout.PeakFlux} Jy/beam of {catalogued}");
                checkedSources++;
            }
        }
        Assert.True(checkedSources > _options.Sources / 4, $"{checkedSources} sources have whole cut-outs.");
    }

    [Fact]
    public void Survey_OfTheSameSeed_HasTheSameBytes()
    {
        using var other = new TemporaryFolder();
        var first = SimulatedSurvey.Write(_folder.Path, _options, cancellationToken: TestContext.Current.CancellationToken);
        var second = SimulatedSurvey.Write(other.Path, _options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(File.ReadAllBytes(first.CataloguePath), File.ReadAllBytes(second.CataloguePath));
        foreach (string path in Directory.GetFiles(first.MosaicDirectory))
            Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(Path.Combine(second.MosaicDirectory, Path.GetFileName(path))));
    }

    /// <summary>Correlation of pixels some columns apart, where there is nothing but noise.</summary>
    private static double Correlation(float[] pixels, int width, int distance, double limit)
    {
        double products = 0, squares = 0;
        for (int i = 0; i + distance < pixels.Length; i++)
        {
            if (i % width + distance >= width || !(Math.Abs(pixels[i]) < limit) || !(Math.Abs(pixels[i + distance]) < limit))
                continue;
            products += (double)pixels[i] * pixels[i + distance];
            squares += ((double)pixels[i] * pixels[i] + (double)pixels[i + distance] * pixels[i + distance]) / 2;
        }
        return products / squares;
    }
}
