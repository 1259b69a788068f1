using System.Security.Cryptography;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Integration.Cluster;

/// <summary>A sky made by three silos, of which one is killed, is the sky made by one, tile by tile and in another order: byte for byte, given the same stored samples.</summary>
[Collection(ClusterCollection.Name)]
public sealed class SkyClusterTests(ClusterBench bench, ITestOutputHelper output) : IDisposable
{
    /// <summary>A beam so wide that the deepest order is 4, few sources, and one image of two steps for those of like flux: tiles take little time.</summary>
    private const string Coarse = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 200, "resolvedAboveArcsec": 30}, "clustering": null, "images": {"steps": 2, "distinct": 1}}""";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_WhoseSiloIsKilled_EndsInTheBytesOfOneSilo()
    {
        await bench.RequireAsync();
        await using var cluster = await bench.ConnectAsync();
        var request = new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = "2/3 2/90" };
        var sky = await cluster.Grains.Sky("killed").CreateAsync(request, Token);
        var started = await cluster.Grains.Sky("killed").BuildAsync(new SkyBuildRequest { FromOrder = 3 }, Token);
        var build = cluster.Grains.SkyBuild("killed", started.Id);
        await ClusterBench.UntilAsync(async () => (await build.GetStatusAsync(Token)) is { Estimate: not null } or { State: not WorkState.Running }, "The estimate");
        await ClusterBench.UntilAsync(async () => (await build.GetStatusAsync(Token)) is { TilesDone: > 2 } or { State: not WorkState.Running }, "The third tile");
        int victim = await bench.SiloOfAsync(cluster.Grains, build);
        await bench.KillAsync($"silo-{victim}");
        var status = await build.FollowAsync(_ => { }, Token);
        Assert.True(status.State == WorkState.Done, $"{status.State}: {status.Error}");
        Assert.Equal((40L, 40L, 0L), (status.TilesDone, status.TilesTotal, status.TilesFailed));
        output.WriteLine($"silo {victim} was killed; {status.TilesFromStore} tiles were in the store when they were asked for, {status.Estimate!.Tiles} were estimated to make in {status.Estimate.Seconds:0} s");
        Assert.Equal(SkyArea.Parse(request.Area!).Ranges, (await cluster.Grains.SkyCoverageAsync("killed", 4, Token)).Ranges);

        await using var alone = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        int samples = await CopySamplesAsync(cluster.Artifacts, alone.Artifacts);
        Assert.True(samples > 0);
        Assert.Equal(sky.Digest, (await alone.Grains.Sky("alone").CreateAsync(request, Token)).Digest);
        var cells = new[] { 3, 4 }.SelectMany(order => SkyArea.Parse(request.Area!).CellsOverlapping(order)).Reverse().ToList();
        foreach (var cell in cells)
        {
            await alone.Grains.FetchSkyTileAsync(sky.Digest, cell.Order, cell.Pixel, cancellationToken: Token);
            Assert.Equal(await DigestAsync(alone, sky.Digest, cell), await DigestAsync(cluster, sky.Digest, cell));
        }
        await bench.UpAsync();
    }

    private static async Task<string> DigestAsync(Session session, string digest, HealpixCell cell)
    {
        string folder = await session.Artifacts.GetDirectoryAsync(SkyTiles.ArtifactOf(digest, cell.Order, cell.Pixel), Token);
        return Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(folder, SkyTiles.File), Token)));
    }

    private static async Task<int> CopySamplesAsync(IArtifactStore from, IArtifactStore to)
    {
        int count = 0;
        await foreach (var sample in from.ListAsync("sample", Token))
        {
            using var scratch = to.CreateScratchDirectory();
            string folder = await from.GetDirectoryAsync(sample.Id, Token);
            foreach (var file in sample.Files)
                File.Copy(Path.Combine(folder, file.Name), Path.Combine(scratch.Path, file.Name));
            await to.PutAsync(sample.Id, sample.Recipe, scratch.Path, Token);
            count++;
        }
        return count;
    }
}
