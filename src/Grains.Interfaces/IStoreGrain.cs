namespace RadioDiffusion.Grains.Interfaces;

/// <summary>Says where a silo keeps its artifacts, so that a client on the same machine reads them there. The key is 0.</summary>
[Alias("RadioDiffusion.IStoreGrain")]
public interface IStoreGrain : IGrainWithIntegerKey
{
    [Alias("GetLocation")]
    Task<StoreLocation> GetLocationAsync(CancellationToken cancellationToken = default);
}

/// <summary>Where artifacts lie.</summary>
/// <param name="Folder">The folder; null if they lie in Azure Blob Storage, whose credentials the silo keeps to itself.</param>
/// <param name="Description">The place in words, without credentials.</param>
[GenerateSerializer, Immutable, Alias("RadioDiffusion.StoreLocation")]
public sealed record StoreLocation([property: Id(0)] string? Folder, [property: Id(1)] string Description);
