using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using RadioDiffusion.Grains.Storage;
using RadioDiffusion.ModelCore.Artifacts;

namespace RadioDiffusion.Silo;

/// <summary>One setting, two halves: artifacts and grain state lie in the same place, a folder or Azure Blob Storage.</summary>
public static class StoreRegistration
{
    private const string ArtifactContainer = "artifacts";
    private static readonly string[] _secrets = ["AccountKey=", "SharedAccessSignature="];

    /// <summary>Whether the setting is a connection string of Azure Blob Storage; else it is a folder.</summary>
    public static bool IsAzure(string store) =>
        store.Contains("AccountName=", StringComparison.OrdinalIgnoreCase)
        || store.Contains("BlobEndpoint=", StringComparison.OrdinalIgnoreCase)
        || store.StartsWith("UseDevelopmentStorage", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with a connection string, without repeating it, since it may hold a key; null for nothing, and for a folder.</summary>
    public static string? FaultOf(string store)
    {
        bool hasSecret = _secrets.Any(secret => store.Contains(secret, StringComparison.OrdinalIgnoreCase));
        if (!IsAzure(store))
            return hasSecret ? "holds a key and so should be a connection string of Azure Blob Storage, but it has neither AccountName= nor BlobEndpoint=." : null;
        try
        {
            _ = new BlobServiceClient(store);
            return null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or InvalidOperationException)
        {
            return "should be a connection string of Azure Blob Storage such as 'DefaultEndpointsProtocol=https;AccountName=NAME;AccountKey=KEY', but it cannot be understood.";
        }
    }

    public static IArtifactStore OpenArtifacts(string store) => IsAzure(store)
        ? new BlobArtifactStore(new BlobServiceClient(store), ArtifactContainer,
            Path.Combine(Path.GetTempPath(), "radiodiffusion-cache"))
        : new LocalArtifactStore(store);

    internal static IServiceCollection AddRadioDiffusionStore(this IServiceCollection services, string store) =>
        services.AddSingleton<IArtifactStore>(_ => new MeasuredArtifactStore(OpenArtifacts(store)));

    /// <summary>A call of a grain should end within 10 s: whoever makes it asks again. Artifacts, which are stored in the background, wait longer.</summary>
    private static BlobClientOptions StateOptions() => new()
    {
        Retry = { MaxRetries = 3, Delay = TimeSpan.FromSeconds(0.4), MaxDelay = TimeSpan.FromSeconds(2), NetworkTimeout = TimeSpan.FromSeconds(5) },
    };

    internal static ISiloBuilder AddStoreGrainStorage(this ISiloBuilder silo, string name, string store) => IsAzure(store)
        ? silo.AddBlobGrainStorage(name, options => options.BlobServiceClient = new BlobServiceClient(store, StateOptions()))
        : silo.AddLocalGrainStorage(name, store);
}
