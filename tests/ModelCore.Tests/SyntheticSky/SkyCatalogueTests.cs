using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyCatalogueTests
{
    private static readonly SkyRecipe _even = new() { Clustering = null };

    /// <summary>Without clustering each flux bin has the number of the counts, with Poisson's scatter: 500 square degrees above 1 mJy, 55 below.</summary>
    [Theory]
    [InlineData(1, 12.7)]
    [InlineData(0.206, 4.2)]
    public void Counts_OfManySources_AreThoseOfTheModel(double faintest, double radius)
    {
        var catalogue = new SkyCatalogue(_even);
        var sources = catalogue.Within(new SkyCoordinate(150, 30), radius, faintest);
        double area = 360 / Math.PI * 180 * (1 - Math.Cos(double.DegreesToRadians(radius)));
        double expected = area * catalogue.DensityAbove(faintest);
        Assert.InRange(sources.Count, expected - 4 * Math.Sqrt(expected), expected + 4 * Math.Sqrt(expected));
        for (double flux = faintest; flux < 1000; flux *= Math.Pow(10, 0.2))
        {
            double next = flux * Math.Pow(10, 0.2);
            double mean = area * (catalogue.DensityAbove(flux) - catalogue.DensityAbove(next));
            int found = sources.Count(source => source.Flux >= flux && source.Flux < next);
            Assert.InRange(found, mean - 4.2 * Math.Sqrt(mean) - 1, mean + 4.2 * Math.Sqrt(mean) + 1);
        }
    }

    [Fact]
    public void Bands_AreDecadesInCellsOfAtMostFortySources_NoneLargerThanThoseOfTheField()
    {
        var bands = new SkyCatalogue(_even).Bands;
        Assert.Equal([1000, 100, 10, 1, 0.206], bands.Select(band => band.Low));
        Assert.Equal(bands.Select(band => band.Low).SkipLast(1), bands.Skip(1).Select(band => band.High));
        Assert.Equal([6, 6, 6, 8, 9], bands.Select(band => band.Order));
        Assert.All(bands, band => Assert.InRange(band.Density * HealpixCell.AreaSquareDegrees(band.Order), 0.1, 40));
    }

    [Fact]
    public void Sources_AreThoseOfTheirCells_WhoeverAsksInWhateverOrder()
    {
        var recipe = new SkyRecipe { Seed = 5 };
        SkyCatalogue first = new(recipe), second = new(recipe);
        var centre = new SkyCoordinate(0.1, 41.9);           // where faces meet
        var all = first.Within(centre, 1);
        Assert.Equal(all.Select(source => source.Id), all.Select(source => source.Id).Order());
        Assert.Equal(all.Count, all.Select(source => source.Id).Distinct().Count());
        Assert.All(all, source => Assert.InRange(source.Position.SeparationTo(centre), 0, 1 + 1e-9));
        // The other one sees small circles first, from the other side on.
        foreach (var source in all.Reverse().Where((_, i) => i % 37 == 0))
        {
            var found = second.Within(source.Position, 0.001).Single(other => other.Id == source.Id);
            Assert.Equal(source, found);
            Assert.Equal(source, second.Find(SkySourceId.Unpack(source.Id)));
        }
        Assert.Equal(all, second.Within(centre, 1));
        Assert.Empty(all.Select(source => source.Id).Intersect(new SkyCatalogue(recipe with { Seed = 6 }).Within(centre, 1).Where(other => all.Contains(other)).Select(other => other.Id)));
    }

    [Fact]
    public void FaintestAskedFor_LeavesTheBrighterOnesAsTheyAre()
    {
        var catalogue = new SkyCatalogue(new SkyRecipe());
        var centre = new SkyCoordinate(200, -20);
        Assert.Equal(catalogue.Within(centre, 2).Where(source => source.Flux >= 5), catalogue.Within(centre, 2, 5));
    }

    /// <summary>Pairs above those of an even sky, over many small fields with fields of their own: w of the recipe (strong, so that some thousands of sources show it).</summary>
    [Fact]
    public void Sources_Cluster()
    {
        double[] even = [.. CountsInCells(null)], clustered = [.. CountsInCells(new SkyClustering(7.8e-3, 0.821))];
        // Counts in cells: variance = mean + mean^2 times the mean of w over pairs in the cell, here a circle of 0.3 degrees: 7.8e-3 * 0.3^-0.821 * 1.5, about 0.031.
        Assert.InRange(Excess(even), -0.008, 0.008);
        Assert.InRange(Excess(clustered), 0.01, 0.06);

        static double Excess(double[] counts)
        {
            double mean = counts.Average();
            return (counts.Average(count => (count - mean) * (count - mean)) - mean) / (mean * mean);
        }

        static IEnumerable<double> CountsInCells(SkyClustering? clustering)
        {
            var recipe = new SkyRecipe { Clustering = clustering, Population = new SkyPopulation { FaintestMilliJansky = 1 } };
            var catalogue = new SkyCatalogue(recipe);
            for (int cell = 0; cell < 64; cell++)
                yield return catalogue.Within(new HealpixCell(6, 12 * cell * 64 + 17).Centre, 0.3).Count;
        }
    }

    [Fact]
    public void Classes_FollowTheSharesOfFaintAndBrightSources()
    {
        var recipe = new SkyRecipe
        {
            Clustering = null,
            Population = new SkyPopulation { FaintestMilliJansky = 1, Classes = [new("FRI", 0.62, 0.35), new("FRII", 0.28, 0.55), new("Bent", 0.10, 0.10)] },
        };
        var sources = new SkyCatalogue(recipe).Within(new SkyCoordinate(10, 10), 6);
        Assert.All(sources, source => Assert.Equal(source.IsResolved, source.Class != null));
        var faint = sources.Where(source => source is { IsResolved: true, Flux: < 10 }).ToArray();
        double share = faint.Count(source => source.Class == "FRII") / (double)faint.Length;
        Assert.Equal(0.28, share, 4 * Math.Sqrt(0.28 * 0.72 / faint.Length));
    }

    [Theory]
    [InlineData("b2-1234-7")]
    [InlineData("b0-0-0")]
    [InlineData("b15-3221225471-131071")]
    public void Names_AreReadAsTheyAreWritten(string text)
    {
        var id = SkySourceId.Parse(text);
        Assert.Equal(text, id.ToString());
        Assert.Equal(id, SkySourceId.Unpack(id.Packed));
    }

    [Theory]
    [InlineData("")]
    [InlineData("b2-1234")]
    [InlineData("2-1234-7")]
    [InlineData("b2-01234-7")]
    [InlineData("b2--1-7")]
    [InlineData("b16-1-1")]
    [InlineData("b2-1234-131072")]
    public void Names_OfNoSource_AreRefused(string text) => Assert.Contains("is named like", Assert.Throws<RadioDiffusionException>(() => SkySourceId.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Recipes_ThatMakeNoSky_AreRefusedByTheNumberThatIsWrong()
    {
        Assert.Contains("beamMajorArcsec should be from 0.5 to 300, but it is 0", Refused(new SkyRecipe { Survey = new SkySurvey { BeamMajorArcsec = 0 } }), StringComparison.Ordinal);
        Assert.Contains("rmsMicroJansky", Refused(new SkyRecipe { Survey = new SkySurvey { RmsMicroJansky = double.NaN } }), StringComparison.Ordinal);
        Assert.Contains("amplitude", Refused(new SkyRecipe { Clustering = new SkyClustering(1, 0.8) }), StringComparison.Ordinal);
        Assert.Contains("reach from", Refused(new SkyRecipe { Population = new SkyPopulation { FaintestMilliJansky = 0.001 } }), StringComparison.Ordinal);

        static string Refused(SkyRecipe recipe) => Assert.Throws<RadioDiffusionException>(() => new SkyCatalogue(recipe)).Message;
    }
}
