using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class ClusteringFieldTests
{
    /// <summary>Fitted once before with other tools: the presets after NVSS and TGSS.</summary>
    [Theory]
    [InlineData(1e-3, 0.8, new[] { 1.44892e-4, 6.90781e-5, 1.58253e-4, 2.74953e-4, 4.80765e-4, 8.34121e-4, 1.45249e-3, 2.52552e-3, 4.37615e-3, 7.61541e-3, 1.31339e-2 })]
    [InlineData(7.8e-3, 0.821, new[] { 1.05700e-3, 5.43179e-4, 1.21798e-3, 2.15005e-3, 3.80588e-3, 6.67425e-3, 1.17154e-2, 2.04222e-2, 3.52006e-2, 5.99273e-2, 9.93740e-2 })]
    public void Weights_AreThoseOfTheBestFit(double amplitude, double gamma, double[] expected)
    {
        double[] variances = ClusteringField.Fit(new SkyClustering(amplitude, gamma));
        Assert.All(expected.Zip(variances), pair => Assert.Equal(1, pair.Second / pair.First, 2e-3));
    }

    [Theory]
    [InlineData(0.5, 0.90193)]
    [InlineData(1, 0.65867)]
    [InlineData(1.5, 0.38326)]
    [InlineData(2, 0.17186)]
    [InlineData(2.5, 0.05586)]
    [InlineData(3, 0.01177)]
    [InlineData(4, 4e-5)]
    public void Correlation_OfOneLevel_IsThatOfItsKernel(double widths, double expected) => Assert.Equal(expected, ClusteringField.Correlation(widths), 2e-4);

    /// <summary>
    /// What pairs of places have in common, from the kernels themselves, is ln(1 + w) to a per cent, wherever on the sky. (The noise drops out: the covariance of two places is a sum over the pixels that count at both.)
    /// </summary>
    [Theory]
    [InlineData(0.03)]
    [InlineData(0.1)]
    [InlineData(0.4)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public void Covariance_IsThatOfThePowerLaw_AllOverTheSky(double degrees)
    {
        const int Pairs = 120;
        double target = Math.Log(1 + 1e-3 * Math.Pow(degrees, -0.8));
        double[] variances = ClusteringField.Fit(new SkyClustering());
        var random = new RandomStream(11, "pairs");
        double[] ratios = new double[Pairs];
        for (int i = 0; i < Pairs; i++)
        {
            double z = random.NextDouble(-1, 1), longitude = random.NextDouble(0, 360), angle = random.NextDouble(0, 2 * Math.PI), d = double.DegreesToRadians(degrees);
            var place = Direction.FromDegrees(longitude, double.RadiansToDegrees(Math.Asin(z)));
            var (east, north) = place.EastAndNorth();
            double e = Math.Sin(angle) * Math.Sin(d), n = Math.Cos(angle) * Math.Sin(d), c = Math.Cos(d);
            var other = new Direction(c * place.X + e * east.X + n * north.X, c * place.Y + e * east.Y + n * north.Y, c * place.Z + e * east.Z + n * north.Z);
            ratios[i] = ClusteringField.CovarianceOf(variances, place, other) / target;
        }
        double mean = ratios.Average(), scatter = Math.Sqrt(ratios.Average(ratio => (ratio - mean) * (ratio - mean)));
        Assert.Equal(1, mean, 0.01);
        Assert.InRange(scatter, 0, 0.01);
    }

    [Fact]
    public void Field_IsTheSame_WhateverItWasPutTogetherFor()
    {
        var field = new ClusteringField(42, new SkyClustering());
        foreach (var position in (SkyCoordinate[])[new(184.3, 47.2), new(0.001, 0.001), new(45, 89.9), new(90, 41.8), new(359.99, -66)])
        {
            var place = Direction.FromDegrees(position.RightAscension, position.Declination);
            var part = field.In(HealpixCell.At(ClusteringField.PartOrder, place).Pixel);
            double value = part.At(place);
            Assert.Equal(value, part.Near(place, 1e-4).At(place), 1e-12);
            Assert.Equal(value, part.Near(place, 1e-3).Near(place, 1e-5).At(place), 1e-12);
            Assert.Equal(value, new ClusteringField(42, new SkyClustering()).In(HealpixCell.At(ClusteringField.PartOrder, place).Pixel).At(place));
            Assert.NotEqual(value, new ClusteringField(43, new SkyClustering()).In(HealpixCell.At(ClusteringField.PartOrder, place).Pixel).At(place));
        }
    }

    /// <summary>Cells are put together by rows of pixels or by a search; at their edges most would be amiss if a pixel were missing.</summary>
    [Fact]
    public void Field_InEachCell_IsThatOfThePixelsAroundThePlace()
    {
        var field = new ClusteringField(42, new SkyClustering());
        for (int i = 0; i < 120; i++)
        {
            var cell = i < 100 ? new HealpixCell(ClusteringField.PartOrder, 491L * i) : HealpixCell.FromFace(ClusteringField.PartOrder, i % 12, i % 7 < 3 ? 0 : 63, i % 5 < 2 ? 63 : i % 64);
            var part = field.In(cell.Pixel);
            foreach (var (u, v) in ((double, double)[])[(0, 0), (0.999999, 0), (0, 0.999999), (0.999999, 0.999999), (0.31, 0.77)])
            {
                var place = cell.DirectionAt(u, v);
                Assert.Equal(field.At(place), part.At(place), 1e-11);
            }
        }
    }

    /// <summary>Places far from each other on many fields: mean 0, the variance of the fit.</summary>
    [Fact]
    public void Field_HasTheVarianceOfTheFit()
    {
        double sum = 0, squares = 0;
        int count = 0;
        double variance = new ClusteringField(0, new SkyClustering()).Variance;
        Assert.Equal(0.031073, variance, 5e-5);
        for (ulong seed = 0; seed < 6; seed++)
        {
            var field = new ClusteringField(seed, new SkyClustering());
            for (int cell = 0; cell < 192; cell += 4)
            {
                var place = new HealpixCell(2, cell).CentreDirection;
                double value = field.In(HealpixCell.At(ClusteringField.PartOrder, place).Pixel).At(place);
                sum += value;
                squares += value * value;
                count++;
            }
        }
        Assert.InRange(sum / count, -4.5 * Math.Sqrt(variance / count), 4.5 * Math.Sqrt(variance / count));
        Assert.InRange(squares / count / variance, 1 - 4 * Math.Sqrt(2.0 / count), 1 + 4 * Math.Sqrt(2.0 / count));
    }
}
