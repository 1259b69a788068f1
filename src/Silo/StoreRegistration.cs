using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo;

/// <summary>One setting, two halves: artifacts and grain state lie in the same place, a folder or Azure Blob Storage.</summary>
public static class StoreRegistration
{
    private const string ArtifactContainer = "artifacts";

    /// <summary>Whether the setting is a connection string of Azure Blob Storage; else it is a folder.</summary>
    public static bool IsAzure(string store) =>
        store.Contains("AccountName=", StringComparison.OrdinalIgnoreCase)
        || store.Contains("BlobEndpoint=", StringComparison.OrdinalIgnoreCase)
        || store.StartsWith("UseDevelopmentStorage", StringComparison.OrdinalIgnoreCase);

    public static IArtifactStore OpenArtifacts(string store) => IsAzure(store)
        ? new BlobArtifactStore(new BlobServiceClient(store), ArtifactContainer,
            Path.Combine(Path.GetTempPath(), "radiodiffusion-cache"))
        : new LocalArtifactStore(store);

    internal static IServiceCollection AddRadioDiffusionStore(this IServiceCollection services, string store) =>
        services.AddSingleton<IArtifactStore>(_ => new MeasuredArtifactStore(OpenArtifacts(store)));

    internal static ISiloBuilder AddStoreGrainStorage(this ISiloBuilder silo, string name, string store) => IsAzure(store)
        ? silo.AddBlobGrainStorage(name, options => options.BlobServiceClient = new BlobServiceClient(store))
        : silo.AddLocalGrainStorage(name, store);
}
