using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.Client.Tests;

/// <summary>`sky` from an empty store to a tile, without images. The console is one for all, so the tests take turns.</summary>
[Collection("console")]
public sealed class SkyCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Create_Tile_ListAndDelete_OfASky()
    {
        await File.WriteAllTextAsync(_folder.File("sky.json"), """{"survey": {"beamMajorArcsec": 100}, "population": {"faintestMilliJansky": 50}, "images": null}""", TestContext.Current.CancellationToken);
        var created = await JsonAsync("sky", "create", "small", "--preset", "lotss-deep", "--config", _folder.File("sky.json"), "--cone", "45", "-2", "1", "--seed", "7");
        Assert.Equal(7, created.GetProperty("recipe").GetProperty("seed").GetInt32());
        Assert.Equal(4, created.GetProperty("hipsOrder").GetInt32());
        Assert.Equal(created.ToString(), (await JsonAsync("sky", "show", "small")).ToString());
        Assert.Equal("small", (await JsonAsync("sky", "list"))[0].GetProperty("name").GetString());

        var tile = await JsonAsync("sky", "tile", "small", "--at", "45", "-2", "--out", _folder.File("tile.fits"));
        Assert.False(tile.GetProperty("fromStore").GetBoolean());
        Assert.Equal((byte)'S', (await File.ReadAllBytesAsync(_folder.File("tile.fits"), TestContext.Current.CancellationToken))[0]);
        string path = tile.GetProperty("tile").GetString()!;
        Assert.StartsWith("Norder4/Dir0/Npix", path, StringComparison.Ordinal);
        var again = await JsonAsync("sky", "tile", "small", "--order", "4", "--pixel", path["Norder4/Dir0/Npix".Length..], "--out", _folder.File("tile.png"));
        Assert.True(again.GetProperty("fromStore").GetBoolean());
        Assert.Equal(0x89, (await File.ReadAllBytesAsync(_folder.File("tile.png"), TestContext.Current.CancellationToken))[0]);

        foreach (var (said, exit, args) in ((string, int, string[])[])
        [
            ("outside the area", ExitCode.Failed, ["sky", "tile", "small", "--at", "200", "-2", "--out", _folder.File("no.fits")]),
            ("--order should be from 0 to 4", ExitCode.WrongUsage, ["sky", "tile", "small", "--at", "45", "-2", "--order", "5", "--out", _folder.File("no.fits")]),
            ("another sky", ExitCode.Failed, ["sky", "create", "small"]),
            ("no sky 'none'", ExitCode.Failed, ["sky", "delete", "none"]),
        ])
        {
            var (exitCode, _, errors) = await RunAsync(args);
            Assert.Equal(exit, exitCode);
            Assert.Contains(said, errors, StringComparison.Ordinal);
        }
        await JsonAsync("sky", "delete", "small");
        Assert.Equal(0, (await JsonAsync("sky", "list")).GetArrayLength());
    }

    private async Task<JsonElement> JsonAsync(params string[] args)
    {
        var (exitCode, output, errors) = await RunAsync([.. args, "--json"]);
        Assert.True(exitCode == ExitCode.Done, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] args) => CommandLineTests.RunAsync([.. args, "--store", _folder.File("store")]);
}
