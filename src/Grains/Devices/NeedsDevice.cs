using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace RadioDiffusion.Grains.Devices;

/// <summary>A grain that computes on a device: it is placed on silos that have a device slot, and nowhere else.</summary>
internal sealed class NeedsDeviceAttribute() : PlacementFilterAttribute(new NeedsDevice());

internal sealed class NeedsDevice() : PlacementFilterStrategy(0);

/// <summary>Silos say in their metadata how many device slots they have.</summary>
internal sealed class NeedsDeviceDirector(ISiloMetadataCache silos) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> candidates) =>
        candidates.Where(silo => DeviceMetadata.SlotsOf(silos.GetSiloMetadata(silo)) > 0);
}

/// <summary>How a silo's devices are written into its metadata: fixed for the life of the silo.</summary>
public static class DeviceMetadata
{
    private const string Slots = "device.slots";

    public static Dictionary<string, string> Of(IReadOnlyList<string> devices) => new()
    {
        [Slots] = devices.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
        ["device.names"] = string.Join(',', devices),
    };

    internal static int SlotsOf(SiloMetadata? metadata) =>
        metadata?.Metadata.TryGetValue(Slots, out string? count) == true && int.TryParse(count, out int slots) ? slots : 0;
}
