using RadioDiffusion.Grains.Devices;
using RadioDiffusion.Silo.Devices;

namespace RadioDiffusion.Silo.Tests;

/// <summary>The real devices behind a gate that a test closes: then work on them waits.</summary>
internal sealed class GatedSlots : IDeviceSlots, IAsyncDisposable
{
    private readonly DeviceService _devices;
    private Task _open = Task.CompletedTask;

    public GatedSlots(DeviceService devices)
    {
        _devices = devices;
        Slots = [.. devices.Slots.Select(slot => new GatedSlot(slot, this))];
    }

    public IReadOnlyList<IDeviceSlot> Slots { get; }

    public IDedicatedThreads Cpu => _devices.Cpu;

    /// <summary>Closes the gate until the result is disposed.</summary>
    public IDisposable Close()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _open = opened.Task;
        return new Opener(opened);
    }

    public ValueTask DisposeAsync() => _devices.DisposeAsync();

    private sealed class Opener(TaskCompletionSource opened) : IDisposable
    {
        public void Dispose() => opened.TrySetResult();
    }

    private sealed class GatedSlot(IDeviceSlot slot, GatedSlots gate) : IDeviceSlot
    {
        public string Device => slot.Device;

        public int Threads => slot.Threads;

        public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default)
        {
            await gate._open.WaitAsync(cancellationToken);
            return await slot.RunAsync(work, cancellationToken);
        }
    }
}
