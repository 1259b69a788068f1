using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RadioDiffusion.Grains.Interfaces;
using RadioDiffusion.Grains.Interfaces.Models;
using RadioDiffusion.Grains.Interfaces.Surveys;
using RadioDiffusion.Silo.Security;

namespace RadioDiffusion.Silo.Tests.Security;

public sealed class RootsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _root;

    public RootsTests()
    {
        _root = _folder.File("root");
        Directory.CreateDirectory(Path.Combine(_root, "mosaics"));
        Directory.CreateDirectory(_folder.File("root-too"));
        File.WriteAllText(_folder.File("outside.csv"), "");
        File.CreateSymbolicLink(Path.Combine(_root, "out.csv"), _folder.File("outside.csv"));
        Directory.CreateSymbolicLink(Path.Combine(_root, "up"), _folder.Path);
        Directory.CreateSymbolicLink(_folder.File("in"), _root);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("root/c.csv", true)]
    [InlineData("root/mosaics/../c.csv", true)]
    [InlineData("in/c.csv", true)]
    [InlineData("root", true)]
    [InlineData("root-too/c.csv", false)]
    [InlineData("root/../outside.csv", false)]
    [InlineData("root/out.csv", false)]
    [InlineData("root/up/outside.csv", false)]
    [InlineData("outside.csv", false)]
    public void Check_OfAPath_FollowsLinksAndDots(string path, bool isInside)
    {
        var request = new DatasetRequest { MosaicDirectory = Path.Combine(_root, "mosaics"), CataloguePath = Path.Combine(_folder.Path, path) };
        var roots = new Roots(Options.Create(new SiloSettings { Roots = [_root] }));
        if (isInside)
            Assert.Same(request, roots.CheckedFromOutside(request));
        else
            Assert.Contains("should lie below", Assert.Throws<UserErrorException>(() => roots.Check(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_OfEveryPathInARequest_FindsTheOneOutside()
    {
        var roots = new Roots(Options.Create(new SiloSettings { Roots = [_root] }));
        var good = new DatasetRequest { MosaicDirectory = _root, CataloguePath = _root, Columns = "lotss-dr2" };
        roots.Check(good);
        foreach (var bad in new[]
        {
            good with { MosaicDirectory = "/" },
            good with { Columns = "/etc/hostname" },
            good with { Channels = new([new("other", "/etc")]) },
        })
        {
            Assert.Throws<UserErrorException>(() => roots.Check(bad));
        }
    }

    /// <summary>Without a preset, the description beside the weights is read too: it may be a link.</summary>
    [Fact]
    public void Check_OfAnImportOfAModel_LooksAtTheDescriptionToo()
    {
        var roots = new Roots(Options.Create(new SiloSettings { Roots = [_root] }));
        var request = new ModelImportRequest { Path = Path.Combine(_root, "weights.safetensors") };
        roots.Check(request);
        File.CreateSymbolicLink(Path.Combine(_root, "model.json"), _folder.File("outside.csv"));
        Assert.Throws<UserErrorException>(() => roots.Check(request));
        roots.Check(request with { Preset = "lofar" });
        Assert.Throws<UserErrorException>(() => roots.Check(request with { Preset = "lofar", Path = "/etc/hostname" }));
    }

    [Fact]
    public void Request_OverHttp_WithoutRoots_MayNameNothing()
    {
        var roots = new Roots(Options.Create(new SiloSettings()));
        var request = new DatasetImportRequest { Path = _root };
        roots.Check(request);
        Assert.Contains("--root", Assert.Throws<UserErrorException>(() => roots.CheckedFromOutside(request)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GrainCall_OfAClient_IsKeptToTheRootsToo()
    {
        var token = TestContext.Current.CancellationToken;
        var (host, settings) = await SiloHost.StartEmbeddedAsync(() => new SiloSettings { Store = _folder.File("store"), Roots = [_root] }, logging => logging.ClearProviders(), token);
        using (host)
        {
            await using var connection = await Connection.OpenAsync(settings.Gateway, settings.Cluster, token);
            var error = await Assert.ThrowsAsync<UserErrorException>(() => connection.Grains.GetGrain<IDatasetGrain>("x").ImportAsync(new DatasetImportRequest { Path = "/etc" }, token));
            Assert.Contains("should lie below", error.Message, StringComparison.Ordinal);
            await host.StopAsync(token);
        }
    }
}
