using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Silo.Tests;

/// <summary>Skies that are created over HTTP.</summary>
public sealed class SkyCreationApiTests(ServiceFixture service) : IClassFixture<ServiceFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Create_MakesASky_OrSaysWhatIsWrong()
    {
        var wish = new { name = "posted", preset = "lotss-dr2", seed = "18446744073709551615", cone = new[] { 180.0, 45, 2 }, recipe = new { images = (object?)null } };
        using var made = await service.Http.PostAsJsonAsync("/api/v1/skies", wish, Token);
        Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync(Token));
        var entry = await service.Grains.Sky("posted").GetAsync(Token);
        var recipe = SkyRecipe.Parse(entry.Recipe);
        Assert.Equal((ulong.MaxValue, SkyArea.Cone(new SkyCoordinate(180, 45), 2)), (recipe.Seed, recipe.Area));
        Assert.Null(recipe.Images);
        foreach (var (wrong, said) in new (object Wish, string Said)[]
        {
            (wish with { seed = "-1" }, "seed should be a whole number"),
            (wish with { cone = [1, 2] }, "cone should be [ra, dec, radius]"),
            (wish with { cone = [180, 45, -1] }, "radius of an area"),
            (wish with { preset = "lotss-dr9" }, "lotss-dr9"),
            (wish with { name = "a/b" }, "a/b"),
        })
        {
            using var refused = await service.Http.PostAsJsonAsync("/api/v1/skies", wrong, Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(said, (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
        using var other = await service.Http.PostAsJsonAsync("/api/v1/skies", wish with { seed = "1" }, Token);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
    }
}
