using Orleans.Hosting;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Integration.Storage;

/// <summary>A cluster with its grains' state in a temporary folder.</summary>
public sealed class LocalStorageCluster : StorageCluster
{
    private readonly TemporaryFolder _folder = new();

    public string Records => Path.Combine(_folder.Path, "grains", RecordGrain.Provider, RecordGrain.StateName, "record");

    public string Root => _folder.Path;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    protected override void Configure(ISiloBuilder silo) => silo.AddLocalGrainStorage(RecordGrain.Provider, _folder.Path);
}

public sealed class LocalGrainStorageTests(LocalStorageCluster cluster) : GrainStorageContract(cluster), IClassFixture<LocalStorageCluster>
{
    private readonly string _key = "local-" + Guid.NewGuid().ToString("N");

    private string File => Path.Combine(cluster.Records, _key + ".json");

    [Fact]
    public async Task Crash_BetweenTheTwoRenames_KeepsTheRecordBefore()
    {
        var grain = Grain(_key);
        await grain.Write("before", 0);
        System.IO.File.Move(File, File + ".prev");           // the first rename; the second never came
        await cluster.Cluster.DeactivateAsync(grain);

        Assert.Equal("before", await grain.Read());
        await grain.Write("after", 0);
        await cluster.Cluster.DeactivateAsync(grain);
        Assert.Equal("after", await grain.Read());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(20)]
    [InlineData(-1)]
    public async Task TornRecord_LeavesTheOneBefore(int length)
    {
        var grain = Grain(_key);
        await grain.Write("before", 0);
        await grain.Write("torn", 0);
        byte[] bytes = await System.IO.File.ReadAllBytesAsync(File, Ct);
        await System.IO.File.WriteAllBytesAsync(File, length < 0 ? bytes[..^1] : bytes[..length], Ct);
        await cluster.Cluster.DeactivateAsync(grain);

        Assert.Equal("before", await grain.Read());
        await grain.Write("after", 0);
        await cluster.Cluster.DeactivateAsync(grain);
        Assert.Equal("after", await grain.Read());
        Assert.True(System.IO.File.Exists(File + ".damaged"));
    }

    [Fact]
    public async Task TornRecord_WithoutOneBefore_IsAnErrorThatNamesTheFile()
    {
        Directory.CreateDirectory(cluster.Records);
        await System.IO.File.WriteAllTextAsync(File, "{\"grain\":", Ct);
        var error = await RefusalAsync(Grain(_key));
        Assert.Contains(File, error.Message);
    }

    [Fact]
    public async Task Clear_LeavesNothingThatComesBack()
    {
        var grain = Grain(_key);
        await grain.Write("one", 0);
        await grain.Write("two", 0);
        await grain.Clear();
        Assert.Empty(Directory.GetFiles(cluster.Records, _key + "*"));
    }

    [Fact]
    public async Task Write_LeavesNoTemporaryFile()
    {
        await Grain(_key).Write("one", 0);
        string scratch = Path.Combine(cluster.Root, "grains", RecordGrain.Provider, ".scratch");
        Assert.All(Directory.GetFiles(scratch, "*", SearchOption.AllDirectories), file => Assert.EndsWith(".lock", file));
    }

    [Fact]
    public async Task Record_OfAKeyThatDiffersInCaseOnly_IsNotTakenForItsOwn()
    {
        await Grain(_key).Write("lower", 0);
        string upper = _key.ToUpperInvariant();
        System.IO.File.Copy(File, Path.Combine(cluster.Records, upper + ".json"), overwrite: true);
        var error = await RefusalAsync(Grain(upper));
        Assert.Contains(_key, error.Message);
    }

    protected override Task LoseEverythingAsync()
    {
        Directory.Delete(Path.Combine(cluster.Root, "grains"), recursive: true);
        return Task.CompletedTask;
    }
}
