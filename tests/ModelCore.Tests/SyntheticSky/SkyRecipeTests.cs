using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.ModelCore.Tests.SyntheticSky;

public sealed class SkyRecipeTests
{
    [Fact]
    public void Json_ThereAndBack_IsTheSameRecipe()
    {
        foreach (string preset in SkyPresets.Names)
        {
            var recipe = SkyRecipe.Of(preset, """{"seed": 18446744073709551615, "area": "3/12 4/100-103", "images": {"fluxTo": 3.5}}""");
            var read = SkyRecipe.Parse(recipe.ToJson());
            Assert.Equal(recipe.ToJson(), read.ToJson());
            Assert.Equal(recipe.Digest, read.Digest);
            Assert.Equal(ulong.MaxValue, read.Seed);
            Assert.Equal(recipe.Population.Classes, read.Population.Classes);
        }
        Assert.Null(SkyRecipe.Of("first", """{"images": null, "clustering": null}""").Images);
        Assert.Equal(1.1, SkyRecipe.Parse("""{"clustering": {"gamma": 1.1}}""").Clustering!.Gamma);
    }

    [Theory]
    [InlineData("""{"survey": {"rms": 1}}""", "survey.rms")]
    [InlineData("""{"sky": 1}""", "'sky'")]
    [InlineData("""{"Seed": 1}""", "'Seed'")]
    [InlineData("""{"survey": {"hipsOrder": 3}}""", "survey.hipsOrder")]
    [InlineData("""{"survey": {"beamMajorArcsec": "6"}}""", "survey.beamMajorArcsec")]
    [InlineData("""{"survey": {"beamMajorArcsec": 0.1}}""", "beamMajorArcsec should be from 0.5 to 300")]
    [InlineData("""{"survey": null}""", "survey")]
    [InlineData("""{"population": {"counts": 1}}""", "population.counts")]
    [InlineData("""{"population": {"counts": "Nobody2020"}}""", "population.counts")]
    [InlineData("""{"population": {"sizes": {"largest": -1}}}""", "sizes.largest")]
    [InlineData("""{"population": {"classes": [{"name": "FRI"}]}}""", "faint")]
    [InlineData("""{"images": {"distinct": -1}}""", "images.distinct")]
    [InlineData("""{"images": {"solver": "magic"}}""", "images.solver")]
    [InlineData("""{"images": {"model": ""}}""", "images.model")]
    [InlineData("""{"images": 3}""", "images should be a JSON object")]
    [InlineData("""{"area": "everywhere"}""", "area")]
    [InlineData("""{"seed": 1, "seed": 2}""", "seed")]
    [InlineData("[]", "JSON object")]
    [InlineData("{", "cannot be read")]
    public void Of_AWrongText_IsRefusedByTheNameOfTheKey(string json, string named)
    {
        var error = Assert.ThrowsAny<RadioDiffusionException>(() => SkyRecipe.Of("lotss-dr2", json));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    /// <summary>The digest names tiles in stores: it may change with <see cref="SkyRecipe.AlgorithmVersion"/> alone, or when a recipe has more keys.</summary>
    [Fact]
    public void Digest_DependsOnAllButTheArea()
    {
        var recipe = SkyRecipe.Of("lotss-dr2", """{"images": null}""");
        Assert.Equal("c5ee7e61273f7ee7", recipe.Digest);
        Assert.Equal(recipe.Digest, (recipe with { Area = "3/12" }).Digest);
        Assert.NotEqual(recipe.Digest, (recipe with { Seed = 43 }).Digest);
        Assert.NotEqual(recipe.Digest, (recipe with { Survey = recipe.Survey with { RmsMicroJansky = 82.9 } }).Digest);
        Assert.NotEqual(recipe.Digest, (recipe with { Clustering = null }).Digest);
        Assert.Equal(recipe.Digest, SkyRecipe.Parse(recipe.ToJson().Replace("  ", " ", StringComparison.Ordinal)).Digest);
    }

    [Fact]
    public void Area_OfAConeAndABox_CoversThem()
    {
        var cone = SkyArea.Parse(SkyArea.Cone(new SkyCoordinate(359.9, -30), 1));
        Assert.InRange(cone.AreaSquareDegrees, Math.PI, 1.8 * Math.PI);          // cells are up to a quarter of the radius wide
        Assert.True(cone.Contains(new SkyCoordinate(0.9, -30)));
        Assert.False(cone.Contains(new SkyCoordinate(2, -30)));
        var box = SkyArea.Parse(SkyArea.Box(350, 10, -5, 5));
        Assert.InRange(box.AreaSquareDegrees, 199, 300);
        Assert.True(box.Contains(new SkyCoordinate(0, 4.9)));
        Assert.Equal(1, SkyArea.Parse(SkyArea.All).SkyFraction);
        Assert.Throws<RadioDiffusionException>(() => SkyArea.Cone(new SkyCoordinate(0, 0), 0));
    }
}

public sealed class SkySamplesTests
{
    private static readonly SkyImages _images = new() { Model = "0123456789abcdef", PixelArcsec = 1.5, Side = 80, BeamArcsec = 6, Solver = "heun", Steps = 25 };

    private static SkySource Source(double flux, double size, string? name = null) => new()
    {
        Id = new SkySourceId(2, 1234, 7).Packed,
        Position = default,
        Flux = flux,
        Size = size,
        Angle = 0,
        SpectralIndex = -0.7,
        IsResolved = true,
        Class = name,
    };

    [Fact]
    public void IdOf_AModelWithFlux_NamesThePeakInTwoDigitsWithinItsRange()
    {
        var recipe = new SkyRecipe { Images = _images with { TakesFlux = true, FluxFrom = 3, FluxTo = 190 } };
        // 6 arcsec and a 6 arcsec beam: the Gaussian's area is twice the beam's.
        Assert.Equal(6.2, SampleId.Parse(SkySamples.IdOf(recipe, Source(12.34, 6), 0)).FluxMilliJansky);
        Assert.Equal(3, SampleId.Parse(SkySamples.IdOf(recipe, Source(1, 6), 0)).FluxMilliJansky);
        // A Gaussian of 60 arcsec would have 101 times the flux of its peak, but images have no more than 3.
        Assert.Equal(100, SampleId.Parse(SkySamples.IdOf(recipe, Source(300, 60), 0)).FluxMilliJansky);
        Assert.Equal(190, SampleId.Parse(SkySamples.IdOf(recipe, Source(9999, 6), 0)).FluxMilliJansky);
        Assert.Null(SampleId.Parse(SkySamples.IdOf(recipe, Source(12, 6, "FRI"), 0)).Class);
    }

    [Fact]
    public void IdOf_AttemptsAndSources_AreSeedsOfTheirOwn_UnlessFewAreToBeDistinct()
    {
        var recipe = new SkyRecipe { Images = _images with { TakesClass = true } };
        string[] ids = [.. Enumerable.Range(0, SkySamples.Attempts).Select(attempt => SkySamples.IdOf(recipe, Source(12, 20, "FRII"), attempt))];
        Assert.Equal(SkySamples.Attempts, ids.Distinct().Count());
        Assert.All(ids, id => Assert.Contains("_class=FRII_w=0.1_heun=25_f32", id, StringComparison.Ordinal));
        Assert.Equal(ids[0], SkySamples.IdOf(recipe with { }, Source(12, 20, "FRII"), 0));
        Assert.NotEqual(ids[0], SkySamples.IdOf(recipe with { Seed = 1 }, Source(12, 20, "FRII"), 0));
        var few = recipe with { Images = recipe.Images! with { Distinct = 3 } };
        Assert.All(Enumerable.Range(0, 8), attempt => Assert.InRange(SampleId.Parse(SkySamples.IdOf(few, Source(12, 20, "FRII"), attempt)).Seed, 0UL, 2UL));
    }

    [Fact]
    public void IdOf_FewDistinctImagesWithFlux_AreStepsOfHalfADecade()
    {
        var recipe = new SkyRecipe { Images = _images with { TakesFlux = true, FluxFrom = 1, FluxTo = 1000, Distinct = 2 } };
        var fluxes = Enumerable.Range(0, 200).Select(i => SampleId.Parse(SkySamples.IdOf(recipe, Source(2 * Math.Pow(10, 3 * i / 199.0), 6), 0)).FluxMilliJansky!.Value).Distinct().Order();
        Assert.Equal([1, 3.2, 10, 32, 100, 320, 1000], fluxes);
    }
}
