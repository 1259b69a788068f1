using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SourceFinding;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class MapFiguresTests
{
    /// <summary>A sky of few sources, in uJy/beam so that the unit matters.</summary>
    [Fact]
    public void Of_ASimulatedMap_HasItsNoiseAndItsSources()
    {
        const int Side = 400;
        var recipe = new SkyRecipe { Seed = 9, Clustering = null, Population = new SkyPopulation { FaintestMilliJansky = 2, ResolvedAboveArcsec = 300 } };
        var grid = SkyGrid.Around(new SkyCoordinate(205, 55), 1.5, Side, Side, "SIN");
        var mosaic = new SkyMosaic(recipe, grid);
        float[] pixels = [.. mosaic.Rows(0, Side, _ => null, TestContext.Current.CancellationToken).Select(pixel => pixel * 1e6f)];
        pixels[0] = float.NaN;
        var pixel = new SkyPixel(grid.Coordinates.GeometryAt(200, 200));
        var figures = MapFigures.Of(new SkyImage("map", pixels, Side, Side, grid.Coordinates, pixel.ToBeam(6, 6, 0), 1e-6), 83e-6, TestContext.Current.CancellationToken);

        Assert.Equal((Side * Side - 1) * 1.5 * 1.5 / 3600 / 3600, figures.AreaSquareDegrees, 1e-5);
        Assert.InRange(figures.Noise * 1e6, 78, 88);
        Assert.Equal(1, figures.Histogram.Sum(), 1e-9);
        int zero = MapFigures.Edges.ToList().IndexOf(0);
        Assert.InRange(figures.Histogram[zero] + figures.Histogram[zero + 1], 0.6, 0.72);      // 68 % within one sigma, less the sources
        Assert.InRange(figures.Percentiles[MapFigures.Percents.ToList().IndexOf(16)] * 1e6, -92, -72);
        int truth = new SkyTruth(recipe, grid).Sources(_ => null).Count(source => grid.Coordinates.TrySkyToPixel(source.Position, out double x, out double y) && x > 3 && y > 3 && x < Side - 4 && y < Side - 4);
        Assert.InRange(figures.Sources, truth - 1, truth + 2);                                // they are 24 sigma; two may be one
        Assert.Equal(figures.Sources / figures.AreaSquareDegrees, figures.SourcesPerSquareDegree, 1e-6);
        Assert.InRange(figures.PerSquareDegreeAbove[0], figures.PerSquareDegreeAbove[^1], figures.SourcesPerSquareDegree);
    }
}
