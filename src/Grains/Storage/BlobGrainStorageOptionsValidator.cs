using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace RadioDiffusion.Grains.Storage;

/// <summary>Stops a silo's start when its blob storage is not configured properly.</summary>
internal sealed partial class BlobGrainStorageOptionsValidator(string name, IOptionsMonitor<BlobGrainStorageOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        var found = options.Get(name);
        if (found.BlobServiceClient is null)
            throw new OrleansConfigurationException($"The grain storage '{name}' should have a BlobServiceClient, but it has none.");
        if (!ContainerName().IsMatch(found.ContainerName))
            throw new OrleansConfigurationException($"The container of the grain storage '{name}' should be 3 to 63 letters a-z, digits and single hyphens, but it is '{found.ContainerName}'.");
    }

    [GeneratedRegex("^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex ContainerName();
}
