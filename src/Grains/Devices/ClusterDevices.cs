using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;

namespace RadioDiffusion.Grains.Devices;

/// <summary>The device slots of all silos that are up, as their metadata say.</summary>
internal sealed class ClusterDevices(IClusterMembershipService membership, ISiloMetadataCache silos)
{
    /// <summary>At least 1, so that work can be spread before the silos with devices are known.</summary>
    public int SlotCount => Math.Max(1, Active.Sum(member => DeviceMetadata.SlotsOf(silos.GetSiloMetadata(member.SiloAddress))));

    /// <summary>At least 1.</summary>
    public int SiloCount => Math.Max(1, Active.Count());

    private IEnumerable<ClusterMember> Active => membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active);
}
