using Orleans.Storage;

namespace RadioDiffusion.Grains.Storage;

/// <summary>Where and how grain state is kept on the local disk.</summary>
public sealed class LocalGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>The store's root folder; states lie below its folder <c>grains</c>.</summary>
    public string Root { get; set; } = "";

    /// <summary>System.Text.Json unless something else is set.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;
}
