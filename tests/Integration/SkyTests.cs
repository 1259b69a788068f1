using System.Security.Cryptography;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Sampling;
using RadioDiffusion.Grains.Interfaces.Skies;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Fits;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Integration;

/// <summary>A sky is a function of its recipe and the stored samples, whichever store it is made in.</summary>
public sealed class SkyTests : IDisposable
{
    /// <summary>A beam so wide that the deepest order is 4, and few sources: tiles take little time.</summary>
    private const string Coarse = """{"survey": {"beamMajorArcsec": 100, "pointingDistanceDegrees": 0}, "population": {"faintestMilliJansky": 50, "resolvedAboveArcsec": 30}, "clustering": null, "images": {"steps": 2, "distinct": 1}}""";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Tile_InTwoStores_HasTheSameBytes_AndItsSourcesHaveSamples()
    {
        var request = new SkyRequest { Preset = "lotss-dr2", Configuration = Coarse, Area = "3/12" };
        var first = await MakeAsync("one", request);
        var second = await MakeAsync("two", request);
        Assert.Equal(first, second);
        Assert.Equal(first.Digest, SkyRecipe.Parse(first.Recipe).Digest);
    }

    [Fact]
    public async Task Create_IsIdempotent_ListsAndDeletes_AndRefusesWhatIsWrong()
    {
        await using var session = await Session.OpenAsync(_folder.File("store"), null, verbose: false, Token);
        var request = new SkyRequest { Preset = "first", Configuration = """{"images": null}""", Area = "all" };
        var entry = await session.Grains.Sky("mine").CreateAsync(request, Token);
        Assert.Equal(entry, await session.Grains.Sky("mine").CreateAsync(request, Token));
        Assert.Equal(entry.Digest, (await session.Grains.Sky("other").CreateAsync(request with { Area = "3/1" }, Token)).Digest);
        Assert.Equal(["mine", "other"], (await session.Grains.SkiesAsync(Token)).Select(sky => sky.Name));
        await RefusedAsync(ErrorKind.Conflict, "another sky", () => session.Grains.Sky("mine").CreateAsync(request with { Seed = 1 }, Token));
        await RefusedAsync(ErrorKind.Invalid, "population.classes", () => session.Grains.Sky("new").CreateAsync(request with { Configuration = """{"population": {"classes": [{"name": "FR0", "faint": 1, "bright": 1}]}}""" }, Token));
        await RefusedAsync(ErrorKind.NotFound, "no-such-model", () => session.Grains.Sky("new").CreateAsync(request with { Configuration = """{"images": {"model": "no-such-model"}}""" }, Token));
        await RefusedAsync(ErrorKind.Invalid, "survey.rms", () => session.Grains.Sky("new").CreateAsync(request with { Configuration = """{"survey": {"rms": 2}}""" }, Token));
        await RefusedAsync(ErrorKind.NotFound, "no sky 'new'", () => session.Grains.Sky("new").GetAsync(Token));
        await RefusedAsync(ErrorKind.NotFound, "orders 0 to 9", () => session.Grains.FetchSkyTileAsync(entry.Digest, 11, 3, cancellationToken: Token));
        await RefusedAsync(ErrorKind.NotFound, "no sky 0123456789abcdef", () => session.Grains.FetchSkyTileAsync("0123456789abcdef", 3, 3, cancellationToken: Token));
        await RefusedAsync(ErrorKind.Invalid, "named like", () => session.Grains.FetchSkyTileAsync(entry.Digest, 0, 12, cancellationToken: Token));

        await session.Grains.Sky("mine").DeleteAsync(Token);
        Assert.Equal(["other"], (await session.Grains.SkiesAsync(Token)).Select(sky => sky.Name));
        await RefusedAsync(ErrorKind.NotFound, "no sky 'mine'", () => session.Grains.Sky("mine").GetAsync(Token));
    }

    private static async Task RefusedAsync(ErrorKind kind, string said, Func<Task> call)
    {
        var error = await Assert.ThrowsAnyAsync<Exception>(call);
        var reason = Assert.IsType<UserErrorException>(ErrorReasons.Of(error));
        Assert.Contains(said, reason.Message, StringComparison.Ordinal);
        Assert.Equal(kind, reason.Kind);
    }

    private async Task<Made> MakeAsync(string store, SkyRequest request)
    {
        await using var session = await Session.OpenAsync(_folder.File(store), null, verbose: false, Token);
        var entry = await session.Grains.Sky("sky").CreateAsync(request, Token);
        Assert.Equal(4, entry.HipsOrder);
        const int Pixel = 49;
        var patch = session.Grains.SkyPatch(entry.Digest, 4, Pixel);
        var sources = await patch.SourcesAsync(Token);
        Assert.True(sources.Count > 20);
        Assert.Contains(sources.Sources, source => source.Sample != null);
        Assert.Equal(sources.Sources.Select(source => source.Flux).OrderDescending(), sources.Sources.Select(source => source.Flux));

        var both = await Task.WhenAll(session.Grains.FetchSkyTileAsync(entry.Digest, 4, Pixel, cancellationToken: Token), session.Grains.FetchSkyTileAsync(entry.Digest, 4, Pixel, cancellationToken: Token));
        Assert.Equal(both[0].Artifact, both[1].Artifact);
        Assert.True(both[0].Images > 0);
        Assert.True((await session.Grains.FetchSkyTileAsync(entry.Digest, 4, Pixel, cancellationToken: Token)).FromStore);
        string path = Path.Combine(await session.Artifacts.GetDirectoryAsync(both[0].Artifact!, Token), SkyTiles.File);
        CheckTile(path, entry, sources);
        return new Made(entry.Digest, entry.Recipe, Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(path, Token))));
    }

    /// <summary>The brightest sources are where the file's WCS says.</summary>
    private static void CheckTile(string path, SkyEntry entry, SkySourceList sources)
    {
        using var file = FitsFile.Open(path);
        var image = file.FirstImage();
        Assert.Equal("JY/BEAM", image.Header.GetString("BUNIT"));
        Assert.Equal(entry.Digest, image.Header.GetString("SKYDIGST"));
        Assert.Equal(144e6, image.Header.GetDouble("RESTFRQ"));
        Assert.True(image.Header.Contains("CHECKSUM"));
        float[] pixels = SkyFiles.PixelsOf(path);
        var wcs = WorldCoordinateSystem.FromHeader(image.Header, path);
        var brightest = sources.Sources.First(source => source.Sample == null);          // a Gaussian: its peak is at its place
        Assert.True(wcs.TrySkyToPixel(new SkyCoordinate(brightest.RightAscension, brightest.Declination), out double x, out double y));
        float peak = pixels[(int)Math.Round(y) * image.Width + (int)Math.Round(x)];
        Assert.InRange(peak * 1000, 0.85 * brightest.Flux, 1.5 * brightest.Flux);        // a pixel is up to half a pixel off, and neighbours add to it
    }

    private sealed record Made(string Digest, string Recipe, string Tile);
}
