using System.Diagnostics;
using System.Text.Json;
using RadioDiffusion.Client;

namespace RadioDiffusion.EndToEnd;

/// <summary>A disk that runs full while it is written to: a small file system, mounted in a namespace of the program's own (Linux).</summary>
public sealed class FullDiskTests : IDisposable
{
    private const int CutoutSize = 16;
    private const int ManySources = 4000;                    // of 16 x 16 float32 pixels: some 8 MB of cut-outs
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Disk_ThatRunsFullInATileACheckpointAndForGood_SaysSoAndKeepsWhatWasThere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && await ShellAsync("unshare -rm true") is (0, _, _), "Needs user namespaces (unshare -rm), to mount a small file system.");
        var (mosaics, catalogue) = SmallSurvey.Write(_folder.Path);
        var (_, manyRows) = SmallSurvey.Write(_folder.File("many"), ManySources / 2);
        Directory.CreateDirectory(_folder.File("disk"));
        Directory.CreateDirectory(_folder.File("small-disk"));
        string Build(string name, string rows) =>
            $"dataset build {name} --mosaics {(rows == catalogue ? mosaics : _folder.File("many/mosaics"))} --catalogue {rows} --size {CutoutSize} --min-snr 2";
        Directory.CreateDirectory(_folder.File("medium-disk"));   // for one checkpoint of some 20 MB and a half
        string train = "train start run --dataset first --iterations 5 --batch 2 --checkpoint-every 2 --sample-grids 0 --json";
        string sample = "sample --model run --flux 2 --steps 2 --out samples --json";
        await File.WriteAllTextAsync(_folder.File("script.sh"), $$"""
            cd '{{_folder.Path}}'
            run() { what=$1; shift; dotnet '{{typeof(CommandLine).Assembly.Location}}' "$@" > $what.txt 2> $what.errors; echo $what=$?; }
            mount -t tmpfs -o size=3m tmpfs small-disk || exit 9
            run first {{Build("first", catalogue)}} --store small-disk/store
            run before store ls --json --store small-disk/store
            run tile {{Build("many", manyRows)}} --store small-disk/store
            run after store ls --json --store small-disk/store
            run checkpoint train start run --dataset first --iterations 3 --batch 2 --checkpoint-every 1 --store small-disk/store
            run show1 dataset show first --store small-disk/store
            mount -t tmpfs -o size=36m tmpfs medium-disk || exit 9
            run medium {{Build("first", catalogue)}} --store medium-disk/store
            run second {{train}} --store medium-disk/store
            run list train list --json --store medium-disk/store
            mount -o remount,size=200m medium-disk || exit 9
            run resumed train resume run --json --store medium-disk/store
            mount -t tmpfs -o size=1g tmpfs disk || exit 9
            run build {{Build("first", catalogue)}} --store disk/store
            run train {{train}} --store disk/store
            run sample1 {{sample}} --store disk/store
            cat /dev/zero > disk/rest 2> /dev/null
            run show2 dataset show first --store disk/store
            run sample2 {{sample}} --store disk/store
            run export model export run --out exported --store disk/store
            """, Token);
        var (exitCode, output, errors) = await ShellAsync($"unshare -rm sh '{_folder.File("script.sh")}'");
        Assert.True(exitCode == 0, $"{output}\n{errors}");
        Assert.True(output.ReplaceLineEndings(" ").Trim()
            == "first=0 before=0 tile=1 after=0 checkpoint=1 show1=0 medium=0 second=1 list=0 resumed=0 build=0 train=0 sample1=0 show2=0 sample2=0 export=0", $"{output}\n{await AllErrorsAsync()}");
        Assert.Contains("the disk is full", await ReadAsync("tile.errors"), StringComparison.Ordinal);
        Assert.Contains("the disk is full", await ReadAsync("checkpoint.txt"), StringComparison.Ordinal);
        Assert.Contains("the disk is full", await ReadAsync("second.txt"), StringComparison.Ordinal);
        using var failed = JsonDocument.Parse(await ReadAsync("list.txt"));
        Assert.Equal(("Failed", 2), (failed.RootElement[0].GetProperty("state").GetString(), failed.RootElement[0].GetProperty("checkpoint").GetProperty("iteration").GetInt32()));
        using JsonDocument resumed = JsonDocument.Parse(await ReadAsync("resumed.txt")), whole = JsonDocument.Parse(await ReadAsync("train.txt"));
        Assert.Equal(2, resumed.RootElement.GetProperty("resumedAt").GetInt32());
        Assert.Equal(whole.RootElement.GetProperty("snapshot").GetString(), resumed.RootElement.GetProperty("snapshot").GetString());
        Assert.Subset(await ArtifactsAsync("after.txt"), await ArtifactsAsync("before.txt"));
        Assert.Single(await ArtifactsAsync("after.txt"), id => id.StartsWith("dataset-", StringComparison.Ordinal));
        Assert.Contains("\"fromStore\": true", await ReadAsync("sample2.txt"), StringComparison.Ordinal);
        Assert.True(File.Exists(_folder.File("exported/weights.safetensors")));
    }

    private Task<string> ReadAsync(string name) => File.ReadAllTextAsync(_folder.File(name), Token);

    private async Task<HashSet<string>> ArtifactsAsync(string list)
    {
        using var json = JsonDocument.Parse(await ReadAsync(list));
        return [.. json.RootElement.EnumerateArray().Select(artifact => artifact.GetProperty("id").GetString()!)];
    }

    private async Task<string> AllErrorsAsync() =>
        string.Join('\n', await Task.WhenAll(Directory.GetFiles(_folder.Path, "*.errors").Select(async path => $"{Path.GetFileName(path)}: {await File.ReadAllTextAsync(path, Token)}")));

    private static async Task<(int ExitCode, string Output, string Errors)> ShellAsync(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = process.StandardOutput.ReadToEndAsync(Token);
        var errors = process.StandardError.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, await output, await errors);
    }
}
