using Azure;
using Azure.Storage;
using Azure.Storage.Blobs;
using RadioDiffusion.ModelCore;
using RadioDiffusion.ModelCore.Artifacts;
using RadioDiffusion.ModelCore.Tests.Artifacts;

namespace RadioDiffusion.Integration.Artifacts;

[Collection(AzuriteCollection.Name)]
public sealed class BlobArtifactStoreTests : ArtifactStoreContract, IDisposable
{
    private readonly TemporaryFolder _caches = new();
    private readonly List<BlobArtifactStore> _open = [];
    private readonly BlobServiceClient _client;
    private readonly BlobContainerClient _container;

    public BlobArtifactStoreTests(AzuriteServer azurite)
    {
        azurite.Require();
        _client = azurite.CreateClient();
        _container = _client.GetBlobContainerClient("artifacts-" + Guid.NewGuid().ToString("N"));
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _open.ForEach(store => store.Dispose());
        _caches.Dispose();
    }

    [Fact]
    public async Task Losers_OfARace_LeaveNoFiles()
    {
        var recipe = RecipeOf(1);
        var stores = Enumerable.Range(0, 8).Select(_ => Open()).ToArray();
        await Task.WhenAll(stores.Select((store, i) => PutAsync(store, recipe.Id, recipe, ("a.txt", $"{i}"))));
        Assert.Equal(2, await CountBlobsAsync());            // the manifest and its file
    }

    [Fact]
    public async Task GetDirectory_OfADamagedBlob_SaysWhichFileAndCachesNothing()
    {
        var manifest = await PutAsync(Open(), RecipeOf(1).Id, RecipeOf(1), ("a.txt", "alpha"));
        await DamageAsync(manifest, "a.txt", "alphA"u8.ToArray());
        var other = Open();
        for (int i = 0; i < 2; i++)
        {
            var error = await Assert.ThrowsAsync<RadioDiffusionException>(() => other.GetDirectoryAsync(manifest.Id, Ct));
            Assert.Contains("'a.txt'", error.Message);
            Assert.Contains(manifest.Files[0].Sha256, error.Message);
        }
    }

    [Fact]
    public async Task GetDirectory_OfACacheThatWasCutShort_FetchesAgain()
    {
        var store = Open();
        await PutAsync(store, RecipeOf(1).Id, RecipeOf(1), ("a.txt", "alpha"));
        string directory = await store.GetDirectoryAsync(RecipeOf(1).Id, Ct);
        await File.WriteAllTextAsync(Path.Combine(directory, "a.txt"), "al", Ct);
        directory = await store.GetDirectoryAsync(RecipeOf(1).Id, Ct);
        Assert.Equal("alpha", await File.ReadAllTextAsync(Path.Combine(directory, "a.txt"), Ct));
    }

    [Fact]
    public async Task GetDirectory_AfterSomeoneElseMadeItAnew_GivesTheNewFiles()
    {
        var recipe = RecipeOf(1);
        var store = Open();
        await PutAsync(store, recipe.Id, recipe, ("a.txt", "old"));
        var other = Open();
        await other.DeleteAsync(recipe.Id, Ct);
        await PutAsync(other, recipe.Id, recipe, ("a.txt", "new"));
        string directory = await store.GetDirectoryAsync(recipe.Id, Ct);
        Assert.Equal("new", await File.ReadAllTextAsync(Path.Combine(directory, "a.txt"), Ct));
    }

    [Fact]
    public async Task DeleteLeftovers_LeavesArtifactsAlone()
    {
        var recipe = RecipeOf(1);
        await PutAsync(Open(), recipe.Id, recipe, ("a.txt", "alpha"));
        await CrashBeforeTheManifestAsync(RecipeOf(2).Id);
        await CrashBeforeTheManifestAsync(recipe.Id);
        var store = (BlobArtifactStore)Open();
        Assert.Equal(0, await store.DeleteLeftoversAsync(TimeSpan.FromHours(1), Ct));
        Assert.Equal(2, await store.DeleteLeftoversAsync(TimeSpan.FromMinutes(-1), Ct));
        Assert.Equal("alpha", await ReadAsync(Open(), recipe.Id, "a.txt"));
    }

    [Fact]
    public async Task Find_WithTheWrongKey_SaysThatAccessIsDenied_AndNotTheKey()
    {
        var credential = new StorageSharedKeyCredential(_client.AccountName, Convert.ToBase64String(new byte[64]));
        using var store = new BlobArtifactStore(new BlobServiceClient(_client.Uri, credential), "artifacts", _caches.Path);
        var error = await Assert.ThrowsAsync<RadioDiffusionException>(() => store.FindAsync(RecipeOf(1).Id, Ct));
        Assert.Contains("access is denied", error.Message);
        Assert.Contains(_client.Uri.Authority, error.Message);
        Assert.DoesNotContain("AAAA", error.Message);
    }

    [Fact]
    public async Task Find_WhereNobodyAnswers_SaysSo()
    {
        var options = new BlobClientOptions();
        options.Retry.MaxRetries = 0;
        using var store = new BlobArtifactStore(new BlobServiceClient(new Uri("http://127.0.0.1:1/account"), options), "artifacts", _caches.Path);
        Assert.Contains("there is no answer", (await Assert.ThrowsAsync<RadioDiffusionException>(() => store.FindAsync(RecipeOf(1).Id, Ct))).Message);
    }

    [Fact]
    public void Describe_OfAClientWithASignature_DoesNotTellIt()
    {
        using var store = new BlobArtifactStore(new BlobServiceClient(new Uri("https://account.example/?sv=1&sig=secret")), "artifacts", _caches.Path);
        Assert.Equal("the container https://account.example/artifacts", store.Describe());
    }

    protected override IArtifactStore Open()
    {
        var store = new BlobArtifactStore(_client, _container.Name, _caches.File(Guid.NewGuid().ToString("N")));
        _open.Add(store);
        return store;
    }

    protected override Task DamageAsync(ArtifactManifest manifest, string file, byte[] bytes) =>
        _container.GetBlobClient(manifest.Location + file).UploadAsync(BinaryData.FromBytes(bytes), overwrite: true);

    protected override async Task CrashBeforeTheManifestAsync(string id)
    {
        await _container.CreateIfNotExistsAsync();
        await _container.GetBlobClient($"files/{id}/{Guid.NewGuid():N}/a.txt").UploadAsync(BinaryData.FromString("half"));
    }

    private async Task<int> CountBlobsAsync()
    {
        int count = 0;
        await foreach (var _ in _container.GetBlobsAsync(cancellationToken: Ct))
            count++;
        return count;
    }
}
