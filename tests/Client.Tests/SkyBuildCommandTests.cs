using System.Text.Json;
using RadioDiffusion.Client;
using RadioDiffusion.Grains.Skies;
using RadioDiffusion.ModelCore.Sky;
using RadioDiffusion.ModelCore.SyntheticSky;

namespace RadioDiffusion.Client.Tests;

/// <summary>`sky build`, `builds`, `coverage` and `export`, without images. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class SkyBuildCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Build_Coverage_AndExport_OfARegion()
    {
        await File.WriteAllTextAsync(_folder.File("sky.json"), """{"survey": {"beamMajorArcsec": 200}, "population": {"faintestMilliJansky": 50}, "images": null}""", Token);
        var sky = await JsonAsync("sky", "create", "small", "--preset", "lotss-deep", "--config", _folder.File("sky.json"), "--area", "2/100-101");
        Assert.Equal(3, sky.GetProperty("hipsOrder").GetInt32());

        var estimated = await JsonAsync("sky", "build", "small", "--area", "2/100", "--orders", "2-3", "--estimate");
        Assert.Equal("Paused", estimated.GetProperty("state").GetString());
        Assert.True(estimated.GetProperty("estimate").GetProperty("bytes").GetDouble() > 1e6);
        var built = await JsonAsync("sky", "build", "small", "--area", "2/100", "--orders", "2-3");
        Assert.Equal(("Done", 5), (built.GetProperty("state").GetString(), built.GetProperty("tilesDone").GetInt32()));
        Assert.Equal(estimated.GetProperty("id").GetString(), built.GetProperty("id").GetString());
        var builds = await JsonAsync("sky", "builds", "small");
        Assert.Equal("Done", Assert.Single(builds.EnumerateArray()).GetProperty("state").GetString());

        var coverage = await JsonAsync("sky", "coverage", "small");
        Assert.Equal((4, 8, "2/100 3/"), (coverage.GetProperty("tiles").GetInt32(), coverage.GetProperty("of").GetInt32(), coverage.GetProperty("moc").GetString()));
        await JsonAsync("sky", "coverage", "small", "--out", _folder.File("done.fits"));
        Assert.Equal(MocText.ParseAscii("2/100").Ranges, MocFits.Read(_folder.File("done.fits")).Ranges);
        await JsonAsync("sky", "coverage", "small", "--out", _folder.File("done.png"));
        Assert.Equal(0x89, (await File.ReadAllBytesAsync(_folder.File("done.png"), Token))[0]);

        var exported = await JsonAsync("sky", "export", "small", "--hips", _folder.File("hips"));
        Assert.Equal((12, 12), (exported.GetProperty("tiles").GetInt32(), exported.GetProperty("written").GetInt32()));    // 1 + 1 + 2 + 8
        string[] files = [.. Directory.EnumerateFiles(_folder.File("hips"), "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(_folder.File("hips"), file)).Order(StringComparer.Ordinal)];
        Assert.Equal(24 + 2 + 3, files.Length);               // tiles, Allsky, and Moc.fits, properties and whose export it is
        Assert.Superset(new HashSet<string> { "Moc.fits", "properties", "Norder3/Allsky.fits", "Norder3/Allsky.png", "Norder0/Dir0/Npix6.fits", "Norder3/Dir0/Npix400.png" }, files.ToHashSet());
        string properties = await File.ReadAllTextAsync(_folder.File("hips/properties"), Token);
        Assert.Matches(@"(?m)^hips_order +=\s3$", properties);
        Assert.Matches(@"(?m)^hips_tile_format +=\spng fits$", properties);
        Assert.DoesNotContain("hips_service_url", properties, StringComparison.Ordinal);
        Assert.Equal(512 * 512, SkyFiles.PixelsOf(_folder.File("hips/Norder3/Dir0/Npix400.fits")).Length);

        // What is there is not written again, what is missing is; and files of two skies are never mixed.
        string lost = _folder.File("hips/Norder3/Dir0/Npix401.fits");
        byte[] before = await File.ReadAllBytesAsync(lost, Token);
        File.Delete(lost);
        Assert.Equal(1, (await JsonAsync("sky", "export", "small", "--hips", _folder.File("hips"))).GetProperty("written").GetInt32());
        Assert.Equal(before, await File.ReadAllBytesAsync(lost, Token));
        await JsonAsync("sky", "create", "other", "--preset", "lotss-deep", "--config", _folder.File("sky.json"), "--area", "2/100-101", "--seed", "1");
        foreach (var (said, exit, args) in ((string, int, string[])[])
        [
            ("another export", ExitCode.Failed, ["sky", "export", "other", "--hips", _folder.File("hips")]),
            ("should be empty", ExitCode.Failed, ["sky", "export", "other", "--hips", _folder.Path]),
            ("should overlap", ExitCode.WrongUsage, ["sky", "build", "small", "--cone", "10", "10", "1"]),
            ("--orders should be", ExitCode.WrongUsage, ["sky", "build", "small", "--orders", "5-3"]),
            ("--detach needs", ExitCode.WrongUsage, ["sky", "build", "small", "--detach"]),
            ("no build '12345678'", ExitCode.Failed, ["sky", "builds", "small", "--stop", "12345678"]),
            ("no sky 'none'", ExitCode.Failed, ["sky", "builds", "none"]),
        ])
        {
            var (exitCode, _, errors) = await RunAsync(args);
            Assert.Contains(said, errors, StringComparison.Ordinal);
            Assert.Equal(exit, exitCode);
        }
    }

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (exitCode, output, errors) = await RunAsync([.. args, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args) => CommandLineTests.RunAsync([.. args, "--store", _folder.File("store")]);
}
