using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace RadioDiffusion.ModelCore.Training;

/// <summary>
/// PyTorch's autocast for the calling thread, for as long as it is not disposed: convolutions and matrix products cast what they are given to bfloat16 or float16.
/// </summary>
/// <remarks>TorchSharp has no API for it; these are the functions of libtorch 2.10 behind torch.autocast. Run on CPUs only; on a GPU nobody has tried it yet.</remarks>
internal sealed unsafe class Autocast : IDisposable
{
    private static readonly Lazy<Functions?> _functions = new(Functions.Find);
    private readonly Functions _calls;
    private readonly sbyte _device;

    private Autocast(DeviceType device, ScalarType type)
    {
        _calls = _functions.Value ?? throw new RadioDiffusionException(
            $"Training in {type} needs libtorch 2.10 on Linux; the one that is loaded here has no autocast under the names that are known. Train in {nameof(Precision.Float32)}.");
        _device = (sbyte)device;
        _calls.SetType(_device, (sbyte)type);
        _calls.SetEnabled(_device, 1);
    }

    /// <summary>Whether this libtorch can do it.</summary>
    public static bool IsAvailable => _functions.Value != null;

    /// <summary>That of a precision; null for those that cast nothing.</summary>
    /// <exception cref="RadioDiffusionException">This libtorch does not have these functions under these names.</exception>
    public static Autocast? For(Precision precision, DeviceType device) => precision switch
    {
        Precision.BFloat16 => new Autocast(device, ScalarType.BFloat16),
        Precision.Float16 => new Autocast(device, ScalarType.Float16),
        _ => null,
    };

    /// <summary>Also forgets the cast weights, which are old after the optimiser's step.</summary>
    public void Dispose()
    {
        _calls.ClearCache();
        _calls.SetEnabled(_device, 0);
    }

    private sealed record Functions(nint SetTypeAddress, nint SetEnabledAddress, nint ClearCacheAddress)
    {
        public static Functions? Find()
        {
            InitializeDeviceType(DeviceType.CPU);            // loads libtorch
            foreach (string name in new[] { "libtorch_cpu.so", "torch_cpu" })
            {
                if (NativeLibrary.TryLoad(name, typeof(torch).Assembly, null, out nint library)
                    && NativeLibrary.TryGetExport(library, "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE", out nint setType)
                    && NativeLibrary.TryGetExport(library, "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb", out nint setEnabled)
                    && NativeLibrary.TryGetExport(library, "_ZN2at8autocast11clear_cacheEv", out nint clearCache))
                    return new Functions(setType, setEnabled, clearCache);
            }
            return null;
        }

        public void SetType(sbyte device, sbyte type) => ((delegate* unmanaged<sbyte, sbyte, void>)SetTypeAddress)(device, type);

        public void SetEnabled(sbyte device, byte enabled) => ((delegate* unmanaged<sbyte, byte, void>)SetEnabledAddress)(device, enabled);

        public void ClearCache() => ((delegate* unmanaged<void>)ClearCacheAddress)();
    }
}
