using System.Globalization;
using Orleans.Metadata;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace RadioDiffusion.Grains.Devices;

/// <summary>A grain of one device slot of the cluster, whose number stands in its key after a slash: it is placed on the silo that has this slot, so that no device has two while another has none.</summary>
internal sealed class OnDeviceSlotAttribute() : PlacementFilterAttribute(new OnDeviceSlot());

internal sealed class OnDeviceSlot() : PlacementFilterStrategy(1);

/// <summary>The slots of the silos that could take the grain are counted in the order of the silos' addresses; numbers beyond them begin from the first again.</summary>
internal sealed class OnDeviceSlotDirector(ISiloMetadataCache silos) : IPlacementFilterDirector
{
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> candidates)
    {
        string key = target.GrainIdentity.Key.ToString()!;
        int number = int.Parse(key[(key.LastIndexOf('/') + 1)..], CultureInfo.InvariantCulture);
        return SiloOf(number, candidates.Select(silo => (silo, DeviceMetadata.SlotsOf(silos.GetSiloMetadata(silo))))) is { } found ? [found] : [];
    }

    /// <returns>Null if there is no slot.</returns>
    internal static SiloAddress? SiloOf(int number, IEnumerable<(SiloAddress Silo, int Slots)> silos)
    {
        SiloAddress[] slots = [.. silos.OrderBy(one => one.Silo).SelectMany(one => Enumerable.Repeat(one.Silo, one.Slots))];
        return slots.Length == 0 ? null : slots[number % slots.Length];
    }
}
