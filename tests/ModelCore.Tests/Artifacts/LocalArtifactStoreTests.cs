using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.ModelCore.Tests.Artifacts;

public sealed class LocalArtifactStoreTests : ArtifactStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<LocalArtifactStore> _open = [];

    private string Artifacts => _folder.File("artifacts");

    private string Scratch => _folder.File("scratch");

    public void Dispose()
    {
        _open.ForEach(store => store.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public async Task ScratchOfADeadProcess_IsClearedByTheNext_ThatOfALivingOneStays()
    {
        var dead = new LocalArtifactStore(_folder.Path);
        string left = Write(dead, ("a.txt", "half"));
        string kept = Path.Combine(_folder.Path, "kept");
        Directory.Move(Path.GetDirectoryName(left)!, kept);      // so that the orderly end finds nothing to delete
        dead.Dispose();
        Directory.Move(kept, Path.GetDirectoryName(left)!);
        await File.WriteAllTextAsync(Path.GetDirectoryName(left)! + ".lock", "", TestContext.Current.CancellationToken);

        var living = Open();
        string busy = Write(living, ("a.txt", "being written"));
        Assert.False(Directory.Exists(left));

        Open().CreateScratchDirectory();
        Assert.True(File.Exists(Path.Combine(busy, "a.txt")));
        Assert.Equal(2, Directory.GetFiles(Scratch, "*.lock").Length);
    }

    [Fact]
    public async Task Manifest_ThatIsTorn_CountsAsNone()
    {
        var recipe = RecipeOf(1);
        await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "old"));
        string manifest = Directory.GetFiles(Artifacts, ArtifactManifest.FileName, SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(manifest, "{\"id\":", TestContext.Current.CancellationToken);

        Assert.Null(await Open().FindAsync(recipe.Id, TestContext.Current.CancellationToken));
        Assert.Empty(await ListAsync(Open()));
        await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "new"));
        Assert.Equal("new", await ReadAsync(Open(), recipe.Id, "a.txt"));
    }

    [Fact]
    public async Task Root_ThatIsAFile_IsAnErrorThatNamesIt()
    {
        string root = _folder.File("file");
        await File.WriteAllTextAsync(root, "", TestContext.Current.CancellationToken);
        using var store = new LocalArtifactStore(root);
        Assert.Contains(root, Assert.Throws<RadioDiffusionException>(store.CreateScratchDirectory).Message);
    }

    [Theory]
    [InlineData(28, "the disk is full")]
    [InlineData(5, "Input/output error")]
    public void Explain_AnErrorOfTheDisk_NamesThePathAndTheCause(int number, string cause)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The numbers of the errors are those of Unix.");
        string message = DurableFiles.Explain("Storing x", "/store", new IOException("Input/output error", number)).Message;
        Assert.Contains(cause, message);
        Assert.Contains("/store", message);
    }

    [Fact]
    public async Task Link_AmongTheFiles_IsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        var store = Open();
        string directory = Write(store, ("a.txt", "alpha"));
        File.CreateSymbolicLink(Path.Combine(directory, "b.txt"), "a.txt");
        var error = await Assert.ThrowsAsync<RadioDiffusionException>(() => store.PutAsync(RecipeOf(1).Id, RecipeOf(1), directory));
        Assert.Contains("'b.txt'", error.Message);
    }

    [Fact]
    public async Task File_CalledAsTheManifest_IsRefused()
    {
        var store = Open();
        await Assert.ThrowsAsync<RadioDiffusionException>(() => PutAsync(store, RecipeOf(1).Id, RecipeOf(1), (ArtifactManifest.FileName, "{}")));
    }

    protected override IArtifactStore Open()
    {
        var store = new LocalArtifactStore(_folder.Path);
        _open.Add(store);
        return store;
    }

    protected override Task DamageAsync(ArtifactManifest manifest, string file, byte[] bytes) =>
        File.WriteAllBytesAsync(Directory.GetFiles(Artifacts, file, SearchOption.AllDirectories).Single(), bytes);

    /// <summary>The rename is the last step; a folder without a manifest is what a lost disk cache may leave.</summary>
    protected override async Task CrashBeforeTheManifestAsync(string id)
    {
        var store = Open();
        var recipe = RecipeOf(1);
        await PutAsync(store, id, recipe, ("a.txt", "half"), ("b.txt", "half"));
        File.Delete(Directory.GetFiles(Artifacts, ArtifactManifest.FileName, SearchOption.AllDirectories).Single());
    }
}
