using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using RadioDiffusion.Grains.Storage;

namespace RadioDiffusion.Integration.Storage;

/// <summary>A cluster with its grains' state in Azurite.</summary>
public sealed class BlobStorageCluster(AzuriteServer azurite) : StorageCluster
{
    public const string Container = "grains-under-test";

    public override ValueTask InitializeAsync() => azurite.ConnectionString == "" ? ValueTask.CompletedTask : base.InitializeAsync();

    protected override void Configure(ISiloBuilder silo) => silo.AddBlobGrainStorage(RecordGrain.Provider, options =>
    {
        options.BlobServiceClient = azurite.CreateClient();
        options.ContainerName = Container;
    });
}

[Collection(AzuriteCollection.Name)]
public sealed class BlobGrainStorageTests : GrainStorageContract, IClassFixture<BlobStorageCluster>
{
    private readonly string _key = "blob-" + Guid.NewGuid().ToString("N");
    private readonly BlobStorageCluster _cluster;
    private readonly BlobServiceClient _client;
    private readonly BlobContainerClient _container;

    public BlobGrainStorageTests(AzuriteServer azurite, BlobStorageCluster cluster)
        : base(cluster)
    {
        azurite.Require();
        _cluster = cluster;
        _client = azurite.CreateClient();
        _container = _client.GetBlobContainerClient(BlobStorageCluster.Container);
    }

    [Fact]
    public async Task Blob_HasTheNameAndContentOfTheOfficialProvider()
    {
        string key = _key + "/tile:1";
        await Grain(key).Write("text", 0);
        var blob = _container.GetBlobClient($"content-record/{key}.json");
        Assert.Equal("{\"Text\":\"text\",\"Bytes\":\"\"}", (await blob.DownloadContentAsync(Ct)).Value.Content.ToString());
        var properties = await blob.GetPropertiesAsync(cancellationToken: Ct);
        Assert.Equal("application/octet-stream", properties.Value.ContentType);
        Assert.Equal(properties.Value.ETag.ToString(), (await ReadAsync(key)).ETag);
    }

    [Fact]
    public async Task EmptyBlob_IsNoRecord_ButHasAVersion()
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: Ct);
        await _container.GetBlobClient($"content-record/{_key}.json").UploadAsync(BinaryData.Empty, Ct);
        var read = await ReadAsync(_key);
        Assert.False(read.RecordExists);
        Assert.NotNull(read.ETag);
        Assert.Equal("fresh", read.State.Text);
        await Grain(_key).Write("text", 0);
        Assert.True((await ReadAsync(_key)).RecordExists);
    }

    [Fact]
    public async Task Clear_ThatKeepsTheBlob_EmptiesIt()
    {
        var services = _cluster.Cluster.GetSiloServiceProvider(_cluster.Cluster.Silos[0].SiloAddress);
        var options = new BlobGrainStorageOptions
        {
            BlobServiceClient = _client,
            ContainerName = BlobStorageCluster.Container,
            DeleteStateOnClear = false,
            GrainStorageSerializer = ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services),
        };
        var storage = new BlobGrainStorage("keeping", options, services.GetRequiredService<IActivatorProvider>(), NullLogger<BlobGrainStorage>.Instance);
        await Grain(_key).Write("text", 0);
        var state = await ReadAsync(_key);
        await storage.ClearStateAsync(RecordGrain.StateName, Id(_key), state, Ct);
        Assert.False(state.RecordExists);
        Assert.Equal((await ReadAsync(_key)).ETag, state.ETag);
        state.State.Text = "again";
        await WriteAsync(_key, state);
        Assert.Equal("again", (await ReadAsync(_key)).State.Text);
    }

    [Theory]
    [InlineData("Upper")]
    [InlineData("ab")]
    [InlineData("two--hyphens")]
    public void Container_WithABadName_StopsTheStart(string name)
    {
        var services = new ServiceCollection();
        var silo = new Builder(services);
        silo.AddBlobGrainStorage("s", options =>
        {
            options.BlobServiceClient = _client;
            options.ContainerName = name;
        });
        // The serializer is not what is tried here, and its services are the silo's.
        services.AddKeyedSingleton<IGrainStorageSerializer>("s", new NoSerializer());
        using var provider = services.BuildServiceProvider();
        var error = Assert.Throws<OrleansConfigurationException>(() => provider.GetServices<IConfigurationValidator>().ToList().ForEach(validator => validator.ValidateConfiguration()));
        Assert.Contains($"'{name}'", error.Message);
    }

    protected override async Task LoseEverythingAsync() => await _container.DeleteIfExistsAsync();

    private sealed class Builder(IServiceCollection services) : ISiloBuilder
    {
        public IServiceCollection Services => services;

        public Microsoft.Extensions.Configuration.IConfiguration Configuration => throw new NotSupportedException();
    }

    private sealed class NoSerializer : IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => throw new NotSupportedException();

        public T? Deserialize<T>(BinaryData input) => throw new NotSupportedException();
    }
}
