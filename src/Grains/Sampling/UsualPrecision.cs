using RadioDiffusion.Grains.Devices;
using RadioDiffusion.ModelCore.Diffusion;

namespace RadioDiffusion.Grains.Sampling;

/// <summary>The number format that samples are made in where nobody asks for one: bf16 where this silo's device is markedly faster with it, otherwise f32. Measured when it is asked for first.</summary>
internal sealed class UsualPrecision(IDeviceSlots devices)
{
    private readonly Lazy<Task<string>> _measured = new(() => devices.Slots.Count == 0
        ? Task.FromResult("f32")
        : devices.Cpu.RunAsync(() => FasterPrecision.Measure(devices.Slots[0].Device)));

    public Task<string> GetAsync() => _measured.Value;
}
