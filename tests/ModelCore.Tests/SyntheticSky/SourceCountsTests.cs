using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SourceCountsTests
{
    /// <summary>The values of the published fit, worked out from its coefficients elsewhere.</summary>
    [Theory]
    [InlineData(0.2, 34.038)]
    [InlineData(0.5, 49.200)]
    [InlineData(1, 45.186)]
    [InlineData(2, 44.852)]
    [InlineData(5, 60.078)]
    [InlineData(10, 93.150)]
    [InlineData(50, 375.204)]
    [InlineData(100, 700.435)]
    [InlineData(500, 2347.77)]
    [InlineData(1000, 3286.19)]
    [InlineData(5000, 3800.24)]
    [InlineData(10000, 3224.57)]
    public void Mandal_IsThePublishedFit(double flux, double expected) => Assert.Equal(1, SourceCounts.Euclidean(CountsModel.Mandal2021, flux) / expected, 1e-4);

    [Theory]
    [InlineData(0.2, 3219.7)]
    [InlineData(0.3, 1906.3)]
    [InlineData(0.5, 896.0)]
    [InlineData(1, 336.21)]
    [InlineData(1.5, 205.97)]
    [InlineData(5, 68.66)]
    [InlineData(50, 14.11)]
    [InlineData(1000, 0.726)]
    public void Density_IsTheSumOfTheFit(double flux, double expected) =>
        Assert.Equal(1, new SourceCounts(CountsModel.Mandal2021, 150, 0.2, 1e4).DensityAbove(flux) / expected, 7e-4);

    [Fact]
    public void Models_AgreeWhereTheirAuthorsSaySo()
    {
        // Intema et al. and Mandal et al. within 6 % in number from 0.3 to 10 Jy; Franzen et al. and Intema et al. within 17 % from 10 mJy to 1 Jy.
        var intema = new SourceCounts(CountsModel.Intema2017, 150, 300, 1e4);
        var mandal = new SourceCounts(CountsModel.Mandal2021, 150, 300, 1e4);
        Assert.InRange(intema.DensityAbove(300) / mandal.DensityAbove(300), 0.94, 1.07);
        for (double flux = 10; flux < 1000; flux *= 1.5)
            Assert.InRange(SourceCounts.Euclidean(CountsModel.Franzen2019, flux) / SourceCounts.Euclidean(CountsModel.Intema2017, flux), 0.8, 1.25);
        // Continued above 10 Jy without a step.
        Assert.InRange(SourceCounts.Euclidean(CountsModel.Mandal2021, 10_001) / SourceCounts.Euclidean(CountsModel.Mandal2021, 9_999), 0.998, 1.002);
    }

    [Fact]
    public void Density_AtAnotherFrequency_IsThatOfTheScaledFlux()
    {
        double factor = Math.Pow(144.0 / 150, -0.7);
        var at150 = new SourceCounts(CountsModel.Mandal2021, 150, 0.2, 1e4);
        var at144 = new SourceCounts(CountsModel.Mandal2021, 144, 0.2 * factor, 1e4 * factor);
        foreach (double flux in (double[])[0.3, 2, 40, 900])
            Assert.Equal(1, at144.DensityAbove(flux * factor) / at150.DensityAbove(flux), 1e-9);
    }

    [Fact]
    public void Fluxes_AreDistributedAsTheCounts()
    {
        var counts = new SourceCounts(CountsModel.Mandal2021, 144, 0.21, 1e4);
        double previous = double.PositiveInfinity;
        foreach (double u in (double[])[0.001, 0.1, 0.5, 0.9, 0.999])
        {
            double flux = counts.FluxBetween(1, 10, u);
            Assert.InRange(flux, 1, 10);
            Assert.True(flux < previous);
            double above = counts.DensityAbove(10), expected = above + u * (counts.DensityAbove(1) - above);
            Assert.Equal(1, counts.DensityAbove(flux) / expected, 1e-6);
            previous = flux;
        }
    }

    [Theory]
    [InlineData(CountsModel.Mandal2021, 0.01, 100)]
    [InlineData(CountsModel.Hopkins2003, 0.1, 5000)]
    [InlineData(CountsModel.Franzen2019, 5, 5)]
    public void Fluxes_OfWhichNothingIsKnown_AreRefused(CountsModel model, double faintest, double brightest)
    {
        var error = Assert.Throws<RadioDiffusionException>(() => new SourceCounts(model, SourceCounts.FrequencyOf(model), faintest, brightest));
        Assert.Contains("reach from", error.Message, StringComparison.Ordinal);
        Assert.Contains("are asked for", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Shares of sources above 0.55 mJy at 144 MHz that are larger than so many arc seconds.</summary>
    [Theory]
    [InlineData(0.55, 6, 0.177)]
    [InlineData(0.55, 12, 0.073)]
    [InlineData(0.55, 30, 0.013)]
    [InlineData(5, 6, 0.349)]
    [InlineData(75, 12, 0.355)]
    public void Sizes_OfAFluxLimitedSample_AreThoseOfTheLaw(double faintest, double size, double expected)
    {
        var counts = new SourceCounts(CountsModel.Mandal2021, 144, faintest, 1e4);
        var sizes = new AngularSizes();
        const int Count = 20_000;
        var random = new SkyRandom(5, "sizes");
        int larger = Enumerable.Range(0, Count).Count(i =>
            sizes.Draw(0.2035 * counts.FluxBetween(faintest, 1e4, random.Uniform(2 * i)), random.Uniform(2 * i + 1)) > size);
        Assert.Equal(expected, (double)larger / Count, 0.001 + 4 * Math.Sqrt(expected / Count));
    }
}
