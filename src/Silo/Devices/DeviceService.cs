using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using RadioDiffusion.Grains.Devices;
using RadioDiffusion.ModelCore;
using TorchSharp;

namespace RadioDiffusion.Silo.Devices;

/// <summary>The devices of this silo, each with its thread, for as long as the silo lives.</summary>
internal sealed class DeviceService : IDeviceSlots, IAsyncDisposable
{
    private readonly List<DeviceSlot> _slots;
    private readonly DedicatedThreads _cpu;

    public DeviceService(IOptions<SiloSettings> settings)
        : this(settings.Value.Devices, Math.Max(1, Environment.ProcessorCount / Math.Max(1, settings.Value.Devices.Count(device => device == "cpu"))))
    {
    }

    /// <param name="devices">One slot for each: cpu, cuda:0, ...</param>
    /// <param name="threads">CPU threads of the tensor library on each.</param>
    public DeviceService(IReadOnlyList<string> devices, int threads)
    {
        _slots = [.. devices.Select((device, index) => new DeviceSlot(device, index, threads))];
        _cpu = new DedicatedThreads("cpu work", Environment.ProcessorCount);
    }

    public IReadOnlyList<IDeviceSlot> Slots => _slots;

    public IDedicatedThreads Cpu => _cpu;

    public async ValueTask DisposeAsync()
    {
        foreach (var slot in _slots)
            await slot.DisposeAsync();
        await _cpu.DisposeAsync();
    }

    private static void UseThreads(int threads)
    {
        try
        {
            torch.set_num_threads(threads);
        }
        catch (Exception error) when (error is TypeInitializationException or NotSupportedException or DllNotFoundException or ExternalException)
        {
            throw new RadioDiffusionException(
                $"libtorch, which trains and samples, could not be loaded: {(error.InnerException ?? error).Message} 'radiodiffusion doctor' says what to do.", error);
        }
    }

    private sealed class DeviceSlot(string device, int index, int threads)
        : DedicatedThreads($"device slot {index} ({device})", 1, () => UseThreads(threads)), IDeviceSlot
    {
        public string Device => device;

        public int Threads => threads;
    }
}
