using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Grains.Surveys;

namespace RadioDiffusion.Grains.Tests.Surveys;

/// <summary>The address of a tile: new options must not move the tiles that do not use them.</summary>
public class ShardRecipeTests
{
    private static readonly TileRequest _plain = new()
    {
        MosaicId = "P1",
        MosaicPath = "/survey/P1.fits",
        PlanArtifact = "tile-plan-1",
        RowsFile = "rows-P1.safetensors",
        RowsDigest = "sha256:22",
        Size = 80,
    };

    private static readonly Dictionary<string, string> _digests = new()
    {
        ["/survey/P1.fits"] = "sha256:11",
        ["/high/a.fits"] = "sha256:44",
        ["/high/b.fits"] = "sha256:33",
    };

    /// <summary>Written down before there were channels and resampling; the ID is the SHA-256 of this text (coreutils sha256sum).</summary>
    [Fact]
    public void Recipe_WithoutChannelsAndResampling_IsWhatItWas()
    {
        var recipe = SurveyTileGrain.ShardRecipe(_plain, _digests);
        Assert.Equal("""{"inputs":{"mosaic":"sha256:11","rows":"sha256:22"},"kind":"shard","parameters":{"anyAngle":false,"minimumCoverage":1,"mosaic":"P1","size":80},"version":3}""", recipe.Canonical);
        Assert.Equal("shard-dbb807a981e4a241edf575b568a412ea", recipe.Id);
    }

    [Fact]
    public void Recipe_WithChannelsOrResampling_NamesThemAndTheBytesOfTheirMosaics()
    {
        var resampled = SurveyTileGrain.ShardRecipe(_plain with { PixelScaleArcsec = 2.5 }, _digests);
        Assert.Contains("\"resampledPixelScaleArcsec\":2.5", resampled.Canonical, StringComparison.Ordinal);
        var request = _plain with { Channels = new([new TileChannel("3GHz", new(["/high/a.fits", "/high/b.fits"]))]) };
        var recipe = SurveyTileGrain.ShardRecipe(request, _digests);
        Assert.Equal(("sha256:33", "sha256:44"), (recipe.Inputs["channel/3GHz/1"], recipe.Inputs["channel/3GHz/2"]));
        Assert.Contains("\"channels\":[\"3GHz\"]", recipe.Canonical, StringComparison.Ordinal);
        var elsewhere = _plain with { Channels = new([new TileChannel("3GHz", new(["/z/b.fits", "/z/c.fits"]))]) };
        Assert.Equal(recipe.Id, SurveyTileGrain.ShardRecipe(elsewhere, new Dictionary<string, string>(_digests) { ["/z/b.fits"] = "sha256:44", ["/z/c.fits"] = "sha256:33" }).Id);
        Assert.Equal(4, new[] { SurveyTileGrain.ShardRecipe(_plain, _digests), resampled, recipe, SurveyTileGrain.ShardRecipe(request with { PixelScaleArcsec = 2.5 }, _digests) }.Select(each => each.Id).Distinct().Count());
    }
}
