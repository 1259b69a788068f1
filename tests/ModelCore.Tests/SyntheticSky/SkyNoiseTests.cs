using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyNoiseTests
{
    private const int TileSide = 512, Order = 8;
    private static readonly SkySurvey _survey = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void WhiteNoise_OfAPixel_IsTheMeanOfItsDescendants()
    {
        var white = new WhiteNoise(42, 17);
        const int Side = WhiteNoise.BlockSide;
        float[] above = new float[Side * Side], below = new float[Side * Side];
        var block = HealpixCell.At(11, new SkyCoordinate(123, 45));
        white.Fill(16, block.Pixel, above);
        for (int child = 0; child < 4; child++)
        {
            white.Fill(17, block.Child(child).Pixel, below);
            for (int y = 0; y < Side / 2; y++)
            {
                for (int x = 0; x < Side / 2; x++)
                {
                    double mean = (below[2 * y * Side + 2 * x] + below[2 * y * Side + 2 * x + 1] + below[(2 * y + 1) * Side + 2 * x] + below[(2 * y + 1) * Side + 2 * x + 1]) / 4.0;
                    Assert.Equal(mean, above[(y + (child >> 1) * Side / 2) * Side + x + (child & 1) * Side / 2], 1e-6);
                }
            }
        }
    }

    [Fact]
    public void WhiteNoise_IsWhite()
    {
        var white = new WhiteNoise(1, 17);
        const int Side = WhiteNoise.BlockSide, Blocks = 200;
        double squares = 0, next = 0, parents = 0;
        float[] block = new float[Side * Side];
        for (int i = 0; i < Blocks; i++)
        {
            white.Fill(17, i * 100_003L, block);
            squares += block.Sum(value => value * (double)value);
            for (int at = 1; at < block.Length; at++)
                next += block[at - 1] * (double)block[at];
            double sum = block.Sum(value => (double)value);
            parents += sum * sum / block.Length;             // the mean of independent pixels has their variance over their number
        }
        int count = Blocks * Side * Side;
        Assert.InRange(squares / count, 1 - 4 * Math.Sqrt(2.0 / count), 1 + 4 * Math.Sqrt(2.0 / count));
        Assert.InRange(next / count, -4 / Math.Sqrt(count), 4 / Math.Sqrt(count));
        Assert.InRange(parents / Blocks, 1 - 4 * Math.Sqrt(2.0 / Blocks), 1 + 4 * Math.Sqrt(2.0 / Blocks));
    }

    /// <summary>Unit deviation, no skewness, and the correlation of the beam at steps of one to five pixels: at the equator, in a cap, at |sin dec| = 2/3 and where faces meet (V5).</summary>
    [Fact]
    public void Noise_HasTheBeamsCorrelation_AllOverTheSky()
    {
        double squares = 0, cubes = 0;
        double[] deviations = new double[6];
        SkyCoordinate[] positions = [new(10, 1), new(184.3, 47.2), new(30, 41.81), new(45.0, 60), new(0.05, 0.05), new(200, -75), new(331, -20), new(77, 5)];
        foreach (var position in positions)
        {
            var cell = HealpixCell.At(Order, position);
            float[] noise = Tile(Order, cell.Pixel);
            double variance = noise.Average(value => value * (double)value);
            Assert.Equal(1, Math.Sqrt(variance), 0.02);
            squares += variance;
            cubes += noise.Average(value => (double)value * value * value);
            for (int step = 1; step < deviations.Length; step++)
                deviations[step] += Correlation(noise, step, 0) / variance - Expected(cell, step, 0) + Correlation(noise, 0, step) / variance - Expected(cell, 0, step);
        }
        Assert.Equal(1, Math.Sqrt(squares / positions.Length), 0.006);
        Assert.Equal(0, cubes / positions.Length, 0.02);
        Assert.All(deviations, deviation => Assert.Equal(0, deviation / (2 * positions.Length), 0.01));
    }

    private static double Correlation(float[] noise, int dx, int dy)
    {
        double sum = 0;
        for (int y = 0; y < TileSide - dy; y++)
        {
            for (int x = 0; x < TileSide - dx; x++)
                sum += noise[y * TileSide + x] * (double)noise[(y + dy) * TileSide + x + dx];
        }
        return sum / ((TileSide - dx) * (TileSide - dy));
    }

    /// <summary>rho = exp(-d^2/(4 s^2)), averaged over places in the tile.</summary>
    private static double Expected(HealpixCell cell, int dx, int dy)
    {
        const double Sigma = 6 / 2.3548200450309493;
        double sum = 0;
        for (int place = 0; place < 64; place++)
        {
            int x = 30 + place % 8 * 64, y = 30 + place / 8 * 64;
            double separation = 3600 * At(x, y).SeparationTo(At(x + dx, y + dy));
            sum += Math.Exp(-separation * separation / (4 * Sigma * Sigma)) / 64;
        }
        return sum;

        SkyCoordinate At(int x, int y) => cell.PositionAt((x + 0.5) / TileSide, (y + 0.5) / TileSide);
    }

    /// <summary>A tile made by itself and as a quarter of the one above it, where both are exact: the mean of the children's pixels.</summary>
    [Theory]
    [InlineData(184.3, 47.2)]
    [InlineData(45.0, 0.1)]
    [InlineData(0.01, 30)]
    public void Tile_IsTheMeanOfItsChildren(double ra, double dec)
    {
        var parent = HealpixCell.At(Order - 1, new SkyCoordinate(ra, dec));
        float[] above = Tile(parent.Order, parent.Pixel);
        for (int child = 0; child < 4; child++)
        {
            float[] below = Tile(Order, parent.Child(child).Pixel);
            for (int y = 0; y < TileSide / 2; y++)
            {
                for (int x = 0; x < TileSide / 2; x++)
                {
                    double mean = (below[2 * y * TileSide + 2 * x] + below[2 * y * TileSide + 2 * x + 1] + below[(2 * y + 1) * TileSide + 2 * x] + below[(2 * y + 1) * TileSide + 2 * x + 1]) / 4.0;
                    Assert.Equal(mean, above[(y + (child >> 1) * TileSide / 2) * TileSide + x + (child & 1) * TileSide / 2], 1e-6);
                }
            }
        }
    }

    /// <summary>Pixels that touch across the border of two tiles are as alike as pixels at their distance are: on one face, over the edges of faces, over the edge of a cap (V4).</summary>
    [Theory]
    [InlineData(184.3, 47.2)]
    [InlineData(45, 0.0001)]
    [InlineData(89.99, 60)]
    [InlineData(135, -0.1)]
    public void Tiles_MeetWithoutASeam(double ra, double dec)
    {
        const double Sigma = 6 / 2.3548200450309493;
        var start = HealpixCell.At(Order, new SkyCoordinate(ra, dec));
        float[] mine = Tile(Order, start.Pixel);
        foreach (int direction in (int[])[0, 2, 4, 6])       // SW, NW, NE, SE
        {
            var other = new HealpixCell(Order, start.Neighbours[direction]);
            float[] its = Tile(Order, other.Pixel);
            double difference = 0, expected = 0;
            int pairs = 0;
            for (int i = 0; i < TileSide; i++)
            {
                var (x, y) = direction switch { 0 => (0, i), 2 => (i, TileSide - 1), 4 => (TileSide - 1, i), _ => (i, 0) };
                var pixel = HealpixCell.FromFace(Order + 9, start.Face, start.X * TileSide + x, start.Y * TileSide + y);
                var touching = new HealpixCell(Order + 9, pixel.Neighbours[direction]);
                Assert.Equal(other.Pixel, touching.Pixel >> 18);
                double step = mine[y * TileSide + x] - its[(touching.Y & (TileSide - 1)) * TileSide + (touching.X & (TileSide - 1))], separation = 3600 * pixel.Centre.SeparationTo(touching.Centre);
                difference += step * step;
                expected += 2 * (1 - Math.Exp(-separation * separation / (4 * Sigma * Sigma)));
                pairs++;
            }
            // Half of the pairs are independent of each other or so.
            Assert.InRange(difference / expected, 1 - 4.5 * Math.Sqrt(4.0 / pairs), 1 + 4.5 * Math.Sqrt(4.0 / pairs));
        }
    }

    [Theory]
    [InlineData(5, 0.548)]
    [InlineData(4, 0.312)]
    [InlineData(3, 0.165)]
    public void NoiseOfLowOrders_HasTheDeviationOfTheMean(int order, double expected)
    {
        var noise = new SkyNoise(42, _survey);
        Assert.Equal(expected, noise.RmsOfMean(8 - order), 0.004);
        float[] pixels = Tile(order, HealpixCell.At(order, new SkyCoordinate(184.3, 47.2)).Pixel);
        Assert.Equal(1, Math.Sqrt(pixels.Average(value => value * (double)value)) / expected, 0.03);
    }

    [Fact]
    public void EllipticalBeam_IsSeenAlongItsAngle()
    {
        // Position angle 0 lies along the meridian: at the equator that is the diagonal of a pixel's x and y.
        var survey = _survey with { BeamMajorArcsec = 12, BeamMinorArcsec = 6, BeamAngleDegrees = 0 };
        float[] pixels = new float[TileSide * TileSide];
        new SkyNoise(3, survey).Fill(survey.HipsOrder, HealpixCell.At(survey.HipsOrder, new SkyCoordinate(10, 0.3)).Pixel, pixels, Token);
        double north = 0, east = 0, squares = 0;
        for (int y = 4; y < TileSide - 4; y++)
        {
            for (int x = 4; x < TileSide - 4; x++)
            {
                double value = pixels[y * TileSide + x];
                squares += value * value;
                north += value * pixels[(y + 2) * TileSide + x + 2];
                east += value * pixels[(y - 2) * TileSide + x + 2];
            }
        }
        var middle = HealpixCell.At(survey.PixelOrder, new SkyCoordinate(10, 0.3));
        double stepNorth = 3600 * middle.Centre.SeparationTo(HealpixCell.FromFace(survey.PixelOrder, middle.Face, middle.X + 2, middle.Y + 2).Centre);
        double stepEast = 3600 * middle.Centre.SeparationTo(HealpixCell.FromFace(survey.PixelOrder, middle.Face, middle.X + 2, middle.Y - 2).Centre);
        const double Sigma = 6 / 2.3548200450309493;
        Assert.Equal(Math.Exp(-stepNorth * stepNorth / (4 * 4 * Sigma * Sigma)), north / squares, 0.02);
        Assert.Equal(Math.Exp(-stepEast * stepEast / (4 * Sigma * Sigma)), east / squares, 0.02);
    }

    private static float[] Tile(int order, long tile)
    {
        float[] pixels = new float[TileSide * TileSide];
        new SkyNoise(42, _survey).Fill(order, tile, pixels, Token);
        return pixels;
    }
}
