namespace RadioDiffusion.Grains.Devices;

/// <summary>
/// Who works on which of this silo's device slots: placement brings a grain to a silo, the lease chooses the slot there. A new holder gets the slot with the
/// fewest; holders of one slot take turns on its thread, piece by piece.
/// </summary>
public sealed class DeviceLeases(IDeviceSlots devices)
{
    private readonly int[] _holders = new int[devices.Slots.Count];

    /// <exception cref="InvalidOperationException">This silo has no device slot; placement should not have brought the caller here.</exception>
    internal DeviceLease Take()
    {
        if (_holders.Length == 0)
            throw new InvalidOperationException("This silo has no device slot: start it with --device, or start another silo that has one.");
        lock (_holders)
        {
            int slot = Array.IndexOf(_holders, _holders.Min());
            _holders[slot]++;
            return new DeviceLease(devices.Slots[slot], () => Return(slot));
        }
    }

    private void Return(int slot)
    {
        lock (_holders)
            _holders[slot]--;
    }
}

/// <summary>A device slot for as long as it is not disposed.</summary>
internal sealed class DeviceLease(IDeviceSlot slot, Action giveBack) : IDisposable
{
    private Action? _giveBack = giveBack;

    public IDeviceSlot Slot => slot;

    public void Dispose() => Interlocked.Exchange(ref _giveBack, null)?.Invoke();
}
