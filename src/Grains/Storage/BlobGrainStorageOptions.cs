using Azure.Storage.Blobs;
using Orleans.Storage;

namespace RadioDiffusion.Grains.Storage;

/// <summary>Where and how grain state is kept in Azure Blob Storage; names and defaults are those of the official provider.</summary>
public sealed class BlobGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>The container, 3 to 63 characters a-z, 0-9 and hyphen; made at start if it is not there.</summary>
    public string ContainerName { get; set; } = "grainstate";

    /// <summary>The storage account.</summary>
    public BlobServiceClient? BlobServiceClient { get; set; }

    /// <summary>Whether clearing deletes the blob; otherwise it leaves an empty one, which keeps its ETag.</summary>
    public bool DeleteStateOnClear { get; set; } = true;

    /// <summary>The stage of the silo's start at which the container is made.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;

    /// <summary>System.Text.Json unless something else is set: no type names in the blobs, so that classes can be renamed.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
