using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.Surveys;
using RadioDiffusion.ModelCore.Surveys.Figures;

namespace RadioDiffusion.ModelCore.Tests.Surveys.Figures;

public sealed class RemovedExamplesTests : IDisposable
{
    private const int Side = 32, Size = 8;
    private readonly TemporaryFolder _folder = new();
    private readonly WorldCoordinateSystem _wcs = WorldCoordinateSystem.Sin(new SkyCoordinate(180, 45), 1.5, Side / 2, Side / 2);

    public RemovedExamplesTests()
    {
        float[] pixels = [.. Enumerable.Range(0, Side * Side).Select(i => i + 1f)];
        pixels[16 * Side + 16] = float.NaN;
        var header = new FitsHeader();
        _wcs.AddTo(header);
        header.Set("BUNIT", "mJy/beam");
        FitsWriter.WriteImage(_folder.File("A.fits"), pixels, Side, Side, header);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_GivesThePixelsOfTheMosaicInJanskyAndNanWhereThereAreNone()
    {
        var problems = new List<string>();
        CutoutMeasurement[] measurements =
        [
            At(0, -0.4, 15.6) with { Problem = true, Coverage = 0.5 },
            At(1, 15.6, 15.6) with { HasNan = true },
            At(2, 9.6, 9.6) with { SigmaSnr = 3.14159 },
        ];
        var sections = RemovedExamples.Read(_folder.Path, measurements, new SelectionCuts(), [], Size, 8, problems);
        Assert.Empty(problems);
        Assert.Equal(["Incomplete coverage: 1 of 3 rows in mosaics", "Blanked pixels: 1 of 3 rows in mosaics", "S/N below 5: 1 of 3 rows in mosaics"], sections.Select(section => section.Heading));
        Assert.Equal(["50 % covered", "1.56 % blanked", "S/N 3.14"], sections.Select(section => section.Images.Single().Label));
        Assert.Equal(4 * Size, sections[0].Images[0].Pixels.Count(float.IsNaN));
        Assert.Equal(1, sections[1].Images[0].Pixels.Count(float.IsNaN));
        Assert.Equal((6 * Side + 6 + 1) * 1e-3f, sections[2].Images[0].Pixels[0], 1e-6f);     // ceil(9.6 - 8 / 2), in mJy/beam
    }

    [Fact]
    public void Read_WithoutTheMosaics_SaysWhichAreMissing()
    {
        var problems = new List<string>();
        Assert.Empty(RemovedExamples.Read(_folder.Path, [At(0, 9, 9) with { MosaicId = "B", Broken = true }], new SelectionCuts(), [], Size, 8, problems));
        Assert.Contains("'B'", Assert.Single(problems), StringComparison.Ordinal);
        problems.Clear();
        Assert.Empty(RemovedExamples.Read(_folder.File("nowhere"), [At(0, 9, 9) with { Broken = true }], new SelectionCuts(), [], Size, 8, problems));
        Assert.Contains("nowhere", Assert.Single(problems), StringComparison.Ordinal);
    }

    private CutoutMeasurement At(int row, double column, double line)
    {
        var position = _wcs.PixelToSky(column, line);
        return new CutoutMeasurement { Row = row, SourceName = $"{row}", MosaicId = "A", RightAscension = position.RightAscension, Declination = position.Declination, SigmaSnr = 9, EdgeRelativeMaximum = 0.1, Coverage = 1 };
    }
}
