using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;

namespace RadioDiffusion.Integration;

/// <summary>Builds of a sky that are interrupted go on from where they were.</summary>
public sealed class SkyBuildTests : IDisposable
{
    private const string Coarse = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 100}, "clustering": null, "images": null}""";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_WhoseProcessEnds_IsInterrupted_AndGoesOnWithTheRest()
    {
        var request = new SkyBuildRequest { FromOrder = 3 };
        string id;
        await using (var session = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token))
        {
            await session.Grains.Sky("sky").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = "1/7 2/90" }, Token);
            id = (await session.Grains.Sky("sky").BuildAsync(request, Token)).Id;
            await session.Grains.SkyBuild("sky", id).WatchAsync(-1, Token).FirstAsync(status => status.TilesDone > 3 || status.State != WorkState.Running, Token);
        }
        await using var again = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        var build = again.Grains.SkyBuild("sky", id);
        var interrupted = await build.GetStatusAsync(Token);
        Assert.Equal((WorkState.Interrupted, 100L), (interrupted.State, interrupted.TilesTotal));    // 20 of order 3, 80 of order 4
        Assert.NotNull(interrupted.Estimate);
        Assert.Equal(id, (await again.Grains.Sky("sky").BuildAsync(request, Token)).Id);
        var done = await build.FollowAsync(_ => { }, Token);
        Assert.True(done.State == WorkState.Done, done.Error);
        Assert.Equal(100, done.TilesDone);
        Assert.InRange(done.TilesFromStore, 1, 99);
        Assert.Equal("1/7 2/90", string.Join(' ', (await again.Grains.SkyCoverageAsync("sky", 4, Token)).Cells.Select(cell => $"{cell.Order}/{cell.Pixel}")));
        Assert.Equal(WorkState.Done, (await again.Grains.Sky("sky").BuildAsync(request, Token)).State);
    }

    [Fact]
    public async Task Tile_WhileABuildRuns_ComesBeforeIt()
    {
        await using var session = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        var sky = await session.Grains.Sky("sky").CreateAsync(new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = "1/7 1/20" }, Token);
        string id = (await session.Grains.Sky("sky").BuildAsync(new SkyBuildRequest { FromOrder = 3 }, Token)).Id;
        var build = session.Grains.SkyBuild("sky", id);
        await build.WatchAsync(-1, Token).FirstAsync(status => status.TilesDone > 0 || status.State != WorkState.Running, Token);
        long before = (await build.GetStatusAsync(Token)).TilesDone;
        await session.Grains.FetchSkyTileAsync(sky.Digest, 4, 20 * 64 + 63, cancellationToken: Token);      // the build's last one
        var after = await build.GetStatusAsync(Token);
        Assert.Equal(WorkState.Running, after.State);
        Assert.InRange(after.TilesDone - before, 0, after.TilesTotal / 2);
        Assert.Equal(WorkState.Paused, (await build.CancelAsync(Token)).State);
    }
}
