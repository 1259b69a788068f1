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
    {
        var devices = settings.Value.Devices;
        int cpuSlots = Math.Max(1, devices.Count(device => device == "cpu"));
        int threads = Math.Max(1, Environment.ProcessorCount / cpuSlots);
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
    }
}
