using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyRendererTests
{
    private const int Order = 8;
    private static readonly SkySurvey _quiet = new() { RmsMicroJansky = 0 };
    private static readonly SkyImages _images = new() { Model = "0123456789abcdef", PixelArcsec = 1.5, Side = 80, BeamArcsec = 6 };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A silo has one renderer for a sky, and several threads.</summary>
    [Fact]
    public void Tile_OnSeveralThreadsAtOnce_IsAsByItself()
    {
        var renderer = new SkyRenderer(SkyRecipe.Parse("""{"survey": {"beamMajorArcsec": 100, "rmsMicroJansky": 0}, "population": {"faintestMilliJansky": 30}}"""));
        long[] pixels = [49, 50, 51, 52];
        float[][] alone = [.. pixels.Select(Tile)], together = [.. pixels.AsParallel().AsOrdered().WithDegreeOfParallelism(4).Select(Tile)];
        Assert.Equal(alone, together);

        float[] Tile(long pixel) => renderer.Tile(4, pixel, renderer.SourcesIn(4, pixel), _ => null, Token);
    }

    /// <summary>The pixels of every tile around sum to the flux, wherever on the sky the source is, and over whatever borders it reaches (V8). (Within ten arc seconds of a pole HEALPix pixels are so odd that the sum of a beam at their centres is up to 2 % low.)</summary>
    [Theory]
    [InlineData(10, 1)]
    [InlineData(184.3, 47.2)]
    [InlineData(45, 0)]
    [InlineData(0, 41.8103149)]
    [InlineData(90, 66)]
    [InlineData(12, 89.98)]
    [InlineData(0, -89.97)]
    public void Flux_IsAllThere_OverBordersAndFaces(double ra, double dec)
    {
        var renderer = new SkyRenderer(new SkyRecipe { Survey = _quiet, Images = _images });
        var position = new SkyCoordinate(ra, dec);
        var stamp = SkyStamps.KnotWithLobe();
        foreach (var (source, image) in ((SkySource, SkyStamp?)[])[(Source(position, size: 0), null), (Source(position, size: 4), null), (Source(position, size: 40), stamp), (Source(position, size: 300), stamp)])
        {
            double sum = 0;
            foreach (var tile in Healpix.CellsWithin(Order, position, double.DegreesToRadians(0.08)))
                sum += renderer.Tile(Order, tile.Pixel, [source], _ => image, Token).Sum(value => (double)value);
            Assert.Equal(1, sum * _quiet.PixelArea / _quiet.BeamArea / (source.Flux / 1000), 1e-4);
        }
    }

    /// <summary>In the orders above, the mean of the children: exactly in two of them, in flux to 1 % below.</summary>
    [Fact]
    public void TilesAbove_AreTheMeansOfTheirChildren()
    {
        var recipe = new SkyRecipe { Survey = _quiet, Images = _images };
        var renderer = new SkyRenderer(recipe);
        var stamp = SkyStamps.KnotWithLobe();
        var position = new SkyCoordinate(184.31, 47.2);
        SkySource[] sources = [Source(position, 0), Source(new SkyCoordinate(184.28, 47.21), 30) with { Id = 2 }];
        float[] Make(int order, long tile) => renderer.Tile(order, tile, sources, source => source.IsResolved ? stamp : null, Token);
        var cell = HealpixCell.At(6, position);
        foreach (int order in (int[])[6, 7])
        {
            cell = HealpixCell.At(order, position);
            float[] above = Make(order, cell.Pixel);
            double sum = above.Sum(value => (double)value), below = Enumerable.Range(0, 4).Sum(child => Make(order + 1, cell.Child(child).Pixel).Sum(value => (double)value)) / 4;
            Assert.Equal(1, sum / below, 1e-5);
        }
        foreach (int order in (int[])[0, 3, 5])
        {
            var tile = HealpixCell.At(order, position);
            double area = _quiet.PixelArea * Math.Pow(4, Order - order);
            Assert.Equal(1, Make(order, tile.Pixel).Sum(value => (double)value) * area / _quiet.BeamArea / (sources.Sum(source => source.Flux) / 1000), 0.01);
        }
    }

    /// <summary>A point source is the beam: its brightest pixel is 0.966 of its flux on average, never under 0.915, and its width is that of the beam (V9).</summary>
    [Fact]
    public void PointSources_AreTheBeam()
    {
        var renderer = new SkyRenderer(new SkyRecipe { Survey = _quiet });
        var random = new RandomStream(9, "positions");
        var peaks = new List<double>();
        for (int i = 0; i < 24; i++)
        {
            var cell = HealpixCell.At(Order, new SkyCoordinate(random.NextDouble(0, 360), double.RadiansToDegrees(Math.Asin(random.NextDouble(-1, 1)))));
            var position = cell.PositionAt(random.NextDouble(0.2, 0.8), random.NextDouble(0.2, 0.8));
            float[] tile = renderer.Tile(Order, cell.Pixel, [Source(position, 0)], _ => null, Token);
            peaks.Add(tile.Max() / 0.010);
            // Second moment along one axis of the beam, over the tile's pixels at their places.
            double sum = 0, moment = 0;
            for (int row = 0; row < 512; row++)
            {
                for (int column = 0; column < 512; column++)
                {
                    double value = tile[row * 512 + column];
                    if (value == 0)
                        continue;
                    double separation = cell.PositionAt((511 - row + 0.5) / 512, (column + 0.5) / 512).SeparationTo(position) * 3600;
                    sum += value;
                    moment += value * separation * separation / 2;
                }
            }
            Assert.Equal(6, Math.Sqrt(moment / sum) * 2.3548200450309493, 0.005);
        }
        Assert.InRange(peaks.Min(), 0.91, 1);
        Assert.Equal(0.966, peaks.Average(), 0.02);
    }

    /// <summary>The centre of flux is where the catalogue says, turned and enlarged or not (V10 without noise).</summary>
    [Theory]
    [InlineData(0, 40)]
    [InlineData(77, 40)]
    [InlineData(200, 300)]
    public void CentreOfFlux_IsAtThePosition(double angle, double size)
    {
        var renderer = new SkyRenderer(new SkyRecipe { Survey = _quiet, Images = _images });
        var cell = HealpixCell.At(Order, new SkyCoordinate(184.3, 47.2));
        var position = cell.PositionAt(0.47, 0.52);
        float[] tile = renderer.Tile(Order, cell.Pixel, [Source(position, size) with { Angle = angle }], _ => SkyStamps.KnotWithLobe(), Token);
        double x = 0, y = 0, z = 0;
        for (int i = 0; i < tile.Length; i++)
        {
            var place = cell.DirectionAt((511 - i / 512 + 0.5) / 512, (i % 512 + 0.5) / 512);
            (x, y, z) = (x + tile[i] * place.X, y + tile[i] * place.Y, z + tile[i] * place.Z);
        }
        double length = Math.Sqrt(x * x + y * y + z * z);
        Assert.InRange(new Direction(x / length, y / length, z / length).SeparationTo(Direction.FromDegrees(position.RightAscension, position.Declination)) * 206265, 0, 0.02);
    }

    /// <summary>A lobe to the image's left, which is east, goes to the north by a quarter turn of -90 degrees from north through east, and stays east without one.</summary>
    [Fact]
    public void Images_AreTurnedFromNorthThroughEast()
    {
        var renderer = new SkyRenderer(new SkyRecipe { Survey = _quiet, Images = _images });
        var cell = HealpixCell.At(Order, new SkyCoordinate(184.3, 47.2));
        var position = cell.PositionAt(0.5, 0.5);
        foreach (var (angle, expected) in ((double, double)[])[(0, 90), (90, 180), (-90, 0), (30, 120)])
        {
            float[] tile = renderer.Tile(Order, cell.Pixel, [Source(position, 40) with { Angle = angle }], _ => SkyStamps.KnotWithLobe(), Token);
            int peak = Array.IndexOf(tile, tile.Max());
            var place = cell.PositionAt((511 - peak / 512 + 0.5) / 512, (peak % 512 + 0.5) / 512);
            double found = position.PositionAngleTo(place);
            Assert.Equal(0, Math.Abs((found - expected + 540) % 360 - 180), 6.0);
        }
    }

    [Fact]
    public void Tile_IsTheSameBytes_WhoeverMakesItAndInWhateverOrderTheSourcesWereFound()
    {
        var recipe = new SkyRecipe { Seed = 8, Survey = new SkySurvey { PointingDistanceDegrees = 2.6 } };
        long tile = HealpixCell.At(Order, new SkyCoordinate(0.02, 1)).Pixel;
        SkyRenderer first = new(recipe), second = new(recipe);
        _ = second.SourcesIn(5, tile >> 6);
        float[] one = first.Tile(Order, tile, first.SourcesIn(Order, tile), _ => null, Token), other = second.Tile(Order, tile, second.SourcesIn(Order, tile), _ => null, Token);
        Assert.Equal(one, other);
        Assert.NotEqual(one, new SkyRenderer(recipe with { Seed = 9 }).Tile(Order, tile, [], _ => null, Token));
    }

    [Fact]
    public void LowOrders_HaveABoundedNumberOfSources()
    {
        var renderer = new SkyRenderer(new SkyRecipe());
        Assert.Equal(0.206, renderer.FaintestIn(6));
        Assert.Equal(0.89, renderer.FaintestIn(3), 0.1);
        Assert.InRange(renderer.Catalogue.DensityAbove(renderer.FaintestIn(0)) * HealpixCell.AreaSquareDegrees(0), 15_000, 20_100);
        for (int order = 1; order <= 8; order++)
            Assert.True(renderer.FaintestIn(order) <= renderer.FaintestIn(order - 1));
    }

    [Fact]
    public void Sensitivity_IsBestWherePointingsMeet_AndAsTheSurveySaysInTheMean()
    {
        var sensitivity = new SkySensitivity(new SkySurvey { PointingDistanceDegrees = 2.6 });
        var factors = new double[12 * 16];
        for (int face = 0; face < 12; face++)
        {
            for (int i = 0; i < 16; i++)
            {
                double[] one = new double[1];
                sensitivity.Fill([new HealpixCell(2, face * 16 + i).DirectionAt(0.37, 0.61)], one);
                factors[face * 16 + i] = one[0];
            }
        }
        Assert.Equal(1, factors.Average(), 0.02);
        Assert.InRange(factors.Max() / factors.Min(), 1.02, 1.6);
        double[] same = new double[1];
        new SkySensitivity(new SkySurvey()).Fill([new Direction(1, 0, 0)], same);
        Assert.Equal(1, same[0]);
    }

    private static SkySource Source(SkyCoordinate position, double size) => new()
    {
        Id = 1,
        Position = position,
        Direction = Direction.FromDegrees(position.RightAscension, position.Declination),
        Flux = 10,
        Size = size,
        Angle = 33,
        SpectralIndex = -0.7,
        IsResolved = size >= 6,
    };
}
