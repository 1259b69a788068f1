using RadioDiffusion.ModelCore.Catalogues;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SourceShapeTests : IDisposable
{
    private const int Side = 61;
    private const double PixelScale = 1.8, Beam = 5.4, SurveyBeam = 6;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Shape_OfAPointSource_IsThePointSourceOfTheSurvey()
    {
        var shape = SourceShape.Of("point", Image((0, 0, 1, Beam)), Side, PixelScale, Beam, SurveyBeam)!;
        Assert.Equal(1, shape.TotalFlux, 0.02);                  // what is below a per cent of the peak is cut off
        foreach (var (east, north) in new[] { (0.0, 0.0), (3.0, 0.0), (0.0, -3.0), (2.0, 2.0), (-4.0, 1.0) })
            Assert.Equal(Math.Exp(-4 * Math.Log(2) * (east * east + north * north) / (SurveyBeam * SurveyBeam)), shape.At(east, north), 0.015);
        Assert.Equal(0, shape.At(500, 0));
    }

    [Fact]
    public void Shape_OfASourceToTheNorthEast_IsBrightThere()
    {
        var shape = SourceShape.Of("two", Image((0, 0, 1, Beam), (18, 9, 0.5, Beam)), Side, PixelScale, Beam, SurveyBeam)!;
        Assert.Equal(0.5, shape.At(18, 9), 0.02);
        Assert.Equal(0, shape.At(-18, 9), 0.001);
        Assert.InRange(shape.ExtentArcsec, 2 * 20, 2 * 29);
    }

    [Fact]
    public void Specks_AndWhatTheBorderCutsOff_AreLeftOut()
    {
        float[] image = Image((0, 0, 1, Beam), (PixelScale * (Side / 2), 0, 0.9, Beam));
        image[5 * Side + 30] = image[5 * Side + 31] = 0.6f;
        var shape = SourceShape.Of("specks", image, Side, PixelScale, Beam, SurveyBeam)!;
        Assert.Equal(0, shape.At(0, PixelScale * (5 - Side / 2)), 1e-6);
        Assert.Equal(0, shape.At(PixelScale * (Side / 2 - 2), 0), 1e-6);
        Assert.Equal(1, shape.At(0, 0), 0.01);
    }

    [Fact]
    public void Images_WithoutASource_GiveNoShape()
    {
        Assert.Null(SourceShape.Of("flat", new float[Side * Side], Side, PixelScale, Beam, SurveyBeam));
        float[] speck = new float[Side * Side];
        speck[Side * Side / 2] = 1;
        Assert.Null(SourceShape.Of("speck", speck, Side, PixelScale, Beam, SurveyBeam));
    }

    [Fact]
    public void Survey_OfShapes_HasTheFluxesOfItsCatalogueAndNamesTheShapesInItsTruth()
    {
        var shape = SourceShape.Of("doubles:7", Image((7 * PixelScale, 0, 1, Beam), (-7 * PixelScale, 0, 0.7, 9)), Side, PixelScale, Beam, SurveyBeam)!;
        var options = new SimulatedSurveyOptions { MosaicSide = 500, Sources = 12, Seed = 5, Rms = 1e-9, Shapes = [shape], ShapeShare = 1 };
        var survey = SimulatedSurvey.Write(_folder.Path, options, cancellationToken: TestContext.Current.CancellationToken);
        var catalogue = Catalogue.Read(survey.CataloguePath);
        var mosaics = MosaicFolder.Scan(survey.MosaicDirectory, []);
        int looked = 0;
        foreach (var row in catalogue.Rows)
        {
            foreach (var mosaic in mosaics)
            {
                if (!mosaic.Wcs.TrySkyToPixel(row.Position, out double column, out double line) || Math.Min(column, line) < 45 || Math.Max(column, line) > 454)
                    continue;
                using var file = FitsFile.Open(mosaic.Path);
                float[] box = new float[80 * 80];
                file.FirstImage().ReadPixels((int)column - 40, (int)line - 40, 80, 80, box);
                if (box.Any(float.IsNaN))
                    continue;
                looked++;
                // The nearest pixel is up to 0.7 of 4 pixels a beam away from the peak: 0.917 of it or more.
                Assert.InRange(box.Max(), 0.91 * row.PeakFluxMilliJansky / 1000, 1.01 * row.PeakFluxMilliJansky / 1000);
                double flux = box.Sum(pixel => (double)pixel) * 1.5 * 1.5 / (1.1330900354567985 * SurveyBeam * SurveyBeam);
                Assert.Equal(row.TotalFluxMilliJansky / 1000, flux, 0.03 * flux);
            }
        }
        Assert.True(looked >= 6, $"{looked} sources lie whole in a mosaic.");
        using var truth = FitsFile.Open(survey.TruthPath);
        var table = truth.FirstTable();
        Assert.All(table.ReadStrings("Image"), name => Assert.Equal("doubles:7", name));
    }

    [Fact]
    public void Names_AreThePositionsCutOffToHundredthsOfSecondsAndTenthsOfArcseconds()
    {
        var survey = SimulatedSurvey.Write(_folder.Path, new SimulatedSurveyOptions { MosaicSide = 300, Sources = 10, Seed = 1 }, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var row in Catalogue.Read(survey.CataloguePath).Rows)
        {
            Assert.Matches(@"^ILTJ\d{6}\.\d\d\+\d{6}\.\d$", row.SourceName);
            double degrees = int.Parse(row.SourceName[14..16]) + int.Parse(row.SourceName[16..18]) / 60.0 + double.Parse(row.SourceName[18..]) / 3600;
            double hours = int.Parse(row.SourceName[4..6]) + int.Parse(row.SourceName[6..8]) / 60.0 + double.Parse(row.SourceName[8..13]) / 3600;
            Assert.InRange(row.Position.Declination - degrees, -1e-9, 0.1 / 3600);
            Assert.InRange(row.Position.RightAscension / 15 - hours, -1e-9, 0.01 / 3600);
        }
    }

    /// <summary>Gaussians of some FWHM at offsets in arc seconds.</summary>
    private static float[] Image(params (double East, double North, double Peak, double Width)[] sources)
    {
        float[] image = new float[Side * Side];
        foreach (var (east, north, peak, width) in sources)
        {
            for (int i = 0; i < image.Length; i++)
            {
                double x = (Side / 2 - i % Side) * PixelScale - east, y = (i / Side - Side / 2) * PixelScale - north;
                image[i] += (float)(peak * Math.Exp(-4 * Math.Log(2) * (x * x + y * y) / (width * width)));
            }
        }
        return image;
    }
}
